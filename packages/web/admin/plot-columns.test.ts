import { expect, test } from 'vitest'
import { de } from './words/de.ts'
import { en } from './words/en.ts'
import { carriedOf, columnsOf, marksOf } from './plot-columns.ts'

const day = (date: string, deliveredBytes: number, carried: number) => ({
  day: date,
  deliveredBytes,
  tellingDevices: 1,
  tunnelBytes: carried,
  messageBytes: 1,
  liveBytes: 2,
  webBytes: 3,
})

test('[ADM50] a column stands for each day until today, whether anything was counted or not', () => {
  const days = [day('2026-02-27', 10, 4), day('2026-03-01', 20, 14)]
  expect(carriedOf(day('2026-02-27', 10, 4))).toBe(10)
  expect(columnsOf(days, { today: '2026-03-01', count: 4, each: 1 })).toEqual([
    { day: '2026-02-26', days: 1, deliveredBytes: 0, carriedBytes: 0 },
    { day: '2026-02-27', days: 1, deliveredBytes: 10, carriedBytes: 10 },
    { day: '2026-02-28', days: 1, deliveredBytes: 0, carriedBytes: 0 },
    { day: '2026-03-01', days: 1, deliveredBytes: 20, carriedBytes: 20 },
  ])
})

test('[ADM50] weeks add up whole, the last one ends today', () => {
  const days = Array.from({ length: 28 }, (_, index) => day(`2026-02-${String(index + 1).padStart(2, '0')}`, 1, 0))
  const columns = columnsOf(days, { today: '2026-02-28', count: 28, each: 7 })
  expect(columns.map(({ day: first, deliveredBytes }) => [first, deliveredBytes])).toEqual([
    ['2026-02-01', 7],
    ['2026-02-08', 7],
    ['2026-02-15', 7],
    ['2026-02-22', 7],
  ])
})

test('[ADM50] marks are round, few, and reach over what there is', () => {
  expect(marksOf(0)).toEqual([0])
  for (const most of [1, 7, 99, 100, 101, 2.6e9, 3e9, 9.99e12, 1e15]) {
    const marks = marksOf(most)
    const [, step = 0] = marks
    expect([most, marks.length >= 2 && marks.length <= 5]).toEqual([most, true])
    expect(marks.at(-1)).toBeGreaterThanOrEqual(most)
    expect(marks.at(-2)).toBeLessThan(most)
    expect(['1', '2', '25', '5']).toContain(
      String(Number((step / 10 ** Math.floor(Math.log10(step))).toPrecision(3))).replace('.', ''),
    )
  }
})

/** `users.none: string`: every leaf, with what kind of leaf it is. */
function leaves(branch: object, before = ''): string[] {
  return Object.entries(branch).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${before}${key}.`)
      : [`${before}${key}: ${typeof value}${value === '' ? ' empty' : ''}`],
  )
}

test('[SCR1] the admin page has the same words in both languages, none of them empty or shouted', () => {
  expect(leaves(de)).toEqual(leaves(en))
  expect(leaves(en).filter((leaf) => leaf.endsWith('empty'))).toEqual([])
  expect(JSON.stringify([en, de])).not.toMatch(/!/)
})
