// Where an arrow leads, out of nothing but where things lie; and what an avatar shows.

import { expect, test } from 'vitest'
import { initialsOf, TONE_COUNT, toneOf } from './initials.ts'
import { nextInDirection, type Box } from './spatial.ts'

const at = (left: number, top: number, width = 100, height = 40): Box => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
})

test('[SCR4] down goes to the row below, not to a nearer thing beside it', () => {
  const rows = [at(0, 50, 300), at(0, 100, 300), at(310, 45, 100)]
  expect(nextInDirection(at(0, 0, 300), rows, 'down')).toBe(0)
})

test('[SCR4] what lies behind or overlaps is no way', () => {
  expect(nextInDirection(at(0, 100), [at(0, 0), at(10, 110)], 'down')).toBeUndefined()
  expect(nextInDirection(at(0, 100), [], 'up')).toBeUndefined()
})

test('[SCR4] from a list to the column beside it and back', () => {
  const list = [at(0, 0, 300), at(0, 50, 300), at(0, 100, 300)]
  const field = at(400, 90, 500)
  expect(nextInDirection(list[1]!, [list[0]!, list[2]!, field], 'right')).toBe(2)
  expect(nextInDirection(field, list, 'left')).toBe(2)
})

test('[SCR4] in a grid each direction finds its neighbour, and back again', () => {
  const grid = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => at(column * 120, row * 60)))
  const from = (index: number, direction: 'left' | 'right' | 'up' | 'down') => {
    const others = grid.map((box, other) => ({ box, other })).filter(({ other }) => other !== index)
    const found = nextInDirection(
      grid[index]!,
      others.map(({ box }) => box),
      direction,
    )
    return found === undefined ? undefined : others[found]?.other
  }
  expect([from(4, 'left'), from(4, 'right'), from(4, 'up'), from(4, 'down')]).toEqual([3, 5, 1, 7])
  expect([from(0, 'left'), from(0, 'up'), from(8, 'right')]).toEqual([undefined, undefined, undefined])
})

test('[SCR5] an avatar has whole letters and always the same tone', () => {
  expect(['anna.berg', 'anna', 'ø', '', '👩‍👩‍👧 x'].map(initialsOf)).toEqual(['AB', 'AN', 'Ø', '?', '👩X'])
  expect(toneOf('anna')).toBe(toneOf('anna'))
  expect(toneOf('')).toBeLessThan(TONE_COUNT)
})
