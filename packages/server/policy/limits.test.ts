import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkLimits, limitsOf, policyWith } from './limits.ts'
import { type PolicyFile, policyFileSchema, policyOf } from './policy.ts'

const names = limitsOf({}, {}, false).map(({ name }) => name)
const anyName = fc.constantFrom(...names)
const anyValue = fc.oneof(
  fc.integer({ min: -2, max: 2 ** 31 - 1 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom('open', 'closed', 'invitation', 'members', 'admin', 'x'),
)
const anyFile: fc.Arbitrary<PolicyFile> = fc.record(
  {
    registration: fc.constantFrom('open' as const, 'closed' as const),
    quotas: fc.record({ accounts: fc.integer({ min: 1, max: 1000 }) }, { requiredKeys: [] }),
    rates: fc.record({ finger: fc.constant({ perUser: { requests: 7, seconds: 11 } }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

test('[ADM41] whatever is set, the policy is one that a policy file could say, and what was taken holds exactly', () => {
  fc.assert(
    fc.property(anyFile, fc.dictionary(anyName, anyValue, { maxKeys: 6 }), fc.boolean(), (file, set, onLoopback) => {
      const taken = Object.fromEntries(
        Object.entries(set).filter(([name, value]) => {
          try {
            checkLimits({ [name]: value })
            return true
          } catch {
            return false
          }
        }),
      )
      const policy = policyWith(file, set, onLoopback)
      expect(policyFileSchema.safeParse(policy).success).toBe(true)
      expect(policyWith(file, taken, onLoopback)).toEqual(policy)
      const listed = limitsOf(file, set, onLoopback)
      for (const { name, value, unset, isSet } of listed) {
        expect([name, isSet]).toEqual([name, Object.hasOwn(taken, name)])
        expect([name, value]).toEqual([name, isSet ? taken[name] : unset])
      }
      if (Object.keys(taken).length === 0) expect(policy).toEqual(policyOf(file, onLoopback))
    }),
    { numRuns: 200 },
  )
})

test('[ADM41] every limit of numbers says between what it lies, and every choice what there is to choose', () => {
  for (const { name, unit, min, max, choices, perSeconds } of limitsOf({}, {}, false)) {
    if (unit === 'choice') expect([name, choices?.length]).toEqual([name, expect.any(Number)])
    else expect([name, min, max]).toEqual([name, expect.any(Number), expect.any(Number)])
    expect([name, perSeconds !== undefined]).toEqual([name, unit === 'requests'])
  }
})
