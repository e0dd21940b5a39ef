import { describe, expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { createRate } from './rate.ts'
import { createTurns } from './turns.ts'

describe('turns', () => {
  test('[I18] so many media at once; those somebody waits for go first', async () => {
    const turns = createTurns(2)
    const went: string[] = []
    const never = new AbortController().signal
    const take = (name: string, attended = false) =>
      turns
        .take(() => attended, never)
        .then((turn) => {
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
    const turns = createTurns(1)
    const leave = new AbortController()
    const never = new AbortController().signal
    const first = await turns.take(() => false, never)
    const waiting = turns.take(() => true, leave.signal).catch((error: unknown) => error)
    leave.abort(new Error('left'))
    expect(await waiting).toMatchObject({ message: 'left' })
    first.end()
    const next = await turns.take(() => false, never)
    next.end()
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
