// Copies a text, and says so where it stands.

import { useEffect, useState } from 'react'
import { announce } from '../look/announce.tsx'
import { Button } from '../look/button.tsx'
import { CheckIcon, CopyIcon } from '../look/icons.tsx'
import { useWords } from '../words/words.ts'

/** How long it says that it was done, ms. */
const SAYS_MS = 3_000

export function CopyButton({
  text,
  name,
  main,
  focused,
}: {
  readonly text: string
  readonly name?: string
  readonly main?: boolean
  /** It took the place of what was pressed: the focus goes on from here. */
  readonly focused?: boolean
}) {
  const words = useWords()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SAYS_MS)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Button
      kind={main ? 'main' : 'plain'}
      autoFocus={focused}
      icon={copied ? <CheckIcon /> : <CopyIcon />}
      onClick={() =>
        void navigator.clipboard.writeText(text).then(
          () => {
            setCopied(true)
            announce(words.look.copied)
          },
          // Where the browser does not let it, the text stands there to be copied by hand.
          () => undefined,
        )
      }
    >
      {copied ? words.look.copied : (name ?? words.look.copy)}
    </Button>
  )
}
