// The race of paths under a fake clock: each opens, fails or hangs as its test plans.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { choosePaths, isBetter } from './choose.ts'
import type { Path, PathKind } from './path.ts'
import { OPEN_TIMEOUT_MS, racePaths } from './race.ts'

const all = choosePaths([{ kind: 'direct' }, { kind: 'webrtc' }, { kind: 'tunnel' }], { nowMs: 0 })
/** When an attempt ends after it began, ms, and how; never where nothing is said. */
type Plan = { readonly ms: number; readonly opens: boolean; readonly listens?: boolean } | undefined

function scene(plans: Partial<Record<PathKind, Plan>>) {
  const clock = fakeClock(0)
  const began: [PathKind, number][] = []
  const open = new Set<PathKind>()
  const handed: [PathKind, number][] = []
  const failed: PathKind[] = []
  const stop = new AbortController()
  const opening = (kind: PathKind, signal: AbortSignal): Promise<Path> => {
    began.push([kind, clock.nowMs()])
    const plan = plans[kind]
    return new Promise((resolve, reject) => {
      if (plan?.listens !== false) signal.addEventListener('abort', () => reject(signal.reason as Error))
      if (!plan) return
      clock.after(plan.ms, () => {
        if (!plan.opens) return reject(new Error('no route'))
        if (signal.aborted && plan.listens !== false) return
        open.add(kind)
        resolve({ kind, close: () => open.delete(kind) } as unknown as Path)
      })
    })
  }
  const start = (than?: PathKind) =>
    racePaths(all, {
      open: opening,
      clock,
      signal: stop.signal,
      onOpen: ({ kind }) => handed.push([kind, clock.nowMs()]),
      onFailed: (kind) => failed.push(kind),
      ...(than && { than }),
    })
  return { clock, began, open, handed, failed, stop, start }
}

describe('racing', () => {
  test('[CHO5] what opens first is taken at once, better ones as they open, worse ones are neither begun nor kept', async () => {
    const { clock, began, open, handed, start } = scene({
      direct: { ms: 3_000, opens: true },
      webrtc: { ms: 2_000, opens: true },
      tunnel: { ms: 100, opens: true },
    })
    const over = start()
    await clock.pass(OPEN_TIMEOUT_MS)
    expect(await over).toEqual([])
    expect(began).toEqual([
      ['direct', 0],
      ['webrtc', 150],
      ['tunnel', 1_500],
    ])
    expect(handed).toEqual([
      ['tunnel', 1_600],
      ['webrtc', 2_150],
      ['direct', 3_000],
    ])
    // Whoever was handed them closes them.
    expect([...open]).toEqual(['tunnel', 'webrtc', 'direct'])
    expect(clock.waiting).toBe(0)
  })

  test('[CHO5] a direct path that opens at once is the only one begun; one that fails at once lets the next begin at once', async () => {
    const quick = scene({ direct: { ms: 20, opens: true } })
    void quick.start()
    await quick.clock.pass(OPEN_TIMEOUT_MS)
    expect(quick.began).toEqual([['direct', 0]])
    const failing = scene({ direct: { ms: 5, opens: false }, webrtc: { ms: 5, opens: false }, tunnel: undefined })
    const over = failing.start()
    await failing.clock.pass(2 * OPEN_TIMEOUT_MS)
    expect(failing.began).toEqual([
      ['direct', 0],
      ['webrtc', 5],
      ['tunnel', 10],
    ])
    expect((await over).map(({ kind }) => kind)).toEqual(['direct', 'webrtc', 'tunnel'])
    expect(failing.failed).toEqual(['direct', 'webrtc', 'tunnel'])
  })

  test('[CHO5] to move up, only what is better than what there is is tried', async () => {
    const { clock, began, handed, start } = scene({
      direct: { ms: 500, opens: false },
      webrtc: { ms: 5, opens: true },
      tunnel: { ms: 5, opens: true },
    })
    void start('webrtc')
    await clock.pass(OPEN_TIMEOUT_MS)
    expect([began, handed]).toEqual([[['direct', 0]], []])
  })

  test('[CHO6] whatever opens, fails, is late or aborted: it ends, and nothing is left open but what was handed out, best last', async () => {
    const plan = fc.option(fc.record({ ms: fc.nat(15_000), opens: fc.boolean(), listens: fc.boolean() }), {
      nil: undefined,
    })
    await fc.assert(
      fc.asyncProperty(plan, plan, plan, fc.option(fc.nat(12_000)), async (direct, webrtc, tunnel, abortMs) => {
        const { clock, open, handed, stop, start } = scene({ direct, webrtc, tunnel })
        const over = start()
        if (abortMs !== null) clock.after(abortMs, () => stop.abort(new Error('left')))
        await clock.pass(40_000)
        await over
        const kinds = handed.map(([kind]) => kind)
        expect([...open].toSorted()).toEqual(kinds.toSorted())
        for (const [at, kind] of kinds.slice(1).entries()) expect(isBetter(kind, kinds[at] as PathKind)).toBe(true)
        if (abortMs !== null) for (const [, atMs] of handed) expect(atMs).toBeLessThanOrEqual(abortMs)
        expect(clock.waiting).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
