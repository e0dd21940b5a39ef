// The card of a message's media in a conversation: what somebody sent, or what this user sent, and what became of it.

import type { TalkMessage } from '../device-connection.ts'
import { CardFrame } from './card-frame.tsx'
import { ReceivedCard } from './received-card.tsx'
import { SentCard } from './sent-card.tsx'
import { MediaRows } from './media-rows.tsx'
import { useWords } from '../words/words.ts'

export function MediaCard({ message }: { readonly message: TalkMessage }) {
  const words = useWords()
  const { entry, sent } = message
  if (sent) return <SentCard message={message} sent={sent} />
  if (entry) return <ReceivedCard message={message} entry={entry} />
  // Another device of this user sent it: it knows who has it, and this one does not.
  const device = message.fromDevice.split('/').at(-1) ?? ''
  return (
    <CardFrame message={message} rows={<MediaRows media={message.media} />}>
      <p className="card-hint">{words.cards.sentFrom(device)}</p>
    </CardFrame>
  )
}
