import { MAX_PIECES } from '@doorpost/protocol/piece-list'
import { encodeFrame, type Frame } from '@doorpost/protocol/piece-wire'
import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { answerFrames, answerLimits } from './framed-answers.ts'
import { createFramedPath } from './framed-path.ts'
import { memoryCarriers } from './memory-carrier.ts'
import { contractCaller, pathContract } from './path.contract.ts'
import type { Carrier } from './carrier.ts'
import type { Source } from './path.ts'

const refusing: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}

for (const chunkBytes of [65_536, 1_000_003]) {
  pathContract('memory', (source) => {
    const [asks, answers] = memoryCarriers(chunkBytes)
    answerFrames({ carrier: answers, caller: contractCaller, source })
    const path = createFramedPath('memory', asks)
    return Promise.resolve({
      path,
      breakLine: () => answers.close('broken'),
      close: () => Promise.resolve(path.close()),
    })
  })
}

describe('framing', () => {
  const { signal } = new AbortController()
  const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: new Uint8Array(32).fill(5) }
  const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

  test.each([
    ['of odd length', { type: 'claim', seq: 0, length: 3 }, new Uint8Array(3)],
    ['of a piece that cannot be', { type: 'claim', seq: 0, length: 4 }, u32(MAX_PIECES)],
    ['of more than was asked for', { type: 'claim', seq: 0, length: 12 }, new Uint8Array(12)],
    ['that is another answer', { type: 'have', seq: 0, length: 1 }, new Uint8Array(1)],
    ['that opens a lane', { type: 'lane-ready' }, new Uint8Array(0)],
  ] satisfies [string, Frame, Uint8Array][])('[D11] a claim %s ends the path', async (_, frame, bulk) => {
    const [asks, answers] = memoryCarriers()
    answers.onData = () => {
      answers.onData = () => {}
      answers.write(encodeFrame(frame))
      if (bulk.length > 0) answers.write(bulk)
    }
    answers.resume()
    const path = createFramedPath('memory', asks)
    const asked = [path.claim(media, 2, signal), path.list(media, 32, signal)]
    for (const answer of await Promise.all(asked)) expect(answer.state).toBe('line-broken')
    await path.closed
  })

  test('[D9] a caller that is silent, or asks too much at once, is closed', async () => {
    const clock = fakeClock()
    const source = { ...refusing, piece: () => new Promise<never>(() => undefined) }
    const [silent, quietEnd] = memoryCarriers()
    const answers = answerFrames({ carrier: quietEnd, caller: contractCaller, source, clock })
    const path = createFramedPath('memory', silent)
    expect((await path.list(media, 32, signal)).state).toBe('refused')
    await clock.pass(answerLimits.idleMs)
    await answers.closed
    const [greedy, end] = memoryCarriers()
    const over = answerFrames({ carrier: end, caller: contractCaller, source, limits: { questions: 3 } })
    const many = createFramedPath('memory', greedy)
    const take = () => new Uint8Array(10)
    const asked = [0, 1, 2, 3].map((index) => many.piece(media, { index, length: 10 }, take, signal))
    for (const answer of await Promise.all(asked)) expect(answer.state).toBe('line-broken')
    await over.closed
  })
})

test('[F15] where pausing does not reach the other end, no more is asked for than may wait here, in the order asked', async () => {
  const { signal } = new AbortController()
  const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: new Uint8Array(32) }
  const [asks, end] = memoryCarriers()
  const asked: number[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const source: Source = {
    ...refusing,
    async piece(_caller, _media, index) {
      asked.push(index)
      return { state: 'here', bytes: new Uint8Array(100), release: () => {} }
    },
  }
  answerFrames({ carrier: end, caller: contractCaller, source })
  const path = createFramedPath('memory', asks, { askedBytesMax: 250 })
  const answers = [0, 1, 2, 3, 4].map((index) => {
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    return path.piece(media, { index, length: 100 }, () => gate.promise.then(() => new Uint8Array(100)), signal)
  })
  const list = path.list(media, 1_000, signal)
  const reached = async (count: number) => {
    while (asked.length < count) await settle()
    for (let turns = 0; turns < 5; turns++) await settle()
  }
  await reached(2)
  // Two always, and the third does not fit.
  expect(asked).toEqual([0, 1])
  gates[0]?.resolve()
  await answers[0]
  await reached(3)
  expect(asked).toEqual([0, 1, 2])
  for (const gate of gates) gate.resolve()
  for (const answer of await Promise.all(answers)) expect(answer.state).toBe('here')
  expect((await list).state).toBe('refused')
  expect(asked).toEqual([0, 1, 2, 3, 4])
})

test('[D9] a caller that only takes what it asked for is not silent, however slowly it comes', async () => {
  const clock = fakeClock()
  const leaving: (() => void)[] = []
  const ends: string[] = []
  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write: (_bytes, onGone) => void (onGone && leaving.push(onGone)),
    pause: () => {},
    resume: () => {},
    close(cause) {
      ends.push(cause)
      carrier.onEnd(cause)
    },
  }
  let released = 0
  const bytes = new Uint8Array(3 * 1024 * 1024)
  const source: Source = { ...refusing, piece: async () => ({ state: 'here', bytes, release: () => released++ }) }
  const answers = answerFrames({ carrier, caller: contractCaller, source, clock })
  const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: new Uint8Array(32) }
  carrier.onData(encodeFrame({ type: 'want-piece', seq: 0, piece: 0, lane: false, ...media }))
  await settle()
  expect(leaving.length).toBe(3)
  for (const gone of leaving) {
    await clock.pass(answerLimits.idleMs - 1)
    gone()
  }
  expect([ends, released]).toEqual([[], 1])
  await clock.pass(answerLimits.idleMs)
  expect(ends).toEqual(['silent'])
  await answers.closed
})
