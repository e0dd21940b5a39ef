// An invitation that the page was opened with (`/i#v1.…`): read once from the address, then taken out of it. Kept for as long as this page
// lives, since its reader may have to sign up first.

import { parseInvitation, type Invitation } from '@doorpost/protocol/invitation-link'

export interface Invited {
  readonly link: string
  readonly invitation: Invitation
}

/** `address`: of the page. Undefined for any other page. */
export function readInvitation(address: string): Invited | undefined {
  const invitation = parseInvitation(address)
  return invitation && { link: address, invitation }
}

/** A link of another device (`/link#v1.CODE`). */
export function readDeviceLink(address: string): string | undefined {
  return /^https?:\/\/[^/?#]+\/link#v1\.[0-9A-Za-z-]{28,40}$/.test(address) ? address : undefined
}
