// A command line against a command's options and operands. Pure: words in, values or a UsageError out.
// What is parsed by node:util; what is said about mistakes is said here.

import { parseArgs } from 'node:util'
import { type Command, type Input, type OptionRows, UsageError } from './command.ts'
import { nearest } from './nearest.ts'

/** The values of the words after the command's name. `help` was seen to before. */
export function readArguments(name: string, row: Command, words: readonly string[]): Input<OptionRows> {
  const { values, operands } = split(name, row.options, words)
  const options: Record<string, string | string[] | boolean | undefined> = {}
  for (const [option, { type, many, choices, value }] of Object.entries(row.options)) {
    const given = values[option]
    if (choices !== undefined && typeof given === 'string' && !choices.includes(given)) {
      throw new UsageError(`--${option} takes ${either(choices)}, not ${JSON.stringify(given)}.`)
    }
    if (given === '') throw new UsageError(`--${option} needs a value: --${option} ${value ?? 'VALUE'}.`)
    options[option] = type === 'flag' ? given === true : many === true ? (given ?? []) : given
  }
  checkOperands(name, row, operands)
  return { operands, options: options as Input<OptionRows>['options'] }
}

type Values = Record<string, string | string[] | boolean | undefined>

/** Stands before operands that begin with a dash while they pass the parser. No command line can hold it. */
const MARK = '\0'

function split(name: string, rows: OptionRows, words: readonly string[]): { values: Values; operands: string[] } {
  const options = Object.fromEntries(
    Object.entries(rows).map(([option, row]) => [
      option,
      { type: row.type === 'flag' ? ('boolean' as const) : ('string' as const), multiple: row.many === true },
    ]),
  )
  try {
    // Strict parsing finds mistakes; its sentences are about programs, so they are translated here, once.
    const parsed = parseArgs({ args: withDashes(rows, words), options, allowPositionals: true, strict: true })
    const operands = parsed.positionals.map((word) => (word.startsWith(MARK) ? word.slice(1) : word))
    return { values: parsed.values as Values, operands }
  } catch (error) {
    throw usageError(name, rows, error)
  }
}

/**
 * One message id in 64 begins with a dash, and must work wherever an id does: a word that is no option and looks like an
 * id is taken as an operand, and as the value of an option before it.
 */
function withDashes(rows: OptionRows, words: readonly string[]): string[] {
  const marked: string[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const next = words[index + 1]
    if (word === '--') return [...marked, ...words.slice(index)]
    const takesValue = word.startsWith('--') && rows[word.slice(2)]?.type === 'text'
    if (takesValue && next !== undefined && isDashedWord(rows, next)) {
      marked.push(`${word}=${next}`)
      index += 1
    } else marked.push(isDashedWord(rows, word) ? MARK + word : word)
  }
  return marked
}

/** Letters that a beginning of an id has at least, the dash included. */
const ID_BEGINNING = 6

function isDashedWord(rows: OptionRows, word: string): boolean {
  if (/^-[^-]/.test(word)) return word.length >= ID_BEGINNING
  return /^--[\w-]{20}$/.test(word) && rows[word.slice(2)] === undefined
}

function usageError(name: string, rows: OptionRows, error: unknown): unknown {
  if (!(error instanceof TypeError) || !('code' in error)) return error
  const option = /'(-[^'\s]*)/.exec(error.message)?.[1] ?? ''
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(option.replace(/^-+/, ''), [...Object.keys(rows), 'help'])
    return new UsageError(
      `doorpost ${name} has no option ${option}.${near === undefined ? '' : ` Did you mean --${near}?`}`,
    )
  }
  const known = rows[option.replace(/^-+/, '')]
  if (known?.type === 'flag') return new UsageError(`${option} takes no value.`)
  const value = known?.value ?? 'VALUE'
  return new UsageError(
    `${option} needs a value: ${option} ${value}. One that begins with a dash is written ${option}=${value}.`,
  )
}

function checkOperands(name: string, { operands: rows }: Command, given: readonly string[]): void {
  const missing = rows.find((row, index) => row.optional !== true && given[index] === undefined)
  if (missing !== undefined) throw new UsageError(`doorpost ${name} needs ${missing.name}: ${missing.about}.`)
  if (given.length > rows.length && rows.at(-1)?.many !== true) {
    throw new UsageError(`doorpost ${name} does not know what to do with ${JSON.stringify(given[rows.length])}.`)
  }
  for (const [index, { choices }] of rows.entries()) {
    const word = given[index]
    if (choices === undefined || word === undefined || choices.includes(word)) continue
    const near = nearest(word, choices)
    throw new UsageError(
      `doorpost ${name} takes ${either(choices)}, not ${JSON.stringify(word)}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    )
  }
}

/** `a, b or c`. */
function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
