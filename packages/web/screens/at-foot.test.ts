import { expect, test } from 'vitest'
import { footOf, isAtFoot } from './at-foot.ts'

const box = { clientHeight: 600, scrollHeight: 2_000, scrollTop: 1_400 }

test('[SCR82] what grows between a scroll and the word of it takes nobody away from the foot', () => {
  const knownFoot = footOf(box)
  const grown = { ...box, scrollHeight: box.scrollHeight + 500 }
  expect(isAtFoot(grown)).toBe(false)
  expect(isAtFoot(grown, knownFoot)).toBe(true)
})

test('[SCR82] who went up is not at the foot, whatever grew; what shrank brings them there', () => {
  const knownFoot = footOf(box)
  const up = { ...box, scrollTop: 1_000 }
  expect(isAtFoot(up, knownFoot)).toBe(false)
  expect(isAtFoot({ ...up, scrollHeight: 2_500 }, knownFoot)).toBe(false)
  expect(isAtFoot({ ...up, scrollHeight: 1_650 }, knownFoot)).toBe(true)
})
