import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLAIM_PIECES_MAX } from '@doorpost/protocol/piece-wire'
import { fakeClock } from '../fake-clock.ts'
import { CLAIM_MS, CLAIMED_MEDIA_MAX, CLAIMS_IDLE_MS, createClaims, PROMISED_MAX } from './claims.ts'

describe('claims', () => {
  test('[F17] whatever is claimed and given by whomever: no piece is promised to two before its time, each comes to somebody', async () => {
    const acts = fc.array(
      fc.record({
        what: fc.constantFrom('claim', 'ask', 'ask', 'ask', 'time'),
        who: fc.nat(3),
        count: fc.integer({ min: 1, max: 20 }),
      }),
      { maxLength: 120 },
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 90 }), acts, async (pieces, steps) => {
        const clock = fakeClock()
        const given = createClaims(clock)('film', pieces)
        const gone = new Set<number>()
        const held = new Map<number, { who: number; untilMs: number }>()
        const claim = (who: number, count: number) => {
          const claimed = given.claim(`device ${who}`, count)
          expect(claimed.length).toBeLessThanOrEqual(count)
          for (const index of claimed) {
            expect(gone.has(index)).toBe(false)
            const before = held.get(index)
            if (before) {
              expect(before.untilMs).toBeLessThanOrEqual(clock.nowMs())
              expect(before.who).not.toBe(who)
            }
            held.set(index, { who, untilMs: clock.nowMs() + CLAIM_MS })
          }
        }
        for (const { what, who, count } of steps) {
          if (what === 'claim') claim(who, count)
          else if (what === 'time') await clock.pass(count * 1_000)
          else {
            const mine = [...held].find(([, one]) => one.who === who)
            const index = mine?.[0] ?? count % pieces
            held.delete(index)
            gone.add(index)
            given.gave(index)
          }
        }
        // Two more who come later are promised all that was not given, the second what the first did not ask for.
        await clock.pass(CLAIM_MS)
        const rest = new Set<number>()
        for (let round = 0; round < pieces; round++) for (const index of given.claim('late', 20)) rest.add(index)
        expect([...rest].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: pieces }, (_, index) => index).filter((index) => !gone.has(index)),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('[F17] what one caller may hold is bounded, and what it let run out no longer counts', async () => {
    const clock = fakeClock()
    const given = createClaims(clock)('film', 10_000)
    let held = 0
    for (let i = 0; i < 10; i++) held += given.claim('greedy', 1_000).length
    expect(held).toBe(PROMISED_MAX)
    await clock.pass(CLAIM_MS)
    expect(given.claim('greedy', 1_000)).toHaveLength(CLAIM_PIECES_MAX)
    expect(given.claim('other', 8)[0]).toBeGreaterThan(PROMISED_MAX)
  })

  test('[F17] a copy that is not whole promises what it has, and the rest when it came', () => {
    const given = createClaims(fakeClock())('film', 8)
    const here = new Set([1, 5])
    const has = (index: number) => here.has(index)
    expect(given.claim('one', 8, has)).toEqual([1, 5])
    here.add(0)
    expect(given.claim('two', 8, has)).toEqual([0])
  })

  test('[W8] records of media are bounded and forgotten when nobody asks', async () => {
    const clock = fakeClock()
    const claims = createClaims(clock)
    claims('first', 4).gave(0)
    for (let i = 1; i < CLAIMED_MEDIA_MAX; i++) claims(`media ${i}`, 4)
    expect(claims('first', 4).claim('bob', 1)).toEqual([1])
    for (let i = 0; i < CLAIMED_MEDIA_MAX; i++) claims(`another ${i}`, 4)
    expect(claims('first', 4).claim('bob', 1)).toEqual([0])
    claims('film', 4).gave(0)
    await clock.pass(CLAIMS_IDLE_MS)
    expect(claims('film', 4).claim('bob', 1)).toEqual([0])
  })
})
