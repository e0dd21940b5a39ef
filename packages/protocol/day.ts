// A day as both sides count it: in UTC, numbered since 1970, so that a figure of a day is of the same hours for everybody. Days of a
// reader's own calendar are their screen's business.

/** One day, ms. */
export const DAY_MS = 24 * 3600_000

/** Days since 1970, UTC, of an instant in ms. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** `2026-11-21` of days since 1970. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
