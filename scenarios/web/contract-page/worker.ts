// In the worker, where a device is: the store's contract on IndexedDB, pieces by WebCrypto against a second opinion, parts and files in
// the origin's own storage.

import '@doorpost/peer/browser/worker-disposal'
import { storeContract, contentOf, histories } from '@doorpost/peer/store/store.contract'
import { openMemoryStore } from '@doorpost/peer/store/memory-store'
import { deleteIndexedDbStore, openIndexedDbStore } from '@doorpost/peer/browser/indexeddb-store'
import { lockedStore } from '@doorpost/peer/browser/locked-store'
import { createOpfsFiles } from '@doorpost/peer/browser/opfs-files'
import { deleteOpfsTree, openOpfsTree, syncFile } from '@doorpost/peer/browser/opfs-tree'
import { type OriginStorage, originStorage } from '@doorpost/peer/browser/origin-storage'
import { systemClock } from '@doorpost/peer/clock'
import { createWebPieceCrypto } from '@doorpost/peer/browser/web-crypto'
import { keyCommitment, pieceLength, mediaRoot } from '@doorpost/protocol/piece-list'
import fc from 'fast-check'
import { describe, expect, runAll, test } from './expectations.ts'

const MIB = 1024 * 1024
/** Nobody is called: nothing is forced to the disk meanwhile. */
const stillClock = { after: () => () => {} }
let stores = 0
const openStore = () => openIndexedDbStore(`contract-${++stores}`)

describe('stores', () => {
  storeContract('IndexedDB', { open: openStore })
  storeContract('IndexedDB, its identity locked', {
    open: async () =>
      lockedStore(await openStore(), new Uint8Array(32).fill(7), (count) =>
        crypto.getRandomValues(new Uint8Array(count)),
      ),
  })
})

test('[BRO1] any history of writes leaves the same as in memory', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      await using store = await openStore()
      await using model = openMemoryStore()
      for (const changes of history) {
        await store.write(changes)
        await model.write(changes)
      }
      expect(await contentOf(store)).toEqual(await contentOf(model))
    }),
    { numRuns: 30 },
  )
})

test('[BRO2] what was written is there for whoever opens it later; forgetting leaves nothing', async () => {
  const store = await openIndexedDbStore('kept')
  await store.write([{ put: 'settings', key: 'a', value: 1 }])
  await store[Symbol.asyncDispose]()
  const again = await openIndexedDbStore('kept')
  expect(await again.get('settings', 'a')).toBe(1)
  await deleteIndexedDbStore('kept')
  await expect(again.get('settings', 'a')).rejects.toThrow('closed')
  await using fresh = await openIndexedDbStore('kept')
  expect(await fresh.all('settings')).toEqual([])
})

test('[BRO3] another secret does not open a locked identity, and nothing of it lies there in clear', async () => {
  const plain = await openStore()
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count))
  const locked = lockedStore(plain, new Uint8Array(32).fill(1), random)
  await locked.write([{ put: 'identity', key: 'device', value: { secret: 'canary' } }])
  expect(JSON.stringify(await plain.all('identity')).includes('canary')).toBe(false)
  expect(await locked.get('identity', 'device')).toEqual({ secret: 'canary' })
  const other = lockedStore(plain, new Uint8Array(32).fill(2), random)
  await expect(other.get('identity', 'device')).rejects.toThrow('does not open')
})

test('[BRO4] pieces are encrypted and hashed as everywhere else', async () => {
  const web = createWebPieceCrypto()
  const bytes = new Uint8Array(32)
  await web.cipher(new Uint8Array(32).fill(3), 2 ** 33 * 16, bytes)
  // As Node makes it (node/piece-crypto.ts); the property holds between the two in web-crypto.test.ts.
  expect(hexOf(bytes)).toBe('8b37e50f6e7ee27cb9b5823710758b23097f9755ac9eb490546887f29dce6412')
  expect(hexOf(await web.hash(bytes))).toBe('ce664e2b51c52edb78fb082a6d708ddf964cb507f560c2b9754ac8da69b623f0')
})

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const sizeBytes = 3 * MIB + 5
const key = new Uint8Array(32).fill(3)
const pieces = [0, 1, 2, 3].map((index) => new Uint8Array(index < 3 ? MIB : 5).fill(index + 1))
const hashes: number[] = []
for (const piece of pieces) hashes.push(...(await createWebPieceCrypto().hash(piece)))
const list = Uint8Array.from(hashes)
const media = {
  sizeBytes,
  key,
  root: mediaRoot({ sizeBytes, pieceLength: pieceLength(sizeBytes), keyCommitment: keyCommitment(key), list }),
}

/** A browser that has no file system of its own. */
const inDatabase = originStorage({})

test('[BRO5] a part goes on where it was, takes its name once, and is read while it is written', () => partGoesOn())

test('[WKT3] so does a part in a browser that has no file system of its own', async () => {
  await partGoesOn(inDatabase)
  expect(await (await openOpfsTree(inDatabase)).folder('/kept')).toBeUndefined()
})

