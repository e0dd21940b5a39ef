// Handing what was sent from here to another device of this user's that listens: offered while this tab is needed, then how far that is,
// what can be done where it does not go on, and in the end that the tab may be closed.

import { useState } from 'react'
import type { SentStatus } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { toast } from '../look/toast.tsx'
import { useDoing } from '../screens/doing.ts'
import { useNow } from '../screens/now.ts'
import { Wrong } from '../screens/page.tsx'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { CardLine } from './card-line.tsx'
import { handedShare, isTakingOver } from './sent-state.ts'

/** Devices that are offered by name; who has more of them running picks one of these. */
const OFFERED_MAX = 3

/** `title`: of what is handed over. Nothing where nobody can take it. */
export function HandOver({ sent, title }: { readonly sent: SentStatus; readonly title: string }) {
  const words = useWords().cards
  const formats = useFormats()
  const { handed } = sent
  if (handed?.state === 'has') {
    return (
      <CardLine tone="good" sign="check" below={words.handedCanClose}>
        {words.handedHas(handed.device)}
      </CardLine>
    )
  }
  if (handed?.quietSince !== undefined) return <Quiet id={sent.id} device={handed.device} since={handed.quietSince} />
  if (handed && isTakingOver(sent)) {
    const share = handedShare(sent)
    return (
      <div className="recipient">
        <CardLine tone="accent" sign="fetch" below={words.handedKeepOpen(handed.device)}>
          {words.handedTaking(handed.device)}
          {share > 0 && ` ${formats.percent(share)}`}
        </CardLine>
        {share > 0 && <ProgressLine share={share} label={`${title}, ${handed.device}`} />}
      </div>
    )
  }
  return (
    <>
      {handed && (
        <CardLine tone="warn" sign="stop" below={handed.detail !== undefined && <span lang="en">{handed.detail}</span>}>
          {words.handedRefused(handed.device)}
        </CardLine>
      )}
      <Offer id={sent.id} />
    </>
  )
}

/** It goes on by itself when that device is back; nothing has to be pressed, and whoever fetches notices nothing. */
function Quiet({ id, device, since }: { readonly id: string; readonly device: string; readonly since: string }) {
  const words = useWords().cards
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const { busy, wrong, run } = useDoing()
  return (
    <>
      <CardLine tone="warn" sign="clock" below={words.handedQuietSays(device)}>
        {words.handedQuiet(device, formats.when(since, now))}
      </CardLine>
      <div className="card-actions">
        <Button disabled={busy} onClick={() => void run(() => peer.do('send.handOver', { id, device }))}>
          {words.handedAgain}
        </Button>
        <Button disabled={busy} onClick={() => void run(() => peer.do('send.keepHere', { id }))}>
          {words.handedKeepHere}
        </Button>
      </div>
      <Wrong says={wrong} />
    </>
  )
}

function Offer({ id }: { readonly id: string }) {
  const words = useWords().cards
  const peer = usePeer()
  const { value } = useAsked('devices', {}, ['devices', 'people', 'line'])
  const [isAsking, setAsking] = useState(false)
  const takers = (value?.devices ?? []).filter(({ listens }) => listens).slice(0, OFFERED_MAX)
  if (takers.length === 0) return null
  const ask = async (device: string) => {
    setAsking(true)
    try {
      await peer.do('send.handOver', { id, device })
    } catch (error) {
      toast({ text: troubleText(error) })
    } finally {
      setAsking(false)
    }
  }
  return (
    <div className="card-hand-over">
      <p className="card-hint">{words.handOverSays}</p>
      <div className="card-actions">
        {takers.map(({ name }) => (
          <Button key={name} disabled={isAsking} onClick={() => void ask(name)}>
            {words.handOver(name)}
          </Button>
        ))}
      </div>
    </div>
  )
}
