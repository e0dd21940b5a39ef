// What `send` was told to do with the files when everybody has them, and the question before a person's own files are moved or
// deleted: which files, and what will happen. Without a terminal the answer stands in the command line.

import type { Draft } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { UsageError } from './command.ts'
import { printable } from './show/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Files named in the question; the rest is counted. */
const NAMED_MAX = 10

/** `keep`, `archive=DIR` or `delete`. Throws UsageError. */
export function readWhenFetched(written: string | undefined, cwd: string): Draft['whenFetched'] {
  if (written === undefined) return undefined
  if (written === 'keep' || written === 'delete') return { do: written }
  const folder = written.startsWith('archive=') ? written.slice('archive='.length) : ''
  if (folder !== '') return { do: 'archive', folder: resolve(cwd, folder) }
  throw new UsageError(`--when-fetched takes keep, archive=DIR or delete, not ${JSON.stringify(written)}.`)
}

/** The draft, confirmed where it has to be. Throws UsageError where nobody can be asked, and an AbortError for a no. */
export async function confirmed(draft: Draft, yes: boolean, around: Surroundings): Promise<Draft> {
  const { whenFetched, files } = draft
  const touches = whenFetched !== undefined && whenFetched.do !== 'keep' && draft.copy !== true && files.length > 0
  if (!touches) return draft
  if (yes) return { ...draft, confirmed: true }
  if (around.ask === undefined) {
    throw new UsageError(
      `--when-fetched would ${whenFetched.do} your own files. Add --yes to confirm it, or --copy to give out a copy.`,
    )
  }
  const named = files.slice(0, NAMED_MAX).map((file) => `  ${printable(file)}\n`)
  const rest = files.length > NAMED_MAX ? `  and ${files.length - NAMED_MAX} more\n` : ''
  const will = whenFetched.do === 'archive' ? `moved to ${printable(whenFetched.folder)}` : 'deleted from this machine'
  around.err.write(
    `When everybody has them, these are ${will}, with everything in them where they are folders:\n${named.join('')}${rest}`,
  )
  const answer = await around.ask('Is that meant? Type yes: ')
  if (answer.trim().toLowerCase() === 'yes') return { ...draft, confirmed: true }
  throw new DOMException('Nothing was sent.', 'AbortError')
}
