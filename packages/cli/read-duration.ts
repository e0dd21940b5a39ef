// Times as people write them on a command line: 45s, 90m, 12h, 30d, 2w. Pure.

import { UsageError } from './command.ts'

const unitsMs = { s: 1000, m: 60_000, h: 3600_000, d: 24 * 3600_000, w: 7 * 24 * 3600_000 } as const

/** Milliseconds; a UsageError that names the option for anything else, and beyond `maxMs`. */
export function readDurationMs(text: string, option: string, maxMs: number): number {
  const match = /^([0-9]{1,6})([smhdw])$/.exec(text)
  const unit = match?.[2] as keyof typeof unitsMs | undefined
  const ms = unit === undefined ? 0 : Number(match?.[1]) * unitsMs[unit]
  if (ms <= 0) throw new UsageError(`--${option} takes a time such as 12h or 30d, not ${JSON.stringify(text)}.`)
  if (ms > maxMs) throw new UsageError(`--${option} takes at most ${maxMs / unitsMs.d} days.`)
  return ms
}

/** A whole number within bounds, for ports and seconds. */
export function readWholeNumber(text: string, option: string, least: number, most: number): number {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${option} takes a number from ${least} to ${most}, not ${JSON.stringify(text)}.`)
}
