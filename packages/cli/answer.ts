// Writing the answer: one JSON document where --json asks for it, else lines for people.

import { printableJson } from './show/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** One document, one write. Indented where a person looks at it. */
export function answerJson(value: unknown, { out }: Surroundings): void {
  out.write(`${printableJson(value, out.terminal ? 2 : undefined)}\n`)
}

/** One document of several, each on a line of its own. */
export function answerJsonLine(value: unknown, { out }: Surroundings): void {
  out.write(`${printableJson(value)}\n`)
}
