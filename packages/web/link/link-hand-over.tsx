// Handing a link to another device of this user's that listens, so that this tab may be closed: offered, asked for, and what became of it.

import { CardLine } from '../cards/card-line.tsx'
import type { LinkStatus } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useDoing } from '../screens/doing.ts'
import { Wrong } from '../screens/page.tsx'
import { useWords } from '../words/words.ts'

/** Devices that are offered by name; who has more of them running picks one of these. */
const OFFERED_MAX = 3

export function LinkHandOver({ link: { id, handed } }: { readonly link: LinkStatus }) {
  const words = useWords()
  switch (handed?.state) {
    case 'gives':
      return (
        <CardLine tone="good" sign="check" below={words.cards.handedCanClose}>
          {words.link.handedGives(handed.device)}
        </CardLine>
      )
    case 'asked':
      return (
        <CardLine tone="accent" sign="fetch" below={words.link.handedKeepOpen(handed.device)}>
          {words.cards.handedTaking(handed.device)}
        </CardLine>
      )
    default:
      return (
        <>
          {handed && (
            <CardLine
              tone="warn"
              sign="stop"
              below={handed.detail !== undefined && <span lang="en">{handed.detail}</span>}
            >
              {words.link.handedRefused(handed.device)}
            </CardLine>
          )}
          <Offer id={id} />
        </>
      )
  }
}

function Offer({ id }: { readonly id: string }) {
  const words = useWords()
  const peer = usePeer()
  const { value } = useAsked('devices', {}, ['devices', 'people', 'line'])
  const { busy, wrong, run } = useDoing()
  const takers = (value?.devices ?? []).filter(({ listens }) => listens).slice(0, OFFERED_MAX)
  if (takers.length === 0) return null
  return (
    <>
      <p className="quiet small">{words.link.handOverSays}</p>
      <div className="part-buttons">
        {takers.map(({ name }) => (
          <Button
            key={name}
            disabled={busy}
            onClick={() => void run(() => peer.do('links.handOver', { id, device: name }))}
          >
            {words.cards.handOver(name)}
          </Button>
        ))}
      </div>
      <Wrong says={wrong} />
    </>
  )
}
