// How copies are numbered, so that those of one message are found by their numbers (schema.ts).

import { SEALED_KEYS_MAX } from '@doorpost/protocol/limits'

/** Numbers kept for the copies of one message: a power of two above SEALED_KEYS_MAX. Never changes: it is in the files. */
const NUMBERS_PER_MESSAGE = 1024

/** `index` counts from 0. */
export function copyNumber(position: number, index: number): number {
  if (index >= NUMBERS_PER_MESSAGE) throw new RangeError(`more than ${SEALED_KEYS_MAX} copies of one message`)
  return position * NUMBERS_PER_MESSAGE + index
}

/** SQL: the rows of `copies` that belong to the message at `position`, an SQL expression. */
export function copiesOf(position: string): string {
  return `number >= ${position} * ${NUMBERS_PER_MESSAGE} and number < (${position} + 1) * ${NUMBERS_PER_MESSAGE}`
}
