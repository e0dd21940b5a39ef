import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Candidate,
  choosePaths,
  DOUBTFUL_LATER_MS,
  FAILED_LATELY_MS,
  isBetter,
  MEASURED_LATELY_MS,
} from './choose.ts'
import type { PathKind } from './path.ts'

const nowMs = 1_000_000_000
const kinds: readonly PathKind[] = ['direct', 'webrtc', 'tunnel']
const candidates = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    failedAtMs: fc.option(fc.integer({ min: nowMs - 2 * FAILED_LATELY_MS, max: nowMs }), { nil: undefined }),
    measured: fc.option(
      fc.record({
        bytesPerSecond: fc.nat(1_000_000),
        atMs: fc.integer({ min: nowMs - 2 * MEASURED_LATELY_MS, max: nowMs }),
      }),
      { nil: undefined },
    ),
  }),
  { maxLength: 5 },
)

describe('choosing', () => {
  test('[CHO1] direct at once, webrtc 150 ms later, the tunnel after 1.5 s; what cannot be is left out and the next begins at once', () => {
    const choose = (...some: PathKind[]) =>
      choosePaths(
        some.map((kind) => ({ kind })),
        { nowMs },
      )
    expect(choose('tunnel', 'webrtc', 'direct')).toEqual([
      { kind: 'direct', afterMs: 0 },
      { kind: 'webrtc', afterMs: 150 },
      { kind: 'tunnel', afterMs: 1500 },
    ])
    expect(choose('tunnel', 'webrtc')).toEqual([
      { kind: 'webrtc', afterMs: 0 },
      { kind: 'tunnel', afterMs: 1350 },
    ])
    expect(choose('tunnel')).toEqual([{ kind: 'tunnel', afterMs: 0 }])
    expect(choose()).toEqual([])
  })

  test('[CHO1] whatever is known: each kind once, the first at once, later ones never sooner, none more than seconds late', () => {
    fc.assert(
      fc.property(candidates, (some) => {
        const attempts = choosePaths(some, { nowMs })
        expect(attempts.map(({ kind }) => kind).toSorted()).toEqual(
          [...new Set(some.map(({ kind }) => kind))].toSorted(),
        )
        const starts = attempts.map(({ afterMs }) => afterMs)
        expect(starts).toEqual(starts.toSorted((a, b) => a - b))
        expect(starts[0] ?? 0).toBe(0)
        expect(starts.at(-1) ?? 0).toBeLessThanOrEqual(1_500 + DOUBTFUL_LATER_MS + 1_500)
      }),
    )
  })

  test('[CHO2] pinned means that kind alone', () => {
    fc.assert(
      fc.property(candidates, fc.constantFrom(...kinds), (some, pinned) => {
        const there = some.some(({ kind }) => kind === pinned)
        expect(choosePaths(some, { nowMs, pinned })).toEqual(there ? [{ kind: pinned, afterMs: 0 }] : [])
      }),
    )
  })

  test('[CHO3] a kind that failed lately begins after all that did not; among those that did the order is as always', () => {
    fc.assert(
      fc.property(candidates, (some) => {
        const first = new Map<PathKind, Candidate>()
        for (const one of some) if (!first.has(one.kind)) first.set(one.kind, one)
        const failed = ({ kind }: { kind: PathKind }) =>
          nowMs - (first.get(kind)?.failedAtMs ?? Number.NEGATIVE_INFINITY) < FAILED_LATELY_MS
        const attempts = choosePaths(some, { nowMs })
        const firstFailed = attempts.findIndex(failed)
        if (firstFailed >= 0) expect(attempts.slice(firstFailed).every(failed)).toBe(true)
      }),
    )
    const attempts = choosePaths([{ kind: 'direct', failedAtMs: nowMs - 1 }, { kind: 'tunnel' }], { nowMs })
    expect(attempts.map(({ kind }) => kind)).toEqual(['tunnel', 'direct'])
    expect(attempts[1]?.afterMs).toBe(DOUBTFUL_LATER_MS)
  })

  test('[CHO4] a worse kind goes first only when both were measured lately and it carried twice as much', () => {
    const order = (direct: number | undefined, webrtc: number | undefined, ageMs = 0) => {
      const measured = (bytesPerSecond: number | undefined) =>
        bytesPerSecond === undefined ? undefined : { bytesPerSecond, atMs: nowMs - ageMs }
      const both: Candidate[] = [
        { kind: 'direct', measured: measured(direct) },
        { kind: 'webrtc', measured: measured(webrtc) },
      ]
      return choosePaths(both, { nowMs }).map(({ kind }) => kind)
    }
    expect(order(10, 20)).toEqual(['webrtc', 'direct'])
    expect(order(10, 19)).toEqual(['direct', 'webrtc'])
    expect(order(undefined, 20)).toEqual(['direct', 'webrtc'])
    expect(order(10, 20, MEASURED_LATELY_MS)).toEqual(['direct', 'webrtc'])
    expect([isBetter('direct', 'webrtc'), isBetter('webrtc', 'tunnel'), isBetter('tunnel', 'direct')]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('[BRO21] while somebody waits for a picture the tunnel begins at once, behind the better ones', () => {
    const candidates: Candidate[] = [{ kind: 'tunnel' }, { kind: 'webrtc' }]
    expect(choosePaths(candidates, { nowMs, isPlayed: true })).toEqual([
      { kind: 'webrtc', afterMs: 0 },
      { kind: 'tunnel', afterMs: 0 },
    ])
    expect(choosePaths(candidates, { nowMs })[1]).toEqual({ kind: 'tunnel', afterMs: 1350 })
  })
})
