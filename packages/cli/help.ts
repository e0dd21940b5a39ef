// Help as text, from the tables. Pure. It begins with examples, since those are what is read.

import type { Command } from './command.ts'
import { type Entry, table } from './table.ts'

/** Width of help, cells: what an ordinary terminal shows. */
const WIDTH = 100

/** Lines that work as written once `npm start` runs in another terminal. */
export const firstExamples = [
  'doorpost join http://localhost:8025 alice',
  'doorpost send film.mp4 --to bob --title "The wedding"',
  'doorpost inbox',
] as const

/** What `doorpost --help` says. */
export function overviewText(): string {
  const longest = Math.max(...table.map(({ name }) => name.length))
  const lines = table.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`)
  return [
    'Sends films without uploading them: a small sealed message waits on a server, the film goes from door to door.',
    '',
    ...firstExamples.map((example) => `  ${example}`),
    '',
    ...lines,
    '',
    'doorpost COMMAND --help shows three examples and every option of a command.',
    'Options of most commands: --home DIR (default: DOORPOST_HOME or ~/.doorpost), --json.',
    '',
  ].join('\n')
}

/** What `doorpost NAME --help` says. */
export function commandText({ name, summary }: Entry, row: Command): string {
  const operands = row.operands.map(operandText).join(' ')
  const options = Object.entries(row.options).map(([option, { value, about, choices, default: preset, many }]) => ({
    left: `--${option}${value === undefined ? '' : ` ${value}`}`,
    right: [
      about,
      choices === undefined ? '' : `: ${choices.join(', ')}`,
      many === true ? '; may be given several times' : '',
      preset === undefined ? '' : ` (default: ${preset})`,
    ].join(''),
  }))
  const meant = row.operands.map((operand) => ({ left: operand.name, right: aboutOf(operand) }))
  return [
    `doorpost ${name}: ${summary}`,
    '',
    ...row.examples.map((example) => `  ${example}`),
    '',
    `Usage: ${['doorpost', name, operands, '[OPTIONS]'].filter((word) => word !== '').join(' ')}`,
    '',
    ...listed([...meant, ...options, { left: '--help', right: 'this' }]),
    ...(row.notes ?? []).flatMap((note) => ['', ...wrapped(note, WIDTH)]),
    '',
  ].join('\n')
}

function aboutOf({ about, choices }: Command['operands'][number]): string {
  return choices === undefined ? about : `${about}: ${choices.join(', ')}`
}

export function operandText({ name, optional, many }: Command['operands'][number]): string {
  const written = many === true ? `${name}...` : name
  return optional === true ? `[${written}]` : written
}

/** Left column as wide as its widest entry, up to a bound; what is wider has its explanation below. */
function listed(rows: readonly { left: string; right: string }[]): string[] {
  const column = Math.min(26, Math.max(...rows.map(({ left }) => left.length)))
  return rows.flatMap(({ left, right }) => {
    const [first = '', ...rest] = wrapped(right, WIDTH - column - 4)
    const indent = ' '.repeat(column + 4)
    const head = left.length > column ? [`  ${left}`, `${indent}${first}`] : [`  ${left.padEnd(column)}  ${first}`]
    return [...head, ...rest.map((line) => `${indent}${line}`)]
  })
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
