import { expect, test } from 'vitest'
import { instantOrDate, instantSchema, timeOfDay } from './dates.ts'

const takes = (schema: typeof instantSchema | typeof instantOrDate | typeof timeOfDay, text: string) =>
  schema.safeParse(text).success

test("[M2] the protocol's own dates are UTC with milliseconds, in one form", () => {
  expect(takes(instantSchema, new Date(0).toISOString())).toBe(true)
  for (const text of [
    '2026-11-21T12:00:00Z',
    '2026-11-21T12:00:00.000+00:00',
    '2026-11-21T12:00:00.0000Z',
    '2026-02-30T12:00:00.000Z',
    '2026-11-21T24:00:00.000Z',
    '2026-11-21t12:00:00.000z',
    '2026-11-21 12:00:00.000Z',
    '+002026-11-21T12:00:00.000Z',
    ' 2026-11-21T12:00:00.000Z',
  ]) {
    expect(takes(instantSchema, text), text).toBe(false)
  }
})

test('[M2] dates of media and messages are as cameras and people write them, and stay so', () => {
  for (const text of ['2026-11-21', '2026-11-21T12:00:00Z', '2026-11-21T12:00:00.5+02:00', '2024-02-29']) {
    expect(instantOrDate.parse(text), text).toBe(text)
  }
  for (const text of ['2026', '2026-11', '21.11.2026', '2025-02-29', '2026-11-21T12:00:00', 'Sunday', '']) {
    expect(takes(instantOrDate, text), text).toBe(false)
  }
})

test('[M2] times of the day are to the minute at least, with or without zone', () => {
  for (const text of ['14:02', '14:02:31', '14:02:31.123456789', '14:02Z', '00:00+02:00', '23:59:59.9-11:30']) {
    expect(timeOfDay.parse(text), text).toBe(text)
  }
  for (const text of ['24:00', '14:60', '14', '2:02', '14:02 ', '14:02:31.', '14:02+2', '14:02:31,5', '2 pm']) {
    expect(takes(timeOfDay, text), text).toBe(false)
  }
})
