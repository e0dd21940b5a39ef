import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import { testBytes } from '../send/memory-media-file.ts'
import type { Part } from '../receive/partial.ts'
import { openPart, partPath } from './part-file.ts'
import { lockPart } from './part-lock.ts'

const MiB = 1024 * 1024
const media = { root: new Uint8Array(32).fill(7), sizeBytes: 3 * MiB + 17, key: new Uint8Array(32).fill(3) }
const plain = testBytes(media.sizeBytes)
let folder = ''
const opened: Part[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-part-'))
})
afterEach(async () => {
  for (const part of opened.splice(0)) await part.close()
  await rm(folder, { recursive: true, force: true })
})
const place = (over: Partial<typeof media> = {}, name = 'film.mov') => ({ folder, name, media: { ...media, ...over } })
async function open(where = place()): Promise<Part> {
  const answer = await openPart(where)
  if (answer.state !== 'open') throw new Error(JSON.stringify(answer))
  opened.push(answer.part)
  return answer.part
}
const pieceOf = (index: number) => {
  const { offset, length } = pieceRange(media.sizeBytes, index)
  return plain.subarray(offset, offset + length)
}
async function fill(part: Part): Promise<void> {
  for (let index = 0; index < pieceCount(media.sizeBytes); index++)
    if (!part.has(index)) await part.write(index, pieceOf(index))
}

describe('a partial file', () => {
  test('[F6] remembers its pieces from one holder to the next, private to its owner', async () => {
    const part = await open()
    await part.write(2, pieceOf(2))
    await part.write(0, pieceOf(0))
    await part.close()
    expect((await stat(partPath(place()))).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).every((name) => name.startsWith('.film.mov.'))).toBe(true)
    const again = await open()
    expect([0, 1, 2, 3].map((index) => again.has(index))).toEqual([true, false, true, false])
    expect(again.verifiedBytes).toBe(2 * MiB)
    expect(() => again.write(0, pieceOf(0))).toThrow('already')
    expect(() => again.write(1, pieceOf(3))).toThrow(RangeError)
    await fill(again)
    const path = await again.finish()
    expect(Buffer.compare(await readFile(path), plain)).toBe(0)
  })

  test('[F9] has one holder at a time; two of one name and different media do not meet', async () => {
    const part = await open()
    expect(await openPart(place())).toEqual({ state: 'busy' })
    const other = await open(place({ root: new Uint8Array(32).fill(9) }))
    expect(other.has(0)).toBe(false)
    await part.close()
    await open()
  })

  test('[F9] a lock is free again when it is released, also by a holder that cleared it away', async () => {
    const path = join(folder, 'lock')
    const one = await lockPart(path)
    expect(one).toBeDefined()
    expect(await lockPart(path)).toBeUndefined()
    await one?.remove()
    expect(await readdir(folder)).toEqual([])
    const two = await lockPart(path)
    two?.release()
    two?.release()
    expect(await lockPart(path)).toBeDefined()
    await expect(lockPart(join(folder, 'nowhere', 'lock'))).rejects.toThrow('directory does not exist')
  })

  test('[F8] a map that is damaged, or speaks of more than there is, is not believed: it starts over', async () => {
    const write = async () => {
      const part = await open()
      await fill(part)
      await part.close()
    }
    await write()
    await truncate(partPath(place()), MiB)
    const cut = await open()
    expect(cut.verifiedBytes).toBe(0)
    await cut.close()
    await write()
    await writeFile(`${partPath(place())}.map`, 'nonsense')
    const damaged = await open()
    expect(damaged.verifiedBytes).toBe(0)
    await damaged.close()
    await write()
    await rm(partPath(place()))
    expect((await open()).verifiedBytes).toBe(0)
  })

  test('[F7] a map copied to another file does not make unsynced pieces count there', async () => {
    const part = await open()
    await part.write(1, pieceOf(1))
    // As it lies on the disk while the fetch runs: written, not yet synced.
    const map = await readFile(`${partPath(place())}.map`)
    const data = await readFile(partPath(place()))
    await part.close()
    folder = join(folder, 'copy')
    await mkdir(folder)
    await writeFile(partPath(place()), data)
    await writeFile(`${partPath(place())}.map`, map)
    expect((await open()).verifiedBytes).toBe(0)
  })

  test('[F16] too little room is said before the first byte: how much is missing', async () => {
    const huge = { ...media, sizeBytes: 4 * 1024 ** 4 }
    const answer = await openPart({ folder, name: 'film.mov', media: huge })
    expect(answer.state).toBe('no-space')
    if (answer.state === 'no-space') expect(answer.missingBytes).toBeGreaterThan(MiB)
    await open()
  })

  test("[F16] a folder that is not there is the disk's own error", async () => {
    expect(await openPart({ ...place(), folder: join(folder, 'missing') })).toMatchObject({ state: 'disk' })
  })

  test('[F11] takes its place without overwriting anything: the next free name', async () => {
    await writeFile(join(folder, 'film.mov'), 'mine')
    await writeFile(join(folder, 'film (2).mov'), 'mine too')
    const part = await open()
    await expect(part.finish()).rejects.toThrow('missing')
    await fill(part)
    const path = await part.finish()
    expect(path).toBe(join(folder, 'film (3).mov'))
    expect(await part.finish()).toBe(path)
    expect(await readFile(join(folder, 'film.mov'), 'utf8')).toBe('mine')
    await part.forget()
    expect((await readdir(folder)).toSorted()).toEqual(['film (2).mov', 'film (3).mov', 'film.mov'])
    expect((await stat(path)).mode & 0o111).toBe(0)
  })

  test('[F12] until it is told to forget, it finds its place again; afterwards it is a new part', async () => {
    const part = await open()
    await fill(part)
    const path = await part.finish()
    await part.close()
    const again = await open()
    expect(await again.finish()).toBe(path)
    await again.forget()
    expect(await readdir(folder)).toEqual(['film.mov'])
    const fresh = await open()
    expect(fresh.verifiedBytes).toBe(0)
    await expect(fresh.forget()).rejects.toThrow('not in place')
  })

  test('[F12] an empty medium is an empty file', async () => {
    const part = await open(place({ sizeBytes: 0 }, 'empty'))
    const path = await part.finish()
    await part.forget()
    expect((await stat(path)).size).toBe(0)
  })
})
