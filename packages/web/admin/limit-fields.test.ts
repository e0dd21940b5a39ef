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

test('[AUE4] a number is read as people write it, with its thousands apart; a part of a person is none', () => {
  const people = limit('users', 1, 10_000_000)
  for (const text of ['100000', '100,000', '100.000', '100 000', '100\u202F000', '100’000', ' 100000 '])
    expect(readLimit(people, text, 1), text).toBe(100_000)
  for (const text of ['1,5', '0.5', '1,00,000', '1.000,5', '0x10', '1e3', '1,000,0', '٣'])
    expect(readLimit(people, text, 1), text).toBeUndefined()
  const box = limit('bytes', 1, 2 ** 50)
  for (const text of ['1,5', '1.5', '1.50']) expect(readLimit(box, text, 1024), text).toBe(1536)
  expect(readLimit(box, '1,000.5', 1024)).toBe(1000.5 * 1024)
  expect(readLimit(box, '0.125', 1024)).toBe(128)
})
