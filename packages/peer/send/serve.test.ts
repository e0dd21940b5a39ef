import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pieceCount, pieceHash, pieceRange } from '@doorpost/protocol/piece-list'
import { fakeClock, settle } from '../fake-clock.ts'
import { nodePieceCrypto as crypto } from '../node/piece-crypto.ts'
import type { Caller } from '../paths/path.ts'
import { SourceChanged } from './media-file.ts'
import { memoryMediaFile, testBytes } from './memory-media-file.ts'
import { offerMedia } from './offer.ts'
import { createPieceBuffers } from './piece-buffers.ts'
import { createSource, FIND_AGAIN_MS, OPEN_MEDIA_MAX, servePiece, type ServedMedia } from './serve.ts'

const MiB = 1024 * 1024
const { signal } = new AbortController()
const bob: Caller = { address: 'bob@example.org/laptop', deviceKey: new Uint8Array(32).fill(2), via: 'memory' }

async function offered(sizeBytes = 2 * MiB + 99) {
  const file = memoryMediaFile(testBytes(sizeBytes))
  const offer = await offerMedia({ file, crypto, signal })
  const served: ServedMedia = { path: file.name, ...offer }
  const media = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: offer.root }
  return { file, offer, served, media }
}

describe('a piece', () => {
  test('[W6] is lent encrypted and equal to its hash; every piece of a file', async () => {
    const { file, offer } = await offered()
    const buffers = createPieceBuffers()
    for (let index = 0; index < pieceCount(offer.sizeBytes); index++) {
      const lease = await servePiece({ ...offer, file }, index, { crypto, buffers })
      const { offset, length } = pieceRange(offer.sizeBytes, index)
      expect(Buffer.compare(await crypto.hash(lease.bytes), pieceHash(offer.list, index))).toBe(0)
      await crypto.cipher(offer.key, offset, lease.bytes)
      expect(Buffer.compare(lease.bytes, file.bytes.subarray(offset, offset + length))).toBe(0)
      lease.release()
      lease.release()
    }
    expect(buffers.taken).toBe(0)
  })

  test('[W6] is never lent when one bit of the file differs, wherever it is; the error names file and piece', async () => {
    const { file, offer } = await offered()
    const original = file.bytes
    const buffers = createPieceBuffers()
    await fc.assert(
      fc.asyncProperty(fc.nat(offer.sizeBytes * 8 - 1), async (bit) => {
        file.bytes = original.slice()
        file.bytes[bit >> 3] = (file.bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        const index = Math.floor((bit >> 3) / MiB)
        const failure = await servePiece({ ...offer, file }, index, { crypto, buffers }).catch(
          (error: unknown) => error,
        )
        expect(failure).toBeInstanceOf(SourceChanged)
        expect(failure).toMatchObject({ file: 'film.mov', piece: index })
      }),
      { numRuns: 25 },
    )
    expect(buffers.taken).toBe(0)
  })

  test('[W6] a file that became shorter or longer since is noticed where it differs, and nowhere else', async () => {
    const { file, offer } = await offered()
    const buffers = createPieceBuffers()
    file.bytes = Buffer.concat([file.bytes, Buffer.from('more')])
    ;(await servePiece({ ...offer, file }, 2, { crypto, buffers })).release()
    file.bytes = file.bytes.subarray(0, MiB + 1)
    ;(await servePiece({ ...offer, file }, 0, { crypto, buffers })).release()
    await expect(servePiece({ ...offer, file }, 1, { crypto, buffers })).rejects.toMatchObject({ piece: 1 })
    await expect(servePiece({ ...offer, file }, 3, { crypto, buffers })).rejects.toThrow(RangeError)
  })
})

describe('a source', () => {
  test('[F17] says what it has, and promises each piece to one caller before any to two; what is asked for unclaimed counts as given', async () => {
    const { file, served, media } = await offered(9 * MiB)
    const find = () => Promise.resolve(served)
    const source = createSource({ find, open: () => Promise.resolve(file), crypto, clock: fakeClock() })
    const carol: Caller = { ...bob, address: 'carol@example.org/laptop' }
    expect(await source.have(bob, media, signal)).toEqual({ state: 'here', have: Uint8Array.of(0xff, 0x80) })
    expect(await source.claim(bob, media, 3, signal)).toEqual({ state: 'here', pieces: [0, 1, 2] })
    const lease = await source.piece(carol, media, 4, signal)
    if (lease.state === 'here') lease.release()
    expect(await source.claim(carol, media, 3, signal)).toEqual({ state: 'here', pieces: [3, 5, 6] })
    expect(await source.claim(bob, media, 9, signal)).toEqual({ state: 'here', pieces: [7, 8] })
    await source.close()
  })

  test('[F18] a copy that is not whole gives the pieces it has, says which, and of the others nothing', async () => {
    const { file, served, media } = await offered(9 * MiB)
    const here = new Set([1, 8])
    const find = () => Promise.resolve({ ...served, has: (index: number) => here.has(index) })
    const source = createSource({ find, open: () => Promise.resolve(file), crypto, clock: fakeClock() })
    expect(await source.have(bob, media, signal)).toEqual({ state: 'here', have: Uint8Array.of(0x40, 0x80) })
    expect(await source.piece(bob, media, 0, signal)).toEqual({ state: 'source-away' })
    here.add(0)
    const lease = await source.piece(bob, media, 0, signal)
    expect(lease.state).toBe('here')
    if (lease.state === 'here') lease.release()
    await source.close()
  })

  test('[W7] unknown, not permitted and not offered under this root are one answer', async () => {
    const { file, served, media } = await offered()
    const source = createSource({
      find: (caller, { messageId }) =>
        Promise.resolve(caller === bob && messageId === media.messageId ? served : undefined),
      open: () => Promise.resolve(file),
      crypto,
      clock: fakeClock(),
    })
    const refused = { state: 'refused' }
    const otherRoot = { ...media, root: media.root.map((byte) => byte ^ 1) }
    const eve = { ...bob, address: 'eve@example.org/laptop' }
    expect(await source.list(eve, media, signal)).toEqual(refused)
    expect(await source.piece(eve, media, 0, signal)).toEqual(refused)
    expect(await source.list(bob, { ...media, messageId: 'BAAAAAAAAAAAAAAAAAAAAA' }, signal)).toEqual(refused)
    expect(await source.list(bob, otherRoot, signal)).toEqual(refused)
    expect(await source.piece(bob, media, 3, signal)).toEqual(refused)
    expect(await source.list(bob, media, signal)).toMatchObject({ state: 'here' })
    expect(file.reads).toBe(3)
    await source.close()
  })

  test('[W6] a changed file and an absent one are different answers, and the owner is told', async () => {
    const { file, served, media } = await offered()
    const troubles: string[] = []
    const source = createSource({
      find: () => Promise.resolve(served),
      open: () => Promise.resolve(file),
      crypto,
      clock: fakeClock(),
      onTrouble: (_caller, _media, trouble) => troubles.push(trouble.name),
    })
    file.bytes = file.bytes.slice()
    file.bytes[MiB] = (file.bytes[MiB] as number) ^ 1
    expect(await source.piece(bob, media, 1, signal)).toEqual({ state: 'source-changed', piece: 1 })
    file.away = true
    expect(await source.piece(bob, media, 0, signal)).toEqual({ state: 'source-away' })
    file.away = false
    const lease = await source.piece(bob, media, 0, signal)
    expect(lease.state).toBe('here')
    expect(troubles).toEqual(['SourceChanged', 'SourceAway'])
    if ('release' in lease) lease.release()
    await source.close()
  })

  test('[W7] a permission that was taken back is gone within seconds, also in the middle of a fetch', async () => {
    const { file, served, media } = await offered()
    const clock = fakeClock()
    let permitted = true
    const source = createSource({
      find: () => Promise.resolve(permitted ? served : undefined),
      open: () => Promise.resolve(file),
      crypto,
      clock,
    })
    expect((await source.list(bob, media, signal)).state).toBe('here')
    permitted = false
    expect((await source.list(bob, media, signal)).state).toBe('here')
    await clock.pass(FIND_AGAIN_MS)
    expect(await source.list(bob, media, signal)).toEqual({ state: 'refused' })
    expect(file.closed).toBe(true)
    await source.close()
  })

  test('[W8] files held open are bounded; one in use is closed when its piece has been read', async () => {
    const { served, media } = await offered(10)
    const files: { closed: boolean }[] = []
    const source = createSource({
      find: () => Promise.resolve(served),
      open: () => {
        const file = memoryMediaFile(testBytes(10))
        files.push(file)
        return Promise.resolve(file)
      },
      crypto,
      clock: fakeClock(),
    })
    for (let i = 0; i < OPEN_MEDIA_MAX + 5; i++) {
      await source.list({ ...bob, address: `bob@example.org/box${i}` }, media, signal)
    }
    await settle()
    expect(files.filter(({ closed }) => !closed)).toHaveLength(OPEN_MEDIA_MAX)
    await source.close()
    await settle()
    expect(files.filter(({ closed }) => !closed)).toHaveLength(0)
  })
})

describe('buffers', () => {
  test('[W8] a pool lends no more than its bound; who waits is served in turn', async () => {
    const buffers = createPieceBuffers(3 * MiB)
    const lent = [buffers.take(MiB), buffers.take(5), buffers.take(MiB)]
    for (const one of lent) expect(one).toBeInstanceOf(Uint8Array)
    const order: string[] = []
    const big = Promise.resolve(buffers.take(2 * MiB)).then((buffer) => {
      order.push('big')
      return buffer
    })
    const small = Promise.resolve(buffers.take(MiB)).then((buffer) => {
      order.push('small')
      return buffer
    })
    await settle()
    expect(order).toEqual([])
    buffers.give(lent[0] as Uint8Array)
    await settle()
    expect(order).toEqual([])
    buffers.give((lent[1] as Uint8Array).subarray(0, 5))
    expect((await big).length).toBe(2 * MiB)
    buffers.give(lent[2] as Uint8Array)
    expect((await small).length).toBe(MiB)
    expect(order).toEqual(['big', 'small'])
  })

  test('[W8] a single piece longer than the bound is lent all the same, alone', async () => {
    const buffers = createPieceBuffers(MiB)
    const big = await buffers.take(64 * MiB)
    let other: Uint8Array | undefined
    void Promise.resolve(buffers.take(1)).then((buffer) => (other = buffer))
    await settle()
    expect(other).toBeUndefined()
    buffers.give(big)
    await settle()
    expect(other).toHaveLength(MiB)
  })
})
