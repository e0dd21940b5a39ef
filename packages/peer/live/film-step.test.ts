// A film's pictures and sound on the device's clock, with encoders that take as long as they like.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFilmStep, type FilmFrame, WAITING_MAX } from './film-step.ts'
import type { EncodedFrame } from './source.ts'

const NOTHING = new Uint8Array(0)
const frame = (kind: FilmFrame['kind'], atUs: number | undefined): FilmFrame => ({
  kind,
  isKey: false,
  atUs,
  bytes: NOTHING,
})

test('[LVP61] sound waits until it is as late as its pictures are; both of one moment carry one time', () => {
  const step = createFilmStep('picture')
  const beganUs = 5_000_000
  const came: { kind: string; filmUs: number; lateUs: number }[] = []
  const take = (one: FilmFrame, nowUs: number) => {
    for (const { kind, capturedAtUs } of step.take(one, nowUs)) {
      came.push({ kind, filmUs: capturedAtUs - beganUs - 80_000, lateUs: nowUs - capturedAtUs })
    }
  }
  // Sound is here after 10 ms, a picture after 80.
  for (let atUs = 0; atUs < 2_000_000; atUs += 20_000) {
    take(frame('audio', atUs), beganUs + atUs + 10_000)
    if (atUs % 40_000 === 0 && atUs >= 80_000) take(frame('picture', atUs - 80_000), beganUs + atUs)
  }
  const kinds = (kind: string) => came.filter((one) => one.kind === kind)
  expect(kinds('picture').map(({ filmUs }) => filmUs)).toEqual(kinds('picture').map((_, index) => index * 40_000))
  expect(kinds('audio').map(({ filmUs }) => filmUs)).toEqual(kinds('audio').map((_, index) => index * 20_000))
  expect(kinds('audio').length).toBeGreaterThan(90)
  for (const { lateUs } of came) expect(lateUs).toBeLessThanOrEqual(20_000)
})

test('[LVP61] times never go back and are never yet to come; what waits is bounded; a stall is followed within two seconds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('picture', 'audio', 'still'), fc.nat(400_000), fc.nat(200_000)), {
        maxLength: 300,
      }),
      (steps) => {
        const step = createFilmStep('picture')
        const lastUs = { picture: 0, audio: 0, still: 0 }
        let nowUs = 9_000_000
        const filmUs = { picture: 0, audio: 0, still: 0 }
        let [given, left] = [0, 0]
        const look = (frames: EncodedFrame[], latestUs: number) => {
          for (const { kind, capturedAtUs } of frames) {
            if (kind === 'audio') left++
            expect(capturedAtUs).toBeGreaterThanOrEqual(lastUs[kind])
            expect(capturedAtUs).toBeLessThanOrEqual(latestUs)
            lastUs[kind] = capturedAtUs
          }
        }
        for (const [kind, passedUs, aheadUs] of steps) {
          nowUs += passedUs
          filmUs[kind] += aheadUs
          if (kind === 'audio') given++
          look(step.take(frame(kind, kind === 'still' ? undefined : filmUs[kind]), nowUs), nowUs)
        }
        look(step.end(nowUs), nowUs + 300_000)
        expect(left).toBeLessThanOrEqual(given)
      },
    ),
  )
  const step = createFilmStep('picture')
  step.take(frame('picture', 0), 0)
  // It stood still for a second and is a second late from then on.
  for (let atUs = 40_000; atUs < 4_000_000; atUs += 40_000) {
    const [{ capturedAtUs } = { capturedAtUs: 0 }] = step.take(frame('picture', atUs), atUs + 1_000_000)
    if (atUs > 2_000_000) expect(atUs + 1_000_000 - capturedAtUs).toBe(0)
  }
})

test('[LVP61] a delay that changes now and then leaves both in step, to a fiftieth of a second', () => {
  const delayUs = fc.array(fc.nat(80_000), { minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(delayUs, (delays) => {
      const step = createFilmStep('picture')
      const events: { frame: FilmFrame; comesUs: number }[] = []
      const at: Record<string, Map<number, number>> = { picture: new Map(), audio: new Map() }
      let cameUs = 0
      // For half a second each; the first picture is the quickest.
      for (let atUs = 0; atUs < 10_000_000; atUs += 20_000) {
        events.push({ frame: frame('audio', atUs), comesUs: atUs + 5_000 })
        const late = atUs === 0 ? 0 : (delays[Math.floor(atUs / 500_000)] ?? 0)
        if (atUs % 40_000 > 0) continue
        // In their order.
        cameUs = Math.max(cameUs, atUs + 20_000 + late)
        events.push({ frame: frame('picture', atUs), comesUs: cameUs })
      }
      const waiting: Record<string, number[]> = { picture: [], audio: [] }
      for (const { frame: one, comesUs } of events.toSorted((a, b) => a.comesUs - b.comesUs)) {
        waiting[one.kind]?.push(one.atUs ?? 0)
        for (const { kind, capturedAtUs } of step.take(one, comesUs)) {
          at[kind]?.set(waiting[kind]?.shift() ?? -1, capturedAtUs)
        }
      }
      for (const [atUs, capturedAtUs] of at['picture'] ?? []) {
        const heardAtUs = at['audio']?.get(atUs) ?? capturedAtUs
        expect(Math.abs(heardAtUs - capturedAtUs)).toBeLessThanOrEqual(20_000)
      }
    }),
    { numRuns: 30 },
  )
})

test('[LVP61] sound without any picture is not gathered; where only stills are shown it goes by itself', () => {
  const step = createFilmStep('picture')
  for (let count = 0; count < 3 * WAITING_MAX; count++) step.take(frame('audio', count * 20_000), count * 20_000)
  // The newest of it, from where the pictures begin.
  const first = step.take(frame('picture', 0), 6_000_000)
  expect(first.filter(({ kind }) => kind === 'audio')).toEqual([])
  const alone = createFilmStep('audio')
  for (let atUs = 0; atUs < 100_000; atUs += 20_000) {
    expect(alone.take(frame('audio', atUs), 50_000 + atUs)).toMatchObject([{ capturedAtUs: 50_000 + atUs }])
  }
})
