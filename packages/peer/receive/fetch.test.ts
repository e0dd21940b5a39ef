// One fetch from one sender, by a path within this process into a partial file on the disk. Several sources are fetch-swarm.test.ts's.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { openPart } from '../node/part-file.ts'
import { nodePieceCrypto as crypto } from '../node/piece-crypto.ts'
import { openMemoryPath } from '../paths/memory-path.ts'
import type { Caller, Path, PieceAnswer, Source } from '../paths/path.ts'
import { memoryMediaFile, testBytes } from '../send/memory-media-file.ts'
import { offerMedia } from '../send/offer.ts'
import { createSource } from '../send/serve.ts'
import { type FetchOptions, fetchMedia } from './fetch.ts'
import { type FetchSource, fixedSources } from './fetch-source.ts'
import { STALL_MS } from './fetch-over.ts'
import { NoSpace, type Part } from './partial.ts'

const MiB = 1024 * 1024
const bob: Caller = { address: 'bob@example.org/laptop', deviceKey: new Uint8Array(32), via: 'memory' }
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-fetch-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A sender with a file of its own, and everything a fetch of it needs. */
async function sender(sizeBytes = 4 * MiB + 321, seed = 1) {
  const file = memoryMediaFile(testBytes(sizeBytes, seed))
  const plain = file.bytes.slice()
  const offer = await offerMedia({ file, crypto, signal: new AbortController().signal })
  const clock = fakeClock()
  const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: offer.root, sizeBytes, key: offer.key }
  const source = createSource({
    find: () => Promise.resolve({ path: file.name, ...offer }),
    open: () => Promise.resolve(file),
    crypto,
    clock,
  })
  const asked: number[] = []
  const counted: Source = {
    ...source,
    piece: (caller, ref, index, signal) => {
      asked.push(index)
      return source.piece(caller, ref, index, signal)
    },
  }
  return { file, plain, offer, media, clock, asked, counted }
}
type Sender = Awaited<ReturnType<typeof sender>>

/** A source that is opened so; `open` is given the signal. */
const opening = (name: string, open: (signal: AbortSignal) => Promise<Path>): FetchSource => ({
  name,
  kinds: ['memory'],
  role: 'sender',
  open: (_kind, signal) => open(signal),
})
const fromSource = (name: string, source: Source): FetchSource =>
  opening(name, () => Promise.resolve(openMemoryPath(source, bob)))
async function partOf({ media }: Pick<Sender, 'media'>): Promise<Part> {
  const opened = await openPart({ folder, name: 'film.mov', media })
  if (opened.state !== 'open') throw new Error(opened.state)
  return opened.part
}
async function run(from: Sender, sources: FetchSource[], options: Partial<FetchOptions> = {}) {
  const part = options.part ?? (await partOf(from))
  const { media, clock } = from
  return fetchMedia({
    media,
    sources: fixedSources(sources),
    part,
    crypto,
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
    ...options,
  })
}
/** Changes what pieces a source gives before they arrive. */
const tampering = (source: Source, change: (index: number, bytes: Uint8Array) => void): Source => ({
  ...source,
  async piece(caller, ref, index, signal) {
    const lease = await source.piece(caller, ref, index, signal)
    if (lease.state === 'here') change(index, lease.bytes)
    return lease
  },
})
const flip = (bytes: Uint8Array, bit: number) => {
  const at = (bit >> 3) % bytes.length
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
}
/** Every non-zero byte in the folder must be of a piece that was verified: compares what is on the disk with the media. */
async function diskHolds(plain: Uint8Array): Promise<number> {
  let held = 0
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.part') || one === 'film.mov')) {
    const bytes = await readFile(join(folder, name))
    for (let at = 0; at < bytes.length; at += MiB) {
      const piece = bytes.subarray(at, at + MiB)
      if (piece.every((byte) => byte === 0)) continue
      expect(Buffer.compare(piece, plain.subarray(at, at + MiB))).toBe(0)
      held++
    }
  }
  return held
}

