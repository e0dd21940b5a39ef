// From the words of a command line to an exit code: which command, what it was given, and what is told when it fails.
// What each command does is its own file's business. What not every command line needs is loaded where it is needed:
// a person notices a tenth of a second.

import { UsageError } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Surroundings } from './surroundings.ts'
import { entryOf } from './table.ts'

/** `words`: what stands after `doorpost`. Never throws. */
export async function run(words: readonly string[], around: Surroundings): Promise<number> {
  let name: string | undefined
  try {
    const [first, ...rest] = words
    if (first === undefined || first === '--help' || first === '-h') {
      around.out.write((await import('./help.ts')).overviewText())
      return EXIT.ok
    }
    const entry = entryOf(first === '--version' || first === '-V' || first === '-v' ? 'version' : first)
    name = entry.name
    const row = await entry.load()
    if (asksForHelp(rest)) {
      around.out.write((await import('./help.ts')).commandText(entry, row))
      return EXIT.ok
    }
    const { readArguments } = await import('./arguments.ts')
    return (await row.run(readArguments(name, row, rest), around)) ?? EXIT.ok
  } catch (error) {
    // A command that was stopped ends with whatever its parts threw on the way; that it was stopped is what happened.
    if (around.stop.aborted && !(error instanceof UsageError)) return EXIT.stopped
    const { tellFailure } = await import('./failure.ts')
    return tellFailure(error, name, around)
  }
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  const options = end < 0 ? words : words.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}
