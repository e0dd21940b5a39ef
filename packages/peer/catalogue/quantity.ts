// Sizes, rates and times as people read them, the same on every screen. Decimal units, as discs and networks are sold.
// Pure: numbers in, words out. Where they stand on the line is the screen's business.

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** No-break space, so that a number and its unit stay on one line. */
const GAP = '\u00a0'

/** `61.4 MB`, `980 B`. Three figures at most; never a fraction of a byte. */
export function sizeText(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)}${GAP}${units[unit]}`
}

/** `61.4 MB/s`. */
export function rateText(bytesPerSecond: number): string {
  return `${sizeText(bytesPerSecond)}/s`
}

/** Rounded down, so that 100 % means all of it. Nothing to do is all done. */
export function percent(doneBytes: number, sizeBytes: number): number {
  if (doneBytes >= sizeBytes) return 100
  return Math.max(0, Math.min(99, Math.floor((doneBytes / sizeBytes) * 100)))
}

/** `45 s`, `4 min`, `2 h 10 min`, `3 days`: as much as somebody who waits wants to know. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds}${GAP}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes}${GAP}min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) {
    const rest = minutes % 60
    return rest === 0 ? `${hours}${GAP}h` : `${hours}${GAP}h${GAP}${rest}${GAP}min`
  }
  return `${Math.round(hours / 24)}${GAP}days`
}

/** `4 min left`; undefined while no rate is known, so that nobody is told a guess. */
export function timeLeftText(leftBytes: number, bytesPerSecond: number): string | undefined {
  if (bytesPerSecond <= 0) return undefined
  return `${durationText((leftBytes / bytesPerSecond) * 1000)} left`
}
