import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test('[X1] slips of one letter find the name, other words find none', () => {
  const names = ['send', 'inbox', 'contacts', 'get']
  expect(nearest('sedn', names)).toBe('send')
  expect(nearest('inbo', names)).toBe('inbox')
  expect(nearest('contatcs', names)).toBe('contacts')
  expect(nearest('cont', names)).toBe('contacts')
  expect(nearest('banana', names)).toBeUndefined()
  expect(nearest('', names)).toBeUndefined()
})

test('[X1] a known name is always nearest to itself', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z-]{3,12}$/), { minLength: 1 }), (names) => {
      const [first = ''] = names
      const found = nearest(first, names)
      expect(found !== undefined && (found === first || found.startsWith(first))).toBe(true)
    }),
  )
})
