import { expect, test } from 'vitest'
import { firstWindow, laterThan, SHOWN_MAX, widerBefore } from './message-window.ts'

test('[SCA5] of a long conversation never more than a part is on the page, whichever way its reader goes', () => {
  let shown = firstWindow(undefined)
  expect(shown.limit).toBeLessThan(SHOWN_MAX)
  const limits: number[] = []
  for (let step = 0; step < 40; step++) {
    shown = widerBefore(shown, `first ${step}`)
    limits.push(shown.limit)
  }
  expect(Math.max(...limits)).toBe(SHOWN_MAX)
  expect(shown).toEqual({ around: 'first 39', limit: SHOWN_MAX })
  expect(laterThan(shown, 'last')).toEqual({ around: 'last', limit: SHOWN_MAX })
})

test('[SCA5] what a search found stands in the middle of its part, with what was said before and after', () => {
  expect(firstWindow('found')).toEqual({ around: 'found', limit: firstWindow(undefined).limit })
  expect(widerBefore(firstWindow('found'), 'first').around).toBe('found')
})
