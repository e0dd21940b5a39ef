// What a link shows to whoever opens it, with or without an account. There is nothing yet.

import { Placard } from '../screens/placard.tsx'
import { useWords } from '../words/words.ts'

export function LinkPage() {
  const words = useWords()
  return (
    <Placard main title={words.shell.lost}>
      <a href="/">{words.shell.toStart}</a>
    </Placard>
  )
}
