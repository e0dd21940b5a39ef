import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { createRate } from './rate.ts'
import { createTurns } from './turns.ts'

describe('turns', () => {
  test('[I18] so many media at once; those somebody waits for go first', async () => {
    const turns = createTurns(2, fakeClock())
    const went: string[] = []
    const never = new AbortController().signal
    const take = (name: string, attended = false) =>
      turns.take({ attended: () => attended, priority: false, signal: never }).then((turn) => {
        went.push(name)
        return turn
      })
    const [one] = [take('one'), take('two'), take('three'), take('four', true), take('five')]
    await settle()
    expect(went).toEqual(['one', 'two'])
    const first = await one
    first.end()
    first.end()
    await settle()
    expect(went).toEqual(['one', 'two', 'four'])
  })

  test('[I18] who gives up waiting makes room', async () => {
    const turns = createTurns(1, fakeClock())
    const leave = new AbortController()
    const never = new AbortController().signal
    const first = await turns.take({ attended: () => false, priority: false, signal: never })
    const waiting = turns
      .take({ attended: () => true, priority: false, signal: leave.signal })
      .catch((error: unknown) => error)
    leave.abort(new Error('left'))
    expect(await waiting).toMatchObject({ message: 'left' })
    first.end()
    const next = await turns.take({ attended: () => false, priority: false, signal: never })
    next.end()
  })

  test('[RUL15] what has priority goes at once and beside nothing else; the others pause, stop within a second, and go on', async () => {
    const clock = fakeClock()
    const turns = createTurns(2, clock)
    const signal = new AbortController().signal
    const take = (priority = false) => turns.take({ attended: () => !priority, priority, signal })
    const [one, two] = [await take(), await take()]
    let heard = 0
    one.pause.onChange(() => heard++)
    const urgent = await take(true)
    expect([one.pause.paused, two.pause.paused, urgent.pause.paused, heard]).toEqual([true, true, false, 1])
    expect(one.over.aborted).toBe(false)
    two.end()
    await clock.pass(999)
    expect([one.over.aborted, two.over.aborted, urgent.over.aborted]).toEqual([true, false, false])
    one.end()
    const went: string[] = []
    const third = take().then(() => went.push('third'))
    const second = take(true)
    const another = await second
    urgent.end()
    await settle()
    expect(went).toEqual([])
    another.end()
    await third
    expect(went).toEqual(['third'])
  })

  test('[RUL15] what had priority and gave up before its turn holds up nobody', async () => {
    const turns = createTurns(1, fakeClock())
    const [signal, leave] = [new AbortController().signal, new AbortController()]
    const take = (priority: boolean, until = signal) => turns.take({ attended: () => false, priority, signal: until })
    const urgent = await take(true)
    const gaveUp = take(true, leave.signal).catch(() => 'gave up')
    const plain = take(false)
    urgent.end()
    leave.abort()
    const outcome = await gaveUp
    if (typeof outcome !== 'string') outcome.end()
    expect((await plain).pause.paused).toBe(false)
  })

  test('[I18] the rate follows what comes, and bursts do not make it jump', () => {
    const rate = createRate(0)
    let last = 0
    for (let ms = 100; ms <= 2000; ms += 100) last = rate(100_000, ms)
    expect(last).toBe(1_000_000)
    expect(rate(1_000_000, 2001)).toBe(1_000_000)
    for (let ms = 2100; ms <= 40_000; ms += 100) last = rate(0, ms)
    expect(last).toBeLessThan(1000)
  })
})
