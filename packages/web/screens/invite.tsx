// An invitation: a link that makes whoever opens it first a contact, as text, to share and as a picture to scan.

import { useState } from 'react'
import type { ContactLine } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { LinkIcon } from '../look/icons.tsx'
import { useFormats, useWords } from '../words/words.ts'
import { CopyButton } from './copy-button.tsx'
import { useDoing } from './doing.ts'
import { useNow } from './now.ts'
import { isOnlyHere } from './only-here.ts'
import { Part, Wrong } from './page.tsx'
import { Qr } from './qr.tsx'
import './invite.css'

interface Offered {
  readonly link: string
  readonly expires: string
  /** Who was a contact already. */
  readonly before: ReadonlySet<string>
}

function mutualOf(contacts: readonly ContactLine[]): ReadonlySet<string> {
  return new Set(contacts.flatMap(({ address, state }) => (state === 'mutual' ? [address] : [])))
}

/** `main`: it is the one thing to do here. */
export function Invite({ title, main = false }: { readonly title?: string; readonly main?: boolean }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const { busy, wrong, run } = useDoing()
  const { value: contacts } = useAsked('contacts.list', {}, ['people'])
  const [offered, setOffered] = useState<Offered>()
  // Whoever opened it is a contact now: the link is used up.
  const used = contacts?.some(({ address, state }) => state === 'mutual' && !offered?.before.has(address)) ?? false
  const made = used ? undefined : offered
  return (
    <Part title={title ?? words.people.invite} says={words.people.inviteSays}>
      {made ? (
        <div className="invite">
          <Qr text={made.link} name={words.people.inviteQr} />
          <div className="invite-words">
            <p className="invite-link code" dir="ltr">
              {made.link}
            </p>
            <p className="quiet small">{words.people.inviteUntil(formats.when(made.expires, now))}</p>
            {isOnlyHere(made.link) && <p className="quiet small">{words.look.onlyHere}</p>}
            <div className="part-buttons">
              <CopyButton text={made.link} name={words.people.inviteCopy} main focused />
              {'share' in navigator && (
                <Button onClick={() => void navigator.share({ url: made.link }).catch(() => undefined)}>
                  {words.people.inviteShare}
                </Button>
              )}
            </div>
          </div>
        </div>
      ) : (
        <div className="part-buttons">
          <Button
            kind={main ? 'main' : 'plain'}
            icon={<LinkIcon />}
            disabled={busy}
            onClick={() =>
              void run(async () =>
                setOffered({ ...(await peer.do('contacts.invite', {})), before: mutualOf(contacts ?? []) }),
              )
            }
          >
            {words.people.inviteMake}
          </Button>
        </div>
      )}
      <Wrong says={wrong} />
    </Part>
  )
}
