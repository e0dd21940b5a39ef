// One message: a text, a card, or both. What can be done with it stands beside it when it has the pointer or the focus.

import { useState } from 'react'
import { MediaCard } from '../cards/media-card.tsx'
import type { TalkMessage } from '../device-connection.ts'
import { usePeer } from '../device.ts'
import { IconButton } from '../look/button.tsx'
import { TrashIcon } from '../look/icons.tsx'
import { toast } from '../look/toast.tsx'
import { troubleText, useWords } from '../words/words.ts'
import { splitLinks } from './links.ts'
import './message.css'

export function Message({ message, found }: { readonly message: TalkMessage; readonly found: boolean }) {
  const words = useWords()
  const [touched, setTouched] = useState(false)
  const { text, mine, failed, media } = message
  // A card shows the words that belong to its media.
  const hasCard = media.length > 0
  return (
    <article
      className="message"
      data-id={message.id}
      data-mine={mine ? '' : undefined}
      data-found={found ? '' : undefined}
      data-touched={touched ? '' : undefined}
      data-card={hasCard ? '' : undefined}
      onPointerUp={({ pointerType }) => {
        if (pointerType === 'touch') setTouched(!touched)
      }}
    >
      {hasCard ? (
        <div>
          <MediaCard message={message} />
        </div>
      ) : (
        <p className="message-text" dir="auto">
          <Text text={text ?? message.title ?? ''} />
        </p>
      )}
      <div className="message-more">
        <Forget message={message} />
      </div>
      {failed !== undefined && (
        <p className="message-failed" role="alert">
          {words.talk.failed} {failed}
        </p>
      )}
    </article>
  )
}

function Text({ text }: { readonly text: string }) {
  return splitLinks(text).map(({ text: part, url }, index) =>
    url === undefined ? (
      part
    ) : (
      // Isolated: marks before it would turn the order of its letters around.
      <a key={index} href={url} dir="ltr" target="_blank" rel="noopener noreferrer">
        {part}
      </a>
    ),
  )
}

function Forget({ message }: { readonly message: TalkMessage }) {
  const words = useWords()
  const peer = usePeer()
  const forget = async () => {
    try {
      const { forgotten } = await peer.do('talk.forget', { conversation: message.conversation, message: message.id })
      toast({
        text: words.talk.forgotten,
        undo: () =>
          void peer.do('talk.recall', { forgotten }).catch((error: unknown) => toast({ text: troubleText(error) })),
      })
    } catch (error) {
      toast({ text: troubleText(error) })
    }
  }
  return (
    <IconButton name={words.talk.forget} onClick={() => void forget()}>
      <TrashIcon size={18} />
    </IconButton>
  )
}
