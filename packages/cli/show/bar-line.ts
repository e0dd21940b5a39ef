// The last line of a terminal, drawn anew as things go on, with ordinary lines passing above it. On anything but a
// terminal it draws nothing. What stands in it is bar.ts's business.

import type { Screen } from '../surroundings.ts'

/** Shortest time between two drawings, ms: ten a second are smooth, and cost nothing over a slow ssh line. */
export const REDRAW_MS = 100

const ERASE = '\r\u001b[K'

export interface BarLine {
  /** Shows this now, or leaves it when the last drawing was a moment ago. `text` is told the width. */
  draw(text: (columns: number) => string): void
  /** An ordinary line above the bar. */
  say(line: string): void
  /** Takes the bar away, so that whatever comes next stands on a clean line. */
  clear(): void
}

export function barLine(screen: Screen, now: () => number): BarLine {
  let drawnAt = -Infinity
  let shown = ''
  const erase = () => {
    if (shown !== '') screen.write(ERASE)
  }
  return {
    draw(text) {
      if (!screen.terminal || now() - drawnAt < REDRAW_MS) return
      const line = text(screen.columns())
      drawnAt = now()
      if (line === shown) return
      screen.write(`${ERASE}${line}`)
      shown = line
    },
    say(line) {
      erase()
      screen.write(`${line}\n`)
      if (shown !== '') screen.write(shown)
    },
    clear() {
      erase()
      shown = ''
      drawnAt = -Infinity
    },
  }
}
