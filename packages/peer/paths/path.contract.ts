// What every path must do, whatever carries it. An implementation's test gives a way to open one to a source of the test's own.

import { afterEach, describe, expect, test } from 'vitest'
import { MAX_PIECES } from '@doorpost/protocol/piece-list'
import { CLAIM_PIECES_MAX, HAVE_BYTES_MAX } from '@doorpost/protocol/piece-wire'
import { settle } from '../fake-clock.ts'
import type { Caller, MediaRef, Path, PathFault, PathKind, PieceAnswer, PieceLease, Source } from './path.ts'

/** A path to `source`, and what the other side needs to break it without a word. */
export type OpenedPath = { path: Path; breakLine(): void; close(): Promise<void> }
export type PathMaker = (source: Source) => Promise<OpenedPath>

const MiB = 1024 * 1024
export const contractCaller: Caller = {
  address: 'bob@example.org/laptop',
  deviceKey: new Uint8Array(32).fill(9),
  via: 'memory',
}
const media: MediaRef = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: new Uint8Array(32).fill(5) }

/** The bytes that the source of these tests has as piece `index`. */
function pieceOf(index: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => index * 7 + at * 13 + (at >> 8))
}

type TestSource = Source & {
  lent: number
  asked: number[]
  callers: Caller[]
  answer(index: number): PathFault | number | Promise<PathFault | number>
  /** What is had, and what is given to whoever claims. */
  held: Uint8Array
  claimed: readonly number[]
  counts: number[]
}

/** Answers each piece with so many bytes, or the fault, that `answer` says. */
function testSource(): TestSource {
  const source: TestSource = {
    lent: 0,
    asked: [],
    callers: [],
    answer: () => 1000,
    held: Uint8Array.of(0xa0, 0x01),
    claimed: [],
    counts: [],
    have: (caller, ref) => {
      source.callers.push(caller)
      return Promise.resolve(
        ref.messageId === media.messageId ? { state: 'here', have: source.held } : { state: 'refused' },
      )
    },
    claim: (caller, ref, count) => {
      source.callers.push(caller)
      source.counts.push(count)
      return Promise.resolve(
        ref.messageId === media.messageId ? { state: 'here', pieces: source.claimed } : { state: 'refused' },
      )
    },
    list: (caller, ref) => {
      source.callers.push(caller)
      return Promise.resolve(
        ref.messageId === media.messageId ? { state: 'here', list: pieceOf(99, 320) } : { state: 'refused' },
      )
    },
    async piece(caller, ref, index): Promise<PieceLease | PathFault> {
      source.asked.push(index)
      source.callers.push(caller)
      if (ref.messageId !== media.messageId || Buffer.compare(ref.root, media.root) !== 0) return { state: 'refused' }
      const answer = await source.answer(index)
      if (typeof answer !== 'number') return answer
      source.lent++
      return { state: 'here', bytes: pieceOf(index, answer), release: () => source.lent-- }
    },
  }
  return source
}

