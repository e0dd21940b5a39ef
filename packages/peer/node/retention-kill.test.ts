// What moves and deletes sent copies, in a process of its own on real disks, killed again and again at steps that a seed decides.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toBase64url } from '@doorpost/protocol/bytes'
import { testBytes } from '../send/memory-media-file.ts'
import { offerMedia } from '../send/offer.ts'
import { offerChanges } from '../send/offered.ts'
import { copyChanges } from '../send/retention.ts'
import type { SentCopy, WhenFetched } from '../send/retention-state.ts'
import type { SentRecord } from '../send/sent.ts'
import { openMediaFile } from './media-file.ts'
import { nodePieceCrypto as crypto } from './piece-crypto.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Kills; each comes at a step that the seed decides. */
const ROUNDS = 12
const seed = Number(process.env['DOORPOST_SEED'] ?? 1)
const program = fileURLToPath(new URL('retention-process.ts', import.meta.url))
let folder = ''
let elsewhere = ''
let child: ChildProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-retention-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  for (const one of [folder, elsewhere]) if (one !== '') await rm(one, { recursive: true, force: true })
})

describe('retention, killed', () => {
  test(`[RET2] killed ${ROUNDS} times at any step, no file is lost, doubled or touched before its time (seed ${seed})`, async () => {
    const films = join(folder, 'films')
    const archive = join(folder, 'archive')
    await mkdir(films)
    const database = join(folder, 'device.db')
    const kinds = ['archive', 'delete', 'take', 'unfetched', 'away'] as const
    // Another file system, where there is one: moving there is copying.
    const away = await mkdtemp('/dev/shm/doorpost-retention-').catch(() => mkdtemp(join(folder, 'away-')))
    elsewhere = away
    const names = Array.from({ length: 25 }, (_, number) => `${kinds[number % 5] as string}-${number}.mov`)
    {
      await using store = await openSqliteStore(database)
      for (const [number, name] of names.entries()) {
        const path = join(films, name)
        await writeFile(path, testBytes(70_000 + number, number + 1))
        await using file = await openMediaFile(path)
        const offer = await offerMedia({ file, crypto, signal: new AbortController().signal })
        const id = String(number).padStart(22, '0')
        const root = toBase64url(offer.root)
        const kind = kinds[number % 5]
        const folders = { archive, away, delete: undefined, take: undefined, unfetched: undefined }
        const into = kind && folders[kind]
        const asked: WhenFetched = into === undefined ? { do: 'delete' } : { do: 'archive', folder: into }
        const take = { folder: join(folder, 'home/sent', id), since: '2026-11-21T12:00:00.000Z' }
        const fetched = kind !== 'unfetched' && kind !== 'take'
        const record: SentRecord = {
          id,
          date: '2026-11-21T12:00:00.000Z',
          expires: new Date(Date.now() + 3600_000).toISOString(),
          media: [{ root, sizeBytes: offer.sizeBytes }],
          uploadedBytes: 0,
          recipients: [
            {
              address: 'bob@example.org' as SentRecord['recipients'][number]['address'],
              state: fetched ? 'fetched' : 'fetching',
              fetchedAt: null,
              receipted: fetched ? [root] : [],
            },
          ],
        }
        await store.write([
          { put: 'sent', key: id, value: record },
          ...offerChanges(id, { path }, offer),
          ...copyChanges(id, path, { ...offer, root }, kind === 'take' ? { take } : { asked }),
        ])
      }
    }
    let state = seed
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const run = async (killAt: number): Promise<string[]> => {
      const started = spawn(process.execPath, [program, database], { stdio: ['ignore', 'pipe', 'inherit'] })
      child = started
      const lines: string[] = []
      const ended = once(started, 'exit')
      for await (const line of createInterface({ input: started.stdout })) {
        lines.push(line)
        if (lines.length === killAt) started.kill('SIGKILL')
      }
      await ended
      return lines
    }
    const whole = async (path: string, number: number) => {
      const bytes = await readFile(path).catch(() => undefined)
      return bytes !== undefined && Buffer.compare(bytes, testBytes(70_000 + number, number + 1)) === 0
    }
    let cutShort = 0
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await run(2 + random(14))
      if (!lines.includes('done')) cutShort++
      for (const [number, name] of names.entries()) {
        const [kind] = name.split('-')
        const here = await whole(join(films, name), number)
        if (kind === 'unfetched') expect(here).toBe(true)
        if (kind === 'away') expect(here || (await whole(join(away, name), number))).toBe(true)
        if (kind === 'archive') expect(here || (await whole(join(archive, name), number))).toBe(true)
        if (kind === 'take') {
          const taken = join(folder, 'home/sent', String(number).padStart(22, '0'), name)
          expect(here || (await whole(taken, number))).toBe(true)
        }
      }
    }
    expect(cutShort).toBeGreaterThan(ROUNDS / 2)
    const last = await run(Number.POSITIVE_INFINITY)
    expect(last.at(-1)).toBe('done')
    expect(last.filter((line) => /^(fault|kept)/.test(line))).toEqual([])
    expect((await readdir(films)).toSorted()).toEqual(names.filter((name) => name.startsWith('unfetched')).toSorted())
    expect((await readdir(archive)).toSorted()).toEqual(names.filter((name) => name.startsWith('archive')).toSorted())
    expect((await readdir(away)).toSorted()).toEqual(names.filter((name) => name.startsWith('away')).toSorted())
    await using store = await openSqliteStore(database)
    const states = (await store.all<SentCopy>('retention')).map(({ value }) => value.now.state)
    expect(states).toEqual(names.map((_, number) => ['archived', 'deleted', 'held', 'held', 'archived'][number % 5]))
    const offers = await store.all<{ path: string }>('offers')
    for (const { value } of offers) expect(await openMediaFile(value.path).then((file) => file.close())).toBeUndefined()
    expect(offers.length).toBe(20)
  }, 120_000)
})