describe('a fetch', () => {
  test.each([0, 1, MiB, 4 * MiB + 321])(
    '[F1] of %i bytes ends verified, synced and in place, and says so',
    async (size) => {
      const from = await sender(size)
      const progress: number[] = []
      const outcome = await run(from, [fromSource('ann', from.counted)], {
        onProgress: ({ verifiedBytes, source, path }) => {
          expect([source, path]).toEqual(['ann', 'memory'])
          progress.push(verifiedBytes)
        },
      })
      expect(outcome).toMatchObject({
        state: 'stored',
        path: join(folder, 'film.mov'),
        bytesFetched: size,
        bytesResumed: 0,
      })
      if (outcome.state !== 'stored') return
      expect(Buffer.compare(await readFile(outcome.path), from.plain)).toBe(0)
      expect(Buffer.compare(outcome.list, from.offer.list)).toBe(0)
      expect(outcome.paths).toEqual(size === 0 ? [] : ['memory'])
      expect(progress.at(-1) ?? 0).toBe(size)
      expect(await readdir(folder)).toEqual(['film.mov'])
    },
  )

  test('[F2] one flipped bit in any piece: nothing of it is written, the source is left for good, the outcome names both', async () => {
    const from = await sender()
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(), async (bad, bit) => {
        const lying = tampering(from.counted, (index, bytes) => index === bad && flip(bytes, bit))
        const outcome = await run(from, [fromSource('mallory', lying)])
        const fault = { state: 'bad-piece', piece: bad }
        expect(outcome).toEqual({ state: 'no-source', faults: [{ source: 'mallory', fault, forGood: true }] })
        expect(await diskHolds(from.plain)).toBe(bad)
        await rm(folder, { recursive: true })
        folder = await mkdtemp(join(tmpdir(), 'doorpost-fetch-'))
      }),
      { numRuns: 15 },
    )
  })

  test('[F2] after a bad piece the next source goes on; nothing verified is asked again', async () => {
    const from = await sender()
    const lying = tampering(from.counted, (index, bytes) => index === 2 && flip(bytes, 77))
    const again: number[] = []
    const honest: Source = {
      ...from.counted,
      piece: (caller, ref, index, signal) => {
        again.push(index)
        return from.counted.piece(caller, ref, index, signal)
      },
    }
    const outcome = await run(from, [fromSource('mallory', lying), fromSource('ann', honest)])
    expect(outcome).toMatchObject({ state: 'stored', bytesFetched: from.media.sizeBytes })
    expect(again).toEqual([2, 3, 4])
    expect(Buffer.compare(await readFile(join(folder, 'film.mov')), from.plain)).toBe(0)
  })

  test('[F1] a list with one changed bit, or another length, is refused before anything is written', async () => {
    const from = await sender()
    for (const change of [(list: Uint8Array) => flip(list, 1234), (list: Uint8Array) => list.subarray(32)]) {
      const lying: Source = {
        ...from.counted,
        async list(caller, ref, signal) {
          const answer = await from.counted.list(caller, ref, signal)
          if (answer.state !== 'here') return answer
          const list = answer.list.slice()
          return { state: 'here', list: change(list) ?? list }
        },
      }
      const outcome = await run(from, [fromSource('mallory', lying)])
      expect(outcome).toMatchObject({ state: 'no-source', faults: [{ fault: { state: 'bad-list' }, forGood: true }] })
      expect(await diskHolds(from.plain)).toBe(0)
    }
  })

  test('[F2] a file edited after it was offered is told as such; nothing of the changed piece arrives', async () => {
    const from = await sender()
    flip(from.file.bytes, (3 * MiB + 5) * 8)
    const outcome = await run(from, [fromSource('ann', from.counted)])
    const fault = { state: 'source-changed', piece: 3 }
    expect(outcome).toEqual({ state: 'no-source', faults: [{ source: 'ann', fault, forGood: true }] })
    expect(await diskHolds(from.plain)).toBe(3)
  })

  test('[F3] a bad piece from a carrier that proves nothing is asked again over one that does, and nobody is blamed', async () => {
    const from = await sender()
    let distrusted = 0
    const open = (): Promise<Path> => {
      const path = openMemoryPath(from.counted, bob)
      const piece: Path['piece'] = async (ref, wanted, take, signal): Promise<PieceAnswer> => {
        const answer = await path.piece(ref, wanted, take, signal)
        if (answer.state !== 'here' || distrusted > 0) return answer
        if (wanted.index === 1) flip(answer.bytes, 5)
        return { ...answer, proven: false }
      }
      return Promise.resolve({
        ...path,
        piece,
        distrust: () => distrusted++,
        get bytesArrived() {
          return path.bytesArrived
        },
      })
    }
    const outcome = await run(from, [opening('ann', open)])
    expect(outcome.state).toBe('stored')
    expect(distrusted).toBe(1)
    expect(Buffer.compare(await readFile(join(folder, 'film.mov')), from.plain)).toBe(0)
  })
})

