import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safetyNumber } from './safety-number.ts'

const ann = { address: 'ann@example.org', fingerprint: 'A'.repeat(43) }
const bob = { address: 'bob@example.org', fingerprint: 'B'.repeat(43) }

test('[SCR8] both people see the same twelve groups of five digits', () => {
  expect(safetyNumber(ann, bob)).toMatch(/^\d{5}( \d{5}){11}$/)
  expect(safetyNumber(bob, ann)).toBe(safetyNumber(ann, bob))
})

test('[SCR8] another key or another name is another number', () => {
  const number = safetyNumber(ann, bob)
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{43}$/), (fingerprint) => {
      fc.pre(fingerprint !== bob.fingerprint)
      expect(safetyNumber(ann, { ...bob, fingerprint })).not.toBe(number)
    }),
  )
  expect(safetyNumber(ann, { ...bob, address: 'bob@example.com' })).not.toBe(number)
  // Whose key is whose counts.
  const swapped = [
    { ...ann, fingerprint: bob.fingerprint },
    { ...bob, fingerprint: ann.fingerprint },
  ] as const
  expect(safetyNumber(...swapped)).not.toBe(number)
})
