// What a command is: examples, operands, options and what it does. One file under commands/ each; names and summaries
// stand in table.ts, so that a list of commands loads none of them.

import type { Surroundings } from './surroundings.ts'

interface OptionRow {
  /** `flag` takes no value. */
  readonly type: 'text' | 'flag'
  /** May be given several times. */
  readonly many?: boolean
  /** What stands for the value in help, in capitals: `DIR`, `SECONDS`. It names the unit where there is one. */
  readonly value?: string
  /** One line, without its default. */
  readonly about: string
  /** As shown in help; what is taken when nothing is given. */
  readonly default?: string
  /** The only values there are; offered by shell completion. */
  readonly choices?: readonly string[]
  /** What shell completion offers as a value. */
  readonly completes?: 'file' | 'folder'
}

export type OptionRows = Readonly<Record<string, OptionRow>>

export type ValueOf<Row extends OptionRow> = Row extends { type: 'flag' }
  ? boolean
  : Row extends { many: true }
    ? string[]
    : string | undefined

export interface Input<Rows extends OptionRows> {
  readonly operands: readonly string[]
  readonly options: { readonly [Name in keyof Rows]: ValueOf<Rows[Name]> }
}

/** An operand as usage shows it: `FILE`, `[ID]`, `[FILE...]`. */
interface OperandRow {
  readonly name: string
  readonly optional?: boolean
  readonly many?: boolean
  readonly about: string
  readonly choices?: readonly string[]
  readonly completes?: 'file' | 'folder'
}

export interface Command<Rows extends OptionRows = OptionRows> {
  /** Three whole command lines that work as written. */
  readonly examples: readonly [string, string, string]
  readonly operands: readonly OperandRow[]
  readonly options: Rows
  /** More than help's one line, where something must be known before use. */
  readonly notes?: readonly string[]
  /** Answers the exit code; nothing means 0. */
  run(input: Input<Rows>, around: Surroundings): Promise<number | undefined>
}

/** Checks a row against its own options, and forgets them, so that rows of different options stand in one table. */
export function command<const Rows extends OptionRows>(row: Command<Rows>): Command {
  return row
}

/** Options of every command that works for a person's device. */
export const homeOption = {
  home: {
    type: 'text',
    value: 'DIR',
    about: "folder with this device's keys and messages",
    default: 'DOORPOST_HOME or ~/.doorpost',
    completes: 'folder',
  },
} as const satisfies OptionRows

/** Of every command that answers something. */
export const jsonOption = {
  json: { type: 'flag', about: 'answer with one JSON document' },
} as const satisfies OptionRows

/** Told to the person as it is, with exit code 64: the command line cannot mean anything. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}
