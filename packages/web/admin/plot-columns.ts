// The plot's columns out of the figures of days, and the marks beside it. Pure.

import { dayOf, dayText } from '@doorpost/protocol/day'

/** As the server tells it (protocol/messages/admin.ts). */
export interface DayFigures {
  /** `2026-11-21`, UTC. */
  readonly day: string
  readonly deliveredBytes: number
  readonly tellingDevices: number
  readonly tunnelBytes: number
  readonly messageBytes: number
  readonly liveBytes: number
  readonly webBytes: number
}

export interface Column {
  /** Its first day. */
  readonly day: string
  readonly days: number
  readonly deliveredBytes: number
  readonly carriedBytes: number
}

export function carriedOf({ tunnelBytes, messageBytes, liveBytes, webBytes }: DayFigures): number {
  return tunnelBytes + messageBytes + liveBytes + webBytes
}

/** The last `count` days until `today`, `each` days in one column; days nobody counted are columns of nothing. */
export function columnsOf(
  days: readonly DayFigures[],
  { today, count, each }: { readonly today: string; readonly count: number; readonly each: number },
): Column[] {
  const known = new Map(days.map((day) => [day.day, day]))
  const end = dayOf(Date.parse(today))
  return Array.from({ length: Math.ceil(count / each) }, (_, index) => {
    const back = (Math.ceil(count / each) - index) * each - 1
    const first = end - back
    let [deliveredBytes, carriedBytes] = [0, 0]
    for (let at = 0; at < each; at++) {
      const day = known.get(dayText(first + at))
      deliveredBytes += day?.deliveredBytes ?? 0
      carriedBytes += day ? carriedOf(day) : 0
    }
    return { day: dayText(first), days: each, deliveredBytes, carriedBytes }
  })
}

/** Marks of an axis from 0: round in people's units (1, 2, 5 and their tens), two to four of them, the last at `most` or above. */
export function marksOf(most: number): number[] {
  if (!(most > 0)) return [0]
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.25, 0.5, 1, 2, 2.5, 5].map((one) => one * power).find((one) => most / one <= 3) ?? power * 5
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step)
}