/** `silent`: whoever may not have a medium gets no answer at all, instead of a refusal (promise 6). */
export function pathContract(kind: PathKind, make: PathMaker, { silent = false }: { silent?: boolean } = {}): void {
  describe(`a ${kind} path`, () => {
    const { signal } = new AbortController()
    let source = testSource()
    let opened: OpenedPath | undefined
    const open = async (): Promise<Path> => {
      source = testSource()
      opened = await make(source)
      return opened.path
    }
    const take = ({ length }: { length: number }) => new Uint8Array(length + 5)
    const ask = (path: Path, index: number, length = 1000) => path.piece(media, { index, length }, take, signal)
    const bytesOf = (answer: PieceAnswer) => (answer.state === 'here' ? Buffer.from(answer.bytes) : answer)
    afterEach(async () => {
      await opened?.close()
      opened = undefined
    })

    test('[F10] carries the list and pieces unchanged, and says who asks', async () => {
      const path = await open()
      expect(path.kind).toBe(kind)
      expect(await path.list(media, 320, signal)).toEqual({ state: 'here', list: pieceOf(99, 320) })
      source.answer = (index) => [1, 1000, 70_000, MiB, 3 * MiB + 1][index] as number
      for (const [index, length] of [1, 1000, 70_000, MiB, 3 * MiB + 1].entries()) {
        const answer = bytesOf(await ask(path, index, length))
        expect(Buffer.compare(answer as Buffer, pieceOf(index, length))).toBe(0)
      }
      expect(source.callers.every(({ address }) => address === contractCaller.address)).toBe(true)
      expect(path.bytesArrived).toBeGreaterThan(4 * MiB)
    })

    test('[F10] many questions at once are answered in the order asked, faults among them, and every buffer goes back', async () => {
      const path = await open()
      source.answer = (index) =>
        [{ state: 'source-changed', piece: 3 } as const, { state: 'source-away' } as const, 1000 + index][
          index % 3
        ] as number
      const order: number[] = []
      const asked = Array.from({ length: 30 }, (_, index) =>
        ask(path, index, 1000 + index).then((answer) => {
          // Faults may overtake, where they do not go the way of the bytes.
          if (answer.state === 'here') order.push(index)
          return answer
        }),
      )
      const list = path.list(media, 320, signal)
      const answers = await Promise.all(asked)
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      expect(source.asked).toEqual(source.asked.toSorted((a, b) => a - b))
      expect((await list).state).toBe('here')
      for (const [index, answer] of answers.entries()) {
        if (index % 3 === 0) expect(answer).toEqual({ state: 'source-changed', piece: 3 })
        else if (index % 3 === 1) expect(answer).toEqual({ state: 'source-away' })
        else expect(bytesOf(answer)).toEqual(Buffer.from(pieceOf(index, 1000 + index)))
      }
      await settle()
      expect(source.lent).toBe(0)
    })

    test('[D10] what a source has comes as it says, nothing and the longest too', async () => {
      const path = await open()
      expect(await path.have(media, signal)).toEqual({ state: 'here', have: Uint8Array.of(0xa0, 0x01) })
      for (const held of [new Uint8Array(0), pieceOf(3, HAVE_BYTES_MAX)]) {
        source.held = held
        expect(await path.have(media, signal)).toEqual({ state: 'here', have: held })
      }
      expect(source.callers.every(({ address }) => address === contractCaller.address)).toBe(true)
    })

    test('[D10] a claim is answered with pieces, with none, and with no more than were asked for', async () => {
      const path = await open()
      source.claimed = [7, 0, MAX_PIECES - 1]
      expect(await path.claim(media, 3, signal)).toEqual({ state: 'here', pieces: [7, 0, MAX_PIECES - 1] })
      source.claimed = []
      expect(await path.claim(media, CLAIM_PIECES_MAX, signal)).toEqual({ state: 'here', pieces: [] })
      source.claimed = Array.from({ length: CLAIM_PIECES_MAX }, (_, index) => index)
      expect(await path.claim(media, CLAIM_PIECES_MAX, signal)).toEqual({ state: 'here', pieces: source.claimed })
      expect(source.counts).toEqual([3, CLAIM_PIECES_MAX, CLAIM_PIECES_MAX])
    })

    test('[D10] both are answered among pieces, in the order asked, and refused as those are', async () => {
      const path = await open()
      const order: string[] = []
      const note = <T>(name: string, answer: Promise<T>) => answer.then((value) => (order.push(name), value))
      source.claimed = [1]
      source.answer = (index) => (index === 0 ? 3 * MiB : 1000)
      const asked = [
        note('piece', ask(path, 0, 3 * MiB)),
        note('have', path.have(media, signal)),
        note('claim', path.claim(media, 1, signal)),
        note('last', ask(path, 1)),
      ]
      for (const answer of await Promise.all(asked)) expect(answer.state).toBe('here')
      // A piece that goes another way than the rest may be overtaken.
      expect(order.indexOf('have')).toBeLessThan(order.indexOf('claim'))
      const other = { ...media, messageId: 'BAAAAAAAAAAAAAAAAAAAAA' }
      if (!silent) expect(await path.have(other, signal)).toEqual({ state: 'refused' })
      if (!silent) expect(await path.claim(other, 1, signal)).toEqual({ state: 'refused' })
      path.close()
      expect((await path.have(media, signal)).state).toBe('line-broken')
      expect((await path.claim(media, 1, signal)).state).toBe('line-broken')
    })

    test.skipIf(silent)(
      `[F10] a refused medium is refused, for list and pieces alike${silent ? ' (skipped: this path is silent instead)' : ''}`,
      async () => {
        const path = await open()
        const other = { ...media, messageId: 'BAAAAAAAAAAAAAAAAAAAAA' }
        expect(await path.list(other, 320, signal)).toEqual({ state: 'refused' })
        expect(await path.piece(other, { index: 0, length: 10 }, take, signal)).toEqual({ state: 'refused' })
        const otherRoot = { ...media, root: new Uint8Array(32) }
        expect(await path.piece(otherRoot, { index: 0, length: 10 }, take, signal)).toEqual({ state: 'refused' })
      },
    )

    test('[F10] a piece of another length never reaches a buffer', async () => {
      const path = await open()
      source.answer = () => 1001
      let taken = 0
      const answer = await path.piece(media, { index: 4, length: 1000 }, () => (taken++, new Uint8Array(9999)), signal)
      expect(answer.state === 'bad-piece' || answer.state === 'line-broken').toBe(true)
      expect(taken).toBe(0)
    })

    test('[F15] reads no further while a buffer is waited for, and goes on when it comes', async () => {
      const path = await open()
      source.answer = () => MiB
      const late = Promise.withResolvers<Uint8Array>()
      let answered = 0
      const asked = Array.from({ length: 40 }, (_, index) =>
        path.piece(media, { index, length: MiB }, index === 0 ? () => late.promise : take, signal).then((answer) => {
          answered++
          return answer
        }),
      )
      while (source.asked.length < 1) await settle()
      for (let i = 0; i < 5; i++) await settle()
      expect(answered).toBe(0)
      // What the system buffers between the two ends is bounded, and so is what the source reads ahead.
      expect(source.asked.length).toBeLessThan(30)
      late.resolve(new Uint8Array(MiB))
      const answers = await Promise.all(asked)
      for (const [index, answer] of answers.entries()) {
        expect(Buffer.compare(bytesOf(answer) as Buffer, pieceOf(index, MiB))).toBe(0)
      }
    })

    test('[F15] the shortest pieces, each with a buffer that comes late, arrive as they are', async () => {
      const path = await open()
      source.answer = () => 1
      const late = ({ length }: { length: number }) =>
        new Promise<Uint8Array>((resolve) => setImmediate(() => resolve(new Uint8Array(length))))
      const asked = Array.from({ length: 20 }, (_, index) => path.piece(media, { index, length: 1 }, late, signal))
      for (const [index, answer] of (await Promise.all(asked)).entries()) {
        expect(bytesOf(answer)).toEqual(Buffer.from(pieceOf(index, 1)))
      }
    })

    test('[F14] closing answers everything under way, touches no buffer afterwards, and is idempotent', async () => {
      const path = await open()
      const gate = Promise.withResolvers<number>()
      source.answer = (index) => (index < 1 ? 1000 : gate.promise)
      const buffers = [0, 1, 2].map(() => new Uint8Array(1000))
      const asked = buffers.map((buffer, index) => path.piece(media, { index, length: 1000 }, () => buffer, signal))
      expect((await asked[0])?.state).toBe('here')
      path.close()
      path.close()
      expect((await asked[1])?.state).toBe('line-broken')
      expect((await asked[2])?.state).toBe('line-broken')
      gate.resolve(1000)
      await path.closed
      await settle()
      expect(buffers[1]).toEqual(new Uint8Array(1000))
      expect((await ask(path, 5)).state).toBe('line-broken')
      expect((await path.list(media, 320, signal)).state).toBe('line-broken')
      while (source.lent > 0) await settle()
    })

    test('[F14] aborting a question under way ends the path; an aborted one is never asked', async () => {
      const path = await open()
      source.answer = () => new Promise(() => undefined)
      const stop = new AbortController()
      const asked = path.piece(media, { index: 0, length: 10 }, take, stop.signal)
      await settle()
      stop.abort()
      expect((await asked).state).toBe('line-broken')
      await path.closed
    })

    test('[F5] a line that breaks without a word answers everything line-broken', async () => {
      const path = await open()
      source.answer = () => new Promise(() => undefined)
      const asked = [ask(path, 0), ask(path, 1)]
      while (source.asked.length < 1) await settle()
      opened?.breakLine()
      for (const answer of await Promise.all(asked)) expect(answer.state).toBe('line-broken')
      await path.closed
    })

    test('[F3] after distrust every answer is from a carrier that authenticates the source', async () => {
      const path = await open()
      source.answer = () => 5000
      const before = Array.from({ length: 10 }, (_, index) => ask(path, index, 5000))
      await before[0]
      path.distrust()
      path.distrust()
      for (const [index, answer] of (await Promise.all(before)).entries()) {
        expect(bytesOf(answer)).toEqual(Buffer.from(pieceOf(index, 5000)))
      }
      const after = await Promise.all(Array.from({ length: 5 }, (_, index) => ask(path, index, 5000)))
      for (const answer of after) expect(answer).toMatchObject({ state: 'here', proven: true })
      while (source.lent > 0) await settle()
    })
  })
}
