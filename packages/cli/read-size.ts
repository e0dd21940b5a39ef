// Sizes and rates as people write them on a command line: 500M, 2G, 2 TB. Decimal units, as they are shown. Pure.

import { UsageError } from './command.ts'

const units = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 } as const

/** Bytes; a UsageError that names what was to be given for anything else. */
export function readSize(text: string, option: string): number {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,3})?)\s?([kmgt]?)b?(?:\/s)?$/i.exec(text.trim())
  const unit = match?.[2]?.toLowerCase() as keyof typeof units | undefined
  const bytes = unit === undefined ? Number.NaN : Math.round(Number(match?.[1]) * units[unit])
  if (Number.isSafeInteger(bytes)) return bytes
  throw new UsageError(`${option} takes a size such as 500M or 2G, not ${JSON.stringify(text)}.`)
}
