// How a limit is written in a field: in the largest unit that shows it exactly, and back. Pure.

import type { Operations } from '../device-connection.ts'

export type Limit = Operations['admin.limits']['result']['limits'][number]

const BYTES = [
  { name: 'TiB', bytes: 2 ** 40 },
  { name: 'GiB', bytes: 2 ** 30 },
  { name: 'MiB', bytes: 2 ** 20 },
  { name: 'KiB', bytes: 2 ** 10 },
  { name: 'B', bytes: 1 },
] as const

/** A number and what it counts: `256` and `MiB`; units of people are their own words. */
export interface Written {
  readonly value: number | undefined
  readonly unit: string
  /** Of one unit. */
  readonly each: number
}

/** What lines carry can be without a bound; what stands on a disk cannot. */
const UNBOUND: Readonly<Partial<Record<Limit['unit'], Pick<Written, 'unit' | 'each'>>>> = {
  'bytes/s': { unit: 'MiB/s', each: 2 ** 20 },
  'bytes/day': { unit: 'GiB/day', each: 2 ** 30 },
}

/** `value` undefined: no bound; the unit is then that of what is typed. */
export function writtenOf({ unit, max }: Limit, value: number): Written {
  if (!unit.startsWith('bytes')) return { value, unit: '', each: 1 }
  if (value === max && UNBOUND[unit]) return { value: undefined, ...UNBOUND[unit] }
  const exact = BYTES.find(({ bytes }) => value >= bytes && Number.isInteger((value / bytes) * 100)) ?? BYTES[4]
  return { value: value / exact.bytes, unit: `${exact.name}${unit.slice('bytes'.length)}`, each: exact.bytes }
}

/** What the text in the field means; undefined: nothing that this limit may be. Empty is no bound, where there is such a thing. */
export function readLimit(limit: Limit, text: string, each: number): number | undefined {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limit
  if (text.trim() === '') return UNBOUND[limit.unit] ? max : undefined
  const number = readNumber(text.trim())
  if (number === undefined || (!limit.unit.startsWith('bytes') && !Number.isInteger(number))) return undefined
  const value = Math.round(number * each)
  return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
}

/**
 * As people write numbers, whatever their language: `1,5` and `1.5` are one and a half; `100,000`, `100.000` and `100 000` a hundred thousand, since
 * three digits behind a sign are a group of them. A limit that is read a thousand times too small shuts people out.
 */
function readNumber(text: string): number | undefined {
  const grouped = /^[1-9]\d{0,2}([.,'’\s])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d+)?$/.exec(text)
  const plain = grouped?.[1] === undefined ? text : text.replaceAll(grouped[1], '')
  return /^\d+(?:[.,]\d+)?$/.test(plain) ? Number(plain.replace(',', '.')) : undefined
}
