// Opening the keys again with a passkey.

import { Mark } from '../look/mark.tsx'
import { useWords } from '../words/words.ts'
import { Placard } from './placard.tsx'

export function Unlock() {
  const words = useWords()
  return <Placard main picture={<Mark size={48} />} title={words.shell.name} />
}
