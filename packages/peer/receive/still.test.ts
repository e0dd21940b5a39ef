import { expect, test } from 'vitest'
import type { Progress } from '../operations.ts'
import { createStill, STILL_MS } from './still.ts'

type Fetching = Extract<Progress, { kind: 'fetching' }>

const progress: Fetching = {
  kind: 'fetching',
  name: 'film.mp4',
  doneBytes: 30_000_000,
  sizeBytes: 60_000_000,
  allDoneBytes: 30_000_000,
  allSizeBytes: 60_000_000,
  bytesPerSecond: 1_500_000,
  source: 'bob@localhost:8025/tower',
  path: 'tunnel',
  serving: [{ source: 'bob@localhost:8025/tower', path: 'tunnel', bytesPerSecond: 1_500_000 }],
}

function stage() {
  const told: Fetching[] = []
  const waiting = new Set<{ afterMs: number; ring: () => void }>()
  const clock = {
    nowMs: () => 0,
    after(afterMs: number, ring: () => void) {
      const one = { afterMs, ring }
      waiting.add(one)
      return () => void waiting.delete(one)
    },
  }
  return { still: createStill(clock, (one) => told.push(one)), told, waiting }
}

test('[F80] when nothing comes for five seconds the rate is told as none, in all and of each source', () => {
  const { still, told, waiting } = stage()
  still.came(progress)
  still.came(progress)
  const [one, ...others] = waiting
  expect(others).toEqual([])
  expect(one?.afterMs).toBe(STILL_MS)
  one?.ring()
  expect(told).toEqual([{ ...progress, bytesPerSecond: 0, serving: [{ ...progress.serving?.[0], bytesPerSecond: 0 }] }])
})

test('[F80] a slow line has the time that three of its pieces take, and what ended tells nothing', () => {
  const { still, told, waiting } = stage()
  still.came({ ...progress, bytesPerSecond: 50_000 })
  expect([...waiting][0]?.afterMs).toBeCloseTo((3 * 1024 * 1024 * 1000) / 50_000)
  still[Symbol.dispose]()
  expect(waiting.size).toBe(0)
  still.came({ ...progress, bytesPerSecond: 0 })
  expect(waiting.size).toBe(0)
  expect(told).toEqual([])
})
