import { expect, test } from 'vitest'
import { someFirst } from './some-first.ts'

test('[HDR9] of a list of any length as many rows are drawn as were asked for', () => {
  const all = Array.from({ length: 100_000 }, (_, at) => at)
  expect(someFirst(all, 200, 200)).toEqual({ some: all.slice(0, 200), next: 200 })
  expect(someFirst(all, 99_900, 200).next).toBe(100)
  expect(someFirst(all, 100_200, 200)).toEqual({ some: all, next: 0 })
  expect(someFirst([], 200, 200)).toEqual({ some: [], next: 0 })
})
