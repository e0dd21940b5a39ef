import { expect, test } from 'vitest'
import { type Limit, readLimit, writtenOf } from './limit-fields.ts'

const limit = (unit: Limit['unit'], min: number, max: number): Limit => ({
  name: 'x',
  unit,
  value: min,
  unset: min,
  isSet: false,
  min,
  max,
})

test('[ADM50] a size is written in the largest unit that shows it exactly, and read as it was', () => {
  const size = limit('bytes/day', 0, 2 ** 53 - 1)
  for (const [value, shown] of [
    [256 * 2 ** 20, '256 MiB/day'],
    [500 * 2 ** 30, '500 GiB/day'],
    [1.5 * 2 ** 40, '1.5 TiB/day'],
    [1025, '1025 B/day'],
    [0, '0 B/day'],
  ] as const) {
    const written = writtenOf(size, value)
    expect(`${written.value} ${written.unit}`).toBe(shown)
    expect(readLimit(size, String(written.value), written.each)).toBe(value)
  }
  expect(writtenOf(size, 2 ** 53 - 1)).toEqual({ value: undefined, unit: 'GiB/day', each: 2 ** 30 })
  expect(readLimit(size, ' ', 1)).toBe(2 ** 53 - 1)
})

test('[ADM50] what a limit may not be is nothing', () => {
  const people = limit('users', 1, 100)
  expect(['1', '100', '0', '101', '', 'many', '1e9', '-1'].map((text) => readLimit(people, text, 1))).toEqual([
    1,
    100,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  const box = limit('bytes', 1024, 2 ** 40)
  expect(readLimit(box, '1,5', 2 ** 20)).toBe(1.5 * 2 ** 20)
  expect([readLimit(box, '', 1), writtenOf(box, 2 ** 40).value]).toEqual([undefined, 1])
})
