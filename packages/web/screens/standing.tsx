// What stands between somebody and you, said above the place to write: not a contact yet, not added back, blocked.

import type { TalkPerson } from '../device-connection.ts'
import { usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'
import './standing.css'

export function Standing({ others }: { readonly others: readonly TalkPerson[] }) {
  const words = useWords()
  const peer = usePeer()
  const me = useMe()
  const { busy, wrong, run } = useDoing()
  const [one] = others
  // In a group, people who are no contacts of yours are nothing unusual.
  if (others.length !== 1 || !one) return null
  const name = nameOf(one.address, me)
  const says = {
    none: words.talk.notContact(name),
    asks: words.talk.askedYou(name),
    approved: words.talk.waitsForThem(name),
    blocked: words.talk.blocked(name),
    mutual: undefined,
    changed: undefined,
  }[one.contact ?? 'mutual']
  if (says === undefined) return null
  return (
    <div className="standing">
      <p>{says}</p>
      {(one.contact === 'none' || one.contact === 'asks') && (
        <Button disabled={busy} onClick={() => void run(() => peer.do('contacts.add', { who: one.address }))}>
          {words.talk.addContact}
        </Button>
      )}
      {one.contact === 'blocked' && (
        <Button disabled={busy} onClick={() => void run(() => peer.do('contacts.unblock', { address: one.address }))}>
          {words.people.unblock}
        </Button>
      )}
      {wrong !== undefined && <p role="alert">{wrong}</p>}
    </div>
  )
}
