// What stands before the name in `doorpost join`: a server, a link that an administrator made (`doorpost invite`), or one
// that a member made (`doorpost contacts invite`), which makes a contact as well. Pure.

import { parseInvitation } from '@doorpost/protocol/invitation-link'

/** `https://example.org/join#v1.TOKEN`: in the fragment, which browsers keep from servers and their logs. */
const registrationPattern = /^(https?:\/\/[^/?#@\\\s]+)\/join#v1\.([A-Za-z0-9_-]{22})$/

export interface JoinTarget {
  /** As written where it is no link; not checked to be an origin. */
  readonly server: string
  /** A token that lets somebody register. */
  readonly invitation?: string
  /** The whole link, where opening it makes a contact too. */
  readonly contactLink?: string
}

export function readJoinTarget(written: string): JoinTarget {
  const text = written.trim()
  const invitation = parseInvitation(text)
  if (invitation !== undefined) return { server: invitation.origin, invitation: invitation.token, contactLink: text }
  const [, origin, token] = registrationPattern.exec(text) ?? []
  if (origin !== undefined && token !== undefined) return { server: origin, invitation: token }
  return { server: text }
}