describe('going on', () => {
  /** Lets the fake clock run while a fetch is under way. */
  const passing = async <T>(clock: Sender['clock'], running: Promise<T>, stepMs = 1000): Promise<T> => {
    let over = false
    void running.finally(() => (over = true)).catch(() => undefined)
    while (!over) await clock.pass(stepMs)
    return running
  }

  test('[F4] a path that falls silent is left and opened again, and what was verified stays', async () => {
    const from = await sender()
    const silent: Source = {
      ...from.counted,
      piece: (caller, ref, index, signal) =>
        index < 2 ? from.counted.piece(caller, ref, index, signal) : new Promise(() => undefined),
    }
    const opened = [silent, from.counted]
    const atMs: number[] = []
    const again = opening('ann', () => Promise.resolve(openMemoryPath(opened.shift() ?? silent, bob)))
    const running = run(from, [again], { onProgress: () => atMs.push(from.clock.nowMs()) })
    expect((await passing(from.clock, running)).state).toBe('stored')
    expect(atMs).toHaveLength(5)
    const silenceMs = (atMs[2] as number) - (atMs[1] as number)
    expect(silenceMs).toBeGreaterThanOrEqual(STALL_MS)
    expect(silenceMs).toBeLessThan(2 * STALL_MS)
    expect(from.asked.filter((index) => index < 2)).toEqual([0, 1])
  })

  test('[F5] lines that break at any moment: the copy is equal and no piece on record is asked for again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(6), { maxLength: 8 }), fc.nat(1000), async (breaks, seed) => {
        const from = await sender(5 * MiB + 9, seed + 1)
        const part = await partOf(from)
        const asked: number[] = []
        const open = (): Promise<Path> => {
          let left = breaks.shift() ?? Number.POSITIVE_INFINITY
          const path = openMemoryPath(
            {
              ...from.counted,
              piece(caller, ref, index, signal) {
                expect(part.has(index)).toBe(false)
                asked.push(index)
                if (left-- <= 0) path.close()
                return from.counted.piece(caller, ref, index, signal)
              },
            },
            bob,
          )
          return Promise.resolve(path)
        }
        const outcome = await passing(from.clock, run(from, [opening('ann', open)], { part }), 500)
        expect(outcome).toMatchObject({ state: 'stored', bytesFetched: 5 * MiB + 9 })
        expect(Buffer.compare(await readFile(join(folder, 'film.mov')), from.plain)).toBe(0)
        await rm(join(folder, 'film.mov'))
      }),
      { numRuns: 15 },
    )
  })

  test('[F13] away, broken and unreachable sources are tried again with growing waits; refusing and changed ones are not', async () => {
    const from = await sender()
    const opened: number[] = []
    let away = true
    const coming: Source = {
      ...from.counted,
      list: (caller, ref, signal) =>
        away ? Promise.resolve({ state: 'source-away' }) : from.counted.list(caller, ref, signal),
    }
    const refusing: FetchSource = fromSource('eve', {
      ...from.counted,
      list: () => Promise.resolve({ state: 'refused' }),
    })
    const source = opening('ann', () => {
      opened.push(from.clock.nowMs())
      away = opened.length < 6
      return opened.length === 2 ? Promise.reject(new Error('no route')) : Promise.resolve(openMemoryPath(coming, bob))
    })
    let refusals = 0
    const counted = opening('eve', (signal) => (refusals++, refusing.open('memory', signal)))
    const outcome = await passing(from.clock, run(from, [source, counted]), 50)
    expect(outcome.state).toBe('stored')
    expect(refusals).toBe(1)
    const waits = opened.slice(1).map((at, i) => at - (opened[i] as number))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBeGreaterThanOrEqual(2000)
  })

  test('[F13] without a new piece for as long as its patience it ends, says why, and keeps what it has', async () => {
    const from = await sender()
    const open = () => Promise.reject(new Error('no route'))
    const outcome = await passing(from.clock, run(from, [opening('ann', open)], { patienceMs: 5000 }), 100)
    const fault = { state: 'cannot-open', cause: 'no route' }
    expect(outcome).toEqual({ state: 'no-source', faults: [{ source: 'ann', fault, forGood: false }] })
    const never = () => new Promise<Path>(() => undefined)
    const stuck = opening('bo', (signal) =>
      Promise.race([
        never(),
        new Promise<Path>((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      ]),
    )
    expect(await passing(from.clock, run(from, [stuck], { patienceMs: 5000 }), 1000)).toMatchObject({
      state: 'no-source',
    })
  })

  test('[F14] stopping keeps all that was verified; the next fetch asks for the rest, and for the list no more', async () => {
    const from = await sender()
    const stop = new AbortController()
    const outcome = await run(from, [fromSource('ann', from.counted)], {
      signal: stop.signal,
      onProgress: ({ verifiedBytes }) => verifiedBytes >= 2 * MiB && stop.abort(),
    })
    expect(outcome).toEqual({ state: 'stopped' })
    const kept = await diskHolds(from.plain)
    expect(kept).toBeGreaterThanOrEqual(2)
    from.asked.length = 0
    let lists = 0
    const counting: Source = { ...from.counted, list: (...args) => (lists++, from.counted.list(...args)) }
    const again = await run(from, [fromSource('ann', counting)])
    expect(again).toMatchObject({
      state: 'stored',
      bytesResumed: kept * MiB,
      bytesFetched: from.media.sizeBytes - kept * MiB,
    })
    expect(from.asked.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4].slice(kept))
    expect(lists).toBe(0)
  })

  test('[F16] a full disk ends the fetch, says how much is missing, and keeps what was verified', async () => {
    const from = await sender()
    const part = await partOf(from)
    const full: Part = {
      ...part,
      get verifiedBytes() {
        return part.verifiedBytes
      },
      write(index, plain) {
        if (index === 3) throw new NoSpace(1234)
        return part.write(index, plain)
      },
    }
    expect(await run(from, [fromSource('ann', from.counted)], { part: full })).toEqual({
      state: 'no-space',
      missingBytes: 1234,
    })
    expect(await diskHolds(from.plain)).toBe(3)
    const broken: Part = {
      ...(await partOf(from)),
      write: () => Promise.reject(new Error('input/output error')),
    }
    expect(await run(from, [fromSource('ann', from.counted)], { part: broken })).toEqual({
      state: 'disk',
      cause: 'input/output error',
    })
  })

  test('[F12] a crash between the file being in place and that being written down finds the same file again', async () => {
    const from = await sender()
    const crash = run(from, [fromSource('ann', from.counted)], {
      onStored: () => Promise.reject(new Error('the store is gone')),
    })
    await expect(crash).rejects.toThrow('the store is gone')
    from.asked.length = 0
    const recorded: string[] = []
    const outcome = await run(from, [], {
      onStored: ({ path }) => {
        recorded.push(path)
        return Promise.resolve()
      },
    })
    expect(outcome).toMatchObject({ state: 'stored', path: join(folder, 'film.mov'), bytesFetched: 0 })
    expect(recorded).toEqual([join(folder, 'film.mov')])
    expect(await readdir(folder)).toEqual(['film.mov'])
    await settle()
  })
})
