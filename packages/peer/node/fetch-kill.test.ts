// A receiver in a process of its own, on a real disk, killed again and again at moments that a seed decides.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toBase64url } from '@doorpost/protocol/bytes'
import { pieceCount } from '@doorpost/protocol/piece-list'
import { systemClock } from '../clock.ts'
import type { Source } from '../paths/path.ts'
import { countBits, hasBit } from '../receive/bitmap.ts'
import { type PartMedia, readPartMap } from '../receive/part-map.ts'
import { memoryMediaFile, testBytes } from '../send/memory-media-file.ts'
import { offerMedia } from '../send/offer.ts'
import { createSource } from '../send/serve.ts'
import { bootIdFor } from './boot-id.ts'
import { listenDirect } from './direct-listener.ts'
import type { FetchOrder } from './fetch-process.ts'
import { partPath } from './part-file.ts'
import { nodePieceCrypto as crypto } from './piece-crypto.ts'

const MiB = 1024 * 1024
/** Kills in all; each comes after a number of pieces and a moment that the seed decides. */
const ROUNDS = 20
const seed = Number(process.env['DOORPOST_SEED'] ?? 1)
const fetchProcess = fileURLToPath(new URL('fetch-process.ts', import.meta.url))
let folder = ''
let child: ChildProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-kill-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** What the map on the disk has on record, as the next process will read it. */
async function recorded(media: PartMedia): Promise<Uint8Array> {
  const none = new Uint8Array(Math.ceil(pieceCount(media.sizeBytes) / 8))
  const path = partPath({ folder, name: 'film.mov', media })
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  if (!stats) return none
  const map = await readFile(`${path}.map`).catch(() => new Uint8Array(0))
  return readPartMap(map, media, await bootIdFor(`${stats.dev}:${stats.ino}`))?.bits ?? none
}

describe('kill -9 of the receiver', () => {
  test(`[F6] ${ROUNDS} times at any moment: the copy is equal and no piece on record was fetched twice (seed ${seed})`, async () => {
    let state = seed
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const file = memoryMediaFile(testBytes(60 * MiB + 7, seed))
    const plain = file.bytes
    const offer = await offerMedia({ file, crypto, signal: new AbortController().signal })
    const media = { root: offer.root, sizeBytes: offer.sizeBytes, key: offer.key }
    const served = createSource({
      find: () => Promise.resolve({ path: file.name, ...offer }),
      open: () => Promise.resolve(file),
      crypto,
      clock: systemClock,
    })
    let bits = new Uint8Array(0)
    let asked = 0
    let gateAt = Number.POSITIVE_INFINITY
    let onAsked = () => {}
    const twice: number[] = []
    const source: Source = {
      ...served,
      have: served.have,
      claim: served.claim,
      piece(caller, ref, index, signal) {
        if (hasBit(bits, index)) twice.push(index)
        asked++
        onAsked()
        // No more than so many a round, so that there is something left to kill in every round.
        if (asked > gateAt) return new Promise(() => undefined)
        return served.piece(caller, ref, index, signal)
      },
    }
    await using listener = await listenDirect({
      host: '127.0.0.1',
      port: 0,
      address: 'ann@example.org/tower',
      sign: () => new Uint8Array(64),
      verify: () => true,
      permit: () => Promise.resolve(true),
      source,
    })
    const start = async (lane: boolean): Promise<ChildProcess> => {
      bits = (await recorded(media)) as Uint8Array<ArrayBuffer>
      asked = 0
      const ids = { messageId: 'AAAAAAAAAAAAAAAAAAAAAA', root: toBase64url(media.root), key: toBase64url(media.key) }
      const order: FetchOrder = { port: listener.port, folder, lane, media: { ...ids, sizeBytes: media.sizeBytes } }
      child = spawn(process.execPath, [fetchProcess, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
      return child
    }
    for (let round = 0; round < ROUNDS; round++) {
      const victim = await start(round % 2 === 0)
      const pieces = 1 + random(3)
      gateAt = pieces
      const turns = random(40)
      await new Promise<void>((resolve) => {
        onAsked = () => asked === pieces && resolve()
      })
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      const gone = once(victim, 'exit')
      victim.kill('SIGKILL')
      await gone
    }
    const before = countBits(await recorded(media), pieceCount(media.sizeBytes))
    gateAt = Number.POSITIVE_INFINITY
    const last = await start(true)
    let said = ''
    last.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(last, 'exit')
    const outcome = JSON.parse(said) as { state: string; path: string; bytesResumed: number }
    expect(outcome).toMatchObject({ state: 'stored', path: join(folder, 'film.mov') })
    expect(Buffer.compare(await readFile(outcome.path), plain)).toBe(0)
    expect(twice).toEqual([])
    // The kills came in the middle: there was something to go on from, and something left to do.
    expect(before).toBeGreaterThan(0)
    expect(outcome.bytesResumed).toBeGreaterThanOrEqual(before * MiB - MiB)
    expect(await readdir(folder)).toEqual(['film.mov'])
    await served.close()
  }, 120_000)
})
