// One line that says how far something is: name, bar, per cent, rate, time left, source and path, as much as fits.
// Pure: a progress in, a line out. Drawing it again and again is bar-line.ts's business.

import { percent, rateText, sizeText, timeLeftText } from '@doorpost/peer/catalogue/quantity'
import { cellWidth, fitted } from './cell-width.ts'
import { printable } from './printable.ts'

export interface BarFacts {
  readonly name: string
  readonly doneBytes: number
  readonly sizeBytes: number
  /** 0 while nothing is known. */
  readonly bytesPerSecond: number
  /** Where it comes from and how: `alice@example.org/laptop, direct`. */
  readonly source?: string
}

/** Cells of the bar itself, at most and at least; narrower than that it says nothing that the per cent does not. */
const BAR_MAX = 24
const BAR_MIN = 6
/** Names are cut to this before anything else is left out. */
const NAME_CELLS = 28

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Never wider than `columns - 1`: a full line would make some terminals wrap. */
export function barText(facts: BarFacts, columns: number): string {
  const { doneBytes, sizeBytes, bytesPerSecond, source } = facts
  const room = columns - 1
  const per = `${String(percent(doneBytes, sizeBytes)).padStart(3)} %`
  const name = fitted(printable(facts.name), NAME_CELLS)
  const left = doneBytes < sizeBytes ? timeLeftText(sizeBytes - doneBytes, bytesPerSecond) : undefined
  const rate = bytesPerSecond > 0 ? rateText(bytesPerSecond) : undefined
  const size = `of ${sizeText(sizeBytes)}`
  const where = source === undefined ? undefined : printable(source)
  // What is given up first stands first: the source, the size, the name, the time left, the rate.
  const figures = [[per, rate, left, size, where], [per, rate, left, size], [per, rate, left], [per, rate], [per]].map(
    (words) => words.filter((word) => word !== undefined).join(' · '),
  )
  for (const words of figures) {
    const rest = room - cellWidth(name) - cellWidth(words) - 4
    if (rest >= BAR_MIN) return `${name}  ${bar(doneBytes, sizeBytes, Math.min(BAR_MAX, rest))}  ${words}`
  }
  return fitted(figures.find((words) => cellWidth(words) <= room) ?? per, room)
}

/** Filled to an eighth of a cell. */
function bar(doneBytes: number, sizeBytes: number, cells: number): string {
  const share = sizeBytes <= 0 ? 1 : Math.max(0, Math.min(1, doneBytes / sizeBytes))
  const filled = Math.floor(share * cells * 8)
  const whole = '█'.repeat(Math.floor(filled / 8)) + eighths[filled % 8]
  return whole + '░'.repeat(cells - cellWidth(whole))
}
