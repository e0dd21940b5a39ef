// The question before somebody may see this user's network address: what that means, in plain words, and what happens otherwise.

import { UsageError } from './command.ts'
import { printable } from './show/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Throws UsageError where nobody can be asked, and an AbortError for a no. */
export async function confirmOpen(who: string, yes: boolean, around: Surroundings): Promise<void> {
  if (yes) return
  const shown = printable(who)
  if (around.ask === undefined) {
    throw new UsageError(`${shown} would see your network address. Add --yes to confirm it.`)
  }
  around.err.write(
    `${shown} will see your network address, which tells roughly where you are, and films can go straight across once they have said the same to you. Without it they come through the server's tunnel, more slowly.\n`,
  )
  const answer = await around.ask('Is that meant? Type yes: ')
  if (answer.trim().toLowerCase() !== 'yes') throw new DOMException('Nothing was changed.', 'AbortError')
}
