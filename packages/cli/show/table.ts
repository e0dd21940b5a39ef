// Rows under each other, columns lined up, no wider than the screen. Pure: cells in, lines out.

import { cellWidth, fitted, padded } from './cell-width.ts'
import { type Paint, painted } from './paint.ts'
import { printable } from './printable.ts'

export interface Cell {
  readonly text: string
  readonly paint?: Paint
}

interface Column {
  readonly head: string
  /** Figures stand on the right, so that they line up. */
  readonly side?: 'left' | 'right'
  /** Gives way when the screen is narrow; `last`: when the others have given all they can. */
  readonly gives?: boolean | 'last'
}

/** Cells between two columns. */
const GAP = 2
/** A column that gives way keeps this many cells. */
const LEAST = 8

/** Whatever the cells hold is made printable here. No line has trailing spaces. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  screen: { readonly columns: () => number; readonly colours: boolean; readonly terminal: boolean },
): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)))
  const clean = cells.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const widths = columns.map((column, index) =>
    Math.max(cellWidth(column.head), ...clean.map((row) => cellWidth(row[index]?.text ?? ''))),
  )
  // A pipe has no width: whoever reads it wants all of it.
  if (screen.terminal) narrow(columns, widths, screen.columns())
  const line = (row: readonly Cell[]) =>
    columns
      .map((column, index) => {
        const { text, paint } = row[index] ?? { text: '' }
        const width = widths[index] ?? 0
        const short = fitted(text, width)
        const last = index === columns.length - 1 && column.side !== 'right'
        const place = padded('', width - cellWidth(short))
        const shown = paint === undefined ? short : painted(short, paint, screen)
        return last ? shown : column.side === 'right' ? place + shown : shown + place
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const head = line(columns.map((column) => ({ text: column.head, paint: 'dim' })))
  return [head, ...clean.map(line)].map((text) => `${text}\n`).join('')
}

/** Takes from the widest column that gives way, until the line fits or nothing more can be taken. */
function narrow(columns: readonly Column[], widths: number[], cells: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1))
  for (const gives of [true, 'last'] as const) {
    while (total() > cells) {
      let widest = -1
      for (const [index, column] of columns.entries()) {
        const width = widths[index] ?? 0
        if (column.gives === gives && width > LEAST && width > (widths[widest] ?? 0)) widest = index
      }
      if (widest < 0) break
      widths[widest] = (widths[widest] ?? 0) - 1
    }
  }
}
