import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rangeAnswer } from './range-request.ts'

const ETAG = '"root"'
const ask = (range: string | undefined, sizeBytes = 100, more: { ifRange?: string; ifNoneMatch?: string } = {}) =>
  rangeAnswer({ range, ifRange: more.ifRange, ifNoneMatch: more.ifNoneMatch }, sizeBytes, ETAG)
const whole = { status: 200, from: 0, length: 100 }
const part = (from: number, length: number) => ({ status: 206, from, length })

describe('ranges (RFC 9110 sections 13 and 14)', () => {
  test.each([
    [undefined, whole],
    ['bytes=0-0', part(0, 1)],
    ['bytes=0-99', part(0, 100)],
    ['bytes=10-', part(10, 90)],
    ['bytes=99-', part(99, 1)],
    ['bytes=90-5000', part(90, 10)],
    ['bytes=-1', part(99, 1)],
    ['bytes=-500', part(0, 100)],
    ['bytes= 5-6 ', part(5, 2)],
    ['BYTES=5-6', part(5, 2)],
    ['pieces=1-2', whole],
    ['bytes=100-', { status: 416 }],
    ['bytes=-0', { status: 416 }],
    ['bytes=6-5', { status: 416 }],
    ['bytes=-', { status: 416 }],
    ['bytes=a-b', { status: 416 }],
    ['bytes=', { status: 416 }],
    ['bytes=0-1,5-6', { status: 416 }],
    ['bytes=0-99999999999999999999', { status: 416 }],
  ])('[RNG2] %s', (range, answer) => {
    expect(ask(range)).toEqual(answer)
  })

  test('[RNG2] of an empty file there is nothing to ask for', () => {
    expect(ask(undefined, 0)).toEqual({ status: 200, from: 0, length: 0 })
    expect([ask('bytes=0-', 0).status, ask('bytes=-5', 0).status]).toEqual([416, 416])
  })

  test('[RNG2] If-Range with any other validator gives the whole; If-None-Match of this one gives nothing', () => {
    expect(ask('bytes=1-2', 100, { ifRange: ETAG })).toEqual(part(1, 2))
    for (const ifRange of ['"other"', `W/${ETAG}`, 'Sat, 21 Nov 2026 12:00:00 GMT']) {
      expect(ask('bytes=1-2', 100, { ifRange })).toEqual(whole)
    }
    for (const ifNoneMatch of [ETAG, `"a", ${ETAG}`, `W/${ETAG}`, '*']) {
      expect(ask('bytes=1-2', 100, { ifNoneMatch })).toEqual({ status: 304 })
    }
    expect(ask(undefined, 100, { ifNoneMatch: '"other"' })).toEqual(whole)
  })

  test('[RNG2] whatever is asked, what is answered lies within the file', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(300), fc.nat(300)).map(([a, b]) => `bytes=${a}-${b}`),
          fc.nat(300).map((a) => `bytes=-${a}`),
        ),
        fc.nat(200),
        (range, sizeBytes) => {
          const answer = ask(range, sizeBytes)
          if (answer.status !== 206) return
          expect(answer.from).toBeGreaterThanOrEqual(0)
          expect(answer.length).toBeGreaterThan(0)
          expect(answer.from + answer.length).toBeLessThanOrEqual(sizeBytes)
        },
      ),
    )
  })
})
