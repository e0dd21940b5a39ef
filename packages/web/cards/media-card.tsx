// The card of a message's media in a conversation.

import type { TalkMessage } from '../device-connection.ts'
import { useFormats } from '../words/words.ts'

export function MediaCard({ message }: { readonly message: TalkMessage }) {
  const formats = useFormats()
  return (
    <ul>
      {message.media.map(({ root, name, sizeBytes }) => (
        <li key={root}>
          <bdi>{name}</bdi> <span className="quiet">{formats.size(sizeBytes)}</span>
        </li>
      ))}
    </ul>
  )
}