async function partGoesOn(storage?: OriginStorage): Promise<void> {
  const tree = await openOpfsTree(storage)
  const files = createOpfsFiles({ tree, clock: systemClock })
  const place = { folder: await files.makeFolders('/kept', ['Films']), name: 'film.mkv', media }
  const first = await files.openPart(place)
  if (first.state !== 'open') throw new Error(first.state)
  expect((await files.openPart(place)).state).toBe('busy')
  await first.part.keepList(list)
  await first.part.write(2, pieces[2] as Uint8Array)
  const into = new Uint8Array(10)
  await using reading = await files.open(first.part.file)
  expect(await reading.read(2 * MIB, into)).toBe(10)
  expect(into).toEqual(new Uint8Array(10).fill(3))
  await first.part.close()

  const again = await files.openPart(place)
  if (again.state !== 'open') throw new Error(again.state)
  const { part } = again
  expect([0, 1, 2, 3].map((index) => part.has(index))).toEqual([false, false, true, false])
  expect(part.verifiedBytes).toBe(MIB)
  expect(part.list).toEqual(list)
  for (const index of [3, 0, 1]) await part.write(index, pieces[index] as Uint8Array)
  const path = await part.finish()
  await part.forget()
  expect(await files.sizeOf(path)).toBe(sizeBytes)
  expect(files.liesIn(path, '/kept/Films')).toBe(true)
  // Opened while it grew, read when it is whole.
  expect(await reading.read(3 * MIB, into)).toBe(5)
  await files.dropPart({ folder: '/kept', below: ['Films'], name: 'film.mkv', media })
  expect(await files.sizeOf(path)).toBe(sizeBytes)
  await deleteOpfsTree(storage)
  expect(await files.sizeOf(path)).toBeUndefined()
}

test('[BRO6] what was not forced to the disk is not believed after a crash', async () => {
  const tree = await openOpfsTree()
  const options = { clock: stillClock, tree }
  const place = { folder: '/kept', name: 'crash.mkv', media }
  const crashed = await createOpfsFiles(options).openPart(place)
  if (crashed.state !== 'open') throw new Error(crashed.state)
  await crashed.part.write(0, pieces[0] as Uint8Array)
  // As a worker that is killed leaves it: the map as it is, the handles gone. Nothing was flushed, for the clock stands.
  const folder = await tree.folder(crashed.part.file.slice(0, crashed.part.file.lastIndexOf('/')))
  const map = await (await folder?.getFileHandle('.map'))?.getFile()
  const left = new Uint8Array((await map?.slice().arrayBuffer()) ?? new ArrayBuffer(0))
  await crashed.part.close()
  await tree.remove('/kept')
  const fresh = await tree.folder(crashed.part.file.slice(0, crashed.part.file.lastIndexOf('/')), true)
  const made = await fresh?.getFileHandle('.map', { create: true })
  const written = made && (await syncFile(made))
  written?.write(left, { at: 0 })
  await written?.settled?.()
  written?.close()
  const opened = await createOpfsFiles(options).openPart(place)
  if (opened.state !== 'open') throw new Error(opened.state)
  expect(opened.part.has(0)).toBe(false)
  await opened.part.close()
  await deleteOpfsTree()
})

test('[BRO7] a media that does not fit says how much is missing before the first byte', async () => {
  const storage = { estimate: async () => ({ quota: 2 * MIB, usage: MIB }) }
  const files = createOpfsFiles({ tree: await openOpfsTree(), storage, clock: stillClock })
  const opened = await files.openPart({ folder: '/kept', name: 'large.mkv', media })
  expect(opened).toEqual({ state: 'no-space', missingBytes: sizeBytes - MIB })
  await deleteOpfsTree()
})

test('[BRO8] a file that the user gave is read where it lies, by the path that the page was told', async () => {
  const files = createOpfsFiles({ tree: await openOpfsTree(), clock: stillClock })
  const file = new File([new Uint8Array(100).fill(9), new Uint8Array(50).fill(8)], 'clip.mp4')
  files.given.set('given:1', { file, folder: ['Holiday'] })
  const signal = new AbortController().signal
  const [found] = await files.find(['given:1'], { filesMax: 5, signal, leftOut() {} })
  expect([found?.name, found?.folder, found?.sizeBytes]).toEqual(['clip.mp4', ['Holiday'], 150])
  await using open = await files.open('given:1')
  const into = new Uint8Array(20)
  expect(await open.read(90, into)).toBe(20)
  expect(into).toEqual(Uint8Array.from([...new Uint8Array(10).fill(9), ...new Uint8Array(10).fill(8)]))
  await expect(files.find(['given:2'], { filesMax: 5, signal, leftOut() {} })).rejects.toThrow('not chosen in this tab')
  await expect(files.open('given:2')).rejects.toThrow('cannot be read')
  // Loaded anew, the same file is chosen again: under its old path too, and no other file is.
  const looks = `150/${file.lastModified}/clip.mp4`
  const later = createOpfsFiles({ tree: await openOpfsTree(), clock: stillClock })
  later.given.set(`given:new/${looks}`, { file, folder: [] })
  expect(await later.sizeOf(`given:old/${looks}`)).toBe(150)
  expect(await later.sizeOf(`given:old/151/${file.lastModified}/clip.mp4`)).toBeUndefined()
})

postMessage(await runAll())
