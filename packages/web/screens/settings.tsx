// Settings: a list of parts, each a screen of its own.

import { Page } from './page.tsx'
import { useWords } from '../words/words.ts'

export function Settings({ part }: { readonly part: string | undefined }) {
  const words = useWords()
  return <Page title={words.shell.settings}>{part}</Page>
}
