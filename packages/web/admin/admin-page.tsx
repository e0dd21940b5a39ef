// The page of whoever runs the server. There is none yet.

import { Placard } from '../screens/placard.tsx'
import { useWords } from '../words/words.ts'

export function AdminPage() {
  const words = useWords()
  return (
    <Placard main title={words.shell.lost}>
      <a href="/">{words.shell.toStart}</a>
    </Placard>
  )
}
