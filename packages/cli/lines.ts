// What a person types, line by line, while other lines come in above it; or what a pipe brings. One program reads its input once,
// so this and readInput exclude each other.

import { cursorTo, clearScreenDown, createInterface, moveCursor } from 'node:readline'
import { cellWidth } from './show/cell-width.ts'
import type { Lines } from './surroundings.ts'

export function openLines(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  { prompt, onKey }: { readonly prompt: string; readonly onKey: () => void },
  interrupted: () => void,
): Lines {
  const terminal = input.isTTY === true && output.isTTY === true && process.env['TERM'] !== 'dumb'
  const typed = createInterface({ input, ...(terminal && { output, prompt }), terminal })
  // Begun at once: lines that nobody iterates over yet would be lost.
  const iterator = typed[Symbol.asyncIterator]()
  // Of what was typed last, as it stands on the screen; none once something else stands below it.
  let rows = 0
  let shownPrompt = prompt
  if (terminal) {
    typed.on('SIGINT', interrupted)
    input.on('keypress', onKey)
    typed.on('line', (line) => {
      const width = cellWidth(shownPrompt + line)
      rows = Math.floor(width / Math.max(1, output.columns)) + 1
    })
    typed.prompt()
  }

  /** What is being typed is taken away; prompt(true) puts it back. */
  function toStart(): void {
    moveCursor(output, 0, -typed.getCursorPos().rows)
    cursorTo(output, 0)
    clearScreenDown(output)
  }

  function say(text: string): void {
    if (!terminal) return void output.write(`${text}\n`)
    toStart()
    output.write(`${text}\n`)
    typed.prompt(true)
    rows = 0
  }

  return {
    terminal,
    say,
    sayInPlace(text) {
      if (terminal && rows > 0) {
        toStart()
        moveCursor(output, 0, -rows)
      }
      say(text)
    },
    again(text, before) {
      const columns = output.columns
      if (!terminal || cellWidth(before) >= columns || cellWidth(text) >= columns) return false
      toStart()
      moveCursor(output, 0, -1)
      say(text)
      return true
    },
    setPrompt(next) {
      if (!terminal || next === shownPrompt) return
      shownPrompt = next
      typed.setPrompt(next)
      typed.prompt(true)
    },
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.dispose]() {
      if (terminal) {
        input.off('keypress', onKey)
        toStart()
      }
      typed.close()
      input.pause()
    },
  }
}
