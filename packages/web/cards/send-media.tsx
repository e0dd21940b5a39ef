// What stands above the composer once files were dropped, pasted or chosen, until they are sent.

import type { GivenFile } from './given-file.ts'
import { Sheet } from '../look/sheet.tsx'
import { useWords } from '../words/words.ts'

export interface SendMediaProps {
  /** User addresses; the conversation's others. */
  readonly to: readonly string[]
  readonly given: readonly GivenFile[]
  /** What stood in the composer. */
  readonly text: string
  readonly onSent: () => void
  readonly onCancel: () => void
}

export function SendMedia({ given, onCancel }: SendMediaProps) {
  const words = useWords()
  return (
    <Sheet title={words.look.add} onClose={onCancel}>
      <ul>
        {given.map(({ file }) => (
          <li key={file.name}>{file.name}</li>
        ))}
      </ul>
    </Sheet>
  )
}
