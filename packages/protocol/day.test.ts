import { expect, test } from 'vitest'
import { DAY_MS, dayOf, dayText } from './day.ts'

test('[ADM30] a day is of the same hours for everybody: UTC, from midnight to midnight', () => {
  const midnight = Date.parse('2026-11-21T00:00:00.000Z')
  expect(dayText(dayOf(midnight))).toBe('2026-11-21')
  expect(dayText(dayOf(midnight + DAY_MS - 1))).toBe('2026-11-21')
  expect(dayText(dayOf(midnight - 1))).toBe('2026-11-20')
})
