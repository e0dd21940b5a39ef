// What a person is told when a command did not do what was asked, and the exit code that says the same to a script.
// Troubles and refusals are told through the catalogue; everything unexpected is a fault of this program and says so.

import { isTroubleCode, troubleSentence } from '@doorpost/peer/catalogue/en'
import type { TroubleCode } from '@doorpost/peer/operations'
import { UsageError } from './command.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { painted } from './show/paint.ts'
import { printableText } from './show/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Tells it on the error screen; answers the exit code. */
export function tellFailure(error: unknown, commandName: string | undefined, around: Surroundings): number {
  const { err } = around
  if (error instanceof UsageError) {
    const more = commandName === undefined ? 'doorpost --help' : `doorpost ${commandName} --help`
    err.write(`${printableText(error.message)}\n${painted(`${more} shows what it takes.`, 'dim', err)}\n`)
    return EXIT.usage
  }
  if (error instanceof Error && operatorFaults.has(error.name)) {
    err.write(`${printableText(error.message)}\n`)
    return EXIT.configuration
  }
  const trouble = troubleOf(error)
  if (trouble === undefined) {
    err.write(
      `This program broke on something it did not expect. What was finished before is kept.\n${details(error, around)}\n`,
    )
    return EXIT.software
  }
  const { says, todo } = troubleSentence(trouble)
  err.write(`${printableText(says)}\n`)
  if (todo !== undefined) err.write(`${printableText(todo)}\n`)
  // The cause is for whoever is asked for help; a person who stopped a command knows why.
  if (trouble.code !== 'cancelled') err.write(`${painted(`Details: ${causes(trouble)}`, 'dim', err)}\n`)
  return exitCodeOf(trouble.code)
}

/** Errors of starting a server, whose messages are sentences for its operator. Told by name: nothing is loaded for this. */
const operatorFaults = new Set(['StartRefused', 'PolicyFault', 'DataFolderError'])

interface ToldTrouble {
  code: TroubleCode
  detail: string
  todo?: string | undefined
  cause?: unknown
}

/** Troubles, refusals of servers (told apart by their codes: no class of another package is loaded for this), and stops. */
function troubleOf(error: unknown): ToldTrouble | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'AbortError') return { code: 'cancelled', detail: error.message }
  const code = 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return undefined
  if (isTroubleCode(code)) {
    const todo = 'todo' in error && typeof error.todo === 'string' ? error.todo : undefined
    return { code, detail: error.message, todo, cause: error.cause }
  }
  return ofSystem(code, error)
}

/** What the operating system refused, in its own code. */
function ofSystem(code: string, error: Error): ToldTrouble | undefined {
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
  const port = 'port' in error && typeof error.port === 'number' ? error.port : undefined
  switch (code) {
    case 'EADDRINUSE':
      return {
        code: 'not-available',
        detail: `Another program is using port ${port ?? '?'}.`,
        todo: 'Choose another port with --port, or end the other program.',
        cause: error,
      }
    case 'EADDRNOTAVAIL':
      return {
        code: 'not-available',
        detail: 'This machine does not have that network address.',
        todo: 'Choose one of its own, or 0.0.0.0 for all.',
        cause: error,
      }
    case 'EACCES':
    case 'EPERM':
      if (port !== undefined) {
        return {
          code: 'not-allowed',
          detail: `This user may not listen on port ${port}.`,
          todo: 'Choose a port from 1024 on, or let the service manager open it.',
          cause: error,
        }
      }
      if (path === undefined) return undefined
      return { code: 'cannot-write', detail: `This user may not use ${path}.`, cause: error }
    case 'ENOENT':
      if (path === undefined) return undefined
      return { code: 'no-such-file', detail: `There is no ${path}.`, cause: error }
    case 'EISDIR':
      return {
        code: 'no-such-file',
        detail: 'That is a folder, and a file is needed.',
        todo: 'Name a file.',
        cause: error,
      }
    case 'ENAMETOOLONG':
      return {
        code: 'no-such-file',
        detail: 'That name is longer than this system takes.',
        todo: 'Choose a shorter one.',
        cause: error,
      }
    case 'ENOSPC':
    case 'EDQUOT':
      return { code: 'disk-full', detail: '', cause: error }
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return { code: 'cannot-write', detail: path === undefined ? '' : `${path} cannot be written.`, cause: error }
    default:
      return undefined
  }
}

/** Causes shown after each other; a chain can be a ring. */
const CAUSES_MAX = 4

function causes(trouble: ToldTrouble): string {
  const words: string[] = [trouble.code]
  let cause = trouble.cause
  while (cause instanceof Error && words.length <= CAUSES_MAX) {
    words.push(cause.message)
    cause = cause.cause
  }
  return printableText(words.join(': ')).replaceAll('\n', ' ')
}

function details(error: unknown, around: Surroundings): string {
  const traced = around.env['DOORPOST_TRACE'] === '1' && error instanceof Error ? error.stack : undefined
  const said = error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error was thrown'
  return painted(`Details: ${printableText(traced ?? said)} (DOORPOST_TRACE=1 shows where)`, 'dim', around.err)
}
