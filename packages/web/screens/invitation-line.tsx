// Somebody who has an account here opened an invitation: one press makes the two contacts.

import { usePeer } from '../device.ts'
import { Button, IconButton } from '../look/button.tsx'
import { CloseIcon } from '../look/icons.tsx'
import { toast } from '../look/toast.tsx'
import { go } from '../route.ts'
import { useWords } from '../words/words.ts'
import { arrivalDone, useArrival } from './arrived.ts'
import { useDoing } from './doing.ts'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'
import './invitation-line.css'

export function InvitationLine() {
  const words = useWords()
  const peer = usePeer()
  const me = useMe()
  const arrival = useArrival()
  const { busy, wrong, run } = useDoing()
  if (arrival?.kind !== 'contact' || arrival.from === me) return null
  const name = nameOf(arrival.from, me)
  const add = () =>
    run(async () => {
      const line = await peer.do('contacts.add', { who: arrival.link })
      toast({ text: words.people.added(nameOf(line.address, me)) })
      arrivalDone()
      go('contacts', line.address)
    })
  return (
    <div className="invitation-line">
      <p>{wrong ?? words.people.invitedBy(name)}</p>
      <Button kind="main" disabled={busy} onClick={() => void add()}>
        {words.people.addDo}
      </Button>
      <IconButton name={words.look.close} onClick={arrivalDone}>
        <CloseIcon size={16} />
      </IconButton>
    </div>
  )
}
