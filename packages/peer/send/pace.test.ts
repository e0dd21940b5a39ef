import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { createPace, PACE_WAIT_MAX_MS } from './pace.ts'

const never = new AbortController().signal

describe('pace', () => {
  test('[F23] without a bound nothing waits; with one the bytes of all callers together keep to it, in turns', async () => {
    const clock = fakeClock(0)
    let bytesPerSecond = 0
    const pace = createPace(clock, () => bytesPerSecond)
    for (let i = 0; i < 100; i++) expect(pace.take('bob', 1_000_000, never)).toBeUndefined()
    bytesPerSecond = 1_000
    const went: [string, number][] = []
    const take = (caller: string) =>
      void Promise.resolve(pace.take(caller, 1_000, never) ?? true).then(
        (may) => may && went.push([caller, clock.nowMs()]),
      )
    for (const caller of ['bob', 'bob', 'bob', 'bob', 'carol', 'carol']) take(caller)
    await clock.pass(10_000)
    expect(went).toEqual([
      ['bob', 0],
      ['bob', 1_000],
      ['carol', 2_000],
      ['bob', 3_000],
      ['carol', 4_000],
      ['bob', 5_000],
    ])
    expect(clock.waiting).toBe(0)
  })

  test('[F23] what would wait too long is told to come later; who leaves makes room; a bound that is lifted lets all go', async () => {
    const clock = fakeClock(0)
    let bytesPerSecond = 1_000
    const pace = createPace(clock, () => bytesPerSecond)
    const answers: boolean[] = []
    const leave = new AbortController()
    expect(pace.take('bob', 2_000, never)).toBeUndefined()
    void pace.take('bob', 8_000, leave.signal)?.then((may) => answers.push(may))
    void pace.take('carol', 1_000, never)?.then((may) => answers.push(may))
    expect(await pace.take('carol', 1_000, never)).toBe(false)
    leave.abort()
    await settle()
    expect(answers).toEqual([false])
    await clock.pass(2_000)
    expect(answers).toEqual([false, true])
    void pace.take('carol', PACE_WAIT_MAX_MS, never)?.then((may) => answers.push(may))
    bytesPerSecond = 0
    await clock.pass(1_000)
    expect(answers).toEqual([false, true, true])
    expect(pace.take('bob', 1, never)).toBeUndefined()
  })
})
