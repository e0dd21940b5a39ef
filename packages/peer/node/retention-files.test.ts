import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SourceAway, SourceChanged } from '../send/media-file.ts'
import { openMediaFile } from './media-file.ts'
import { nodeRetentionFiles as files } from './retention-files.ts'

const WORK = 'work'
let folder = ''
let film = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-touched-'))
  film = join(folder, 'film.mov')
  await writeFile(film, 'a film')
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})
async function stampOf(path: string) {
  await using file = await openMediaFile(path)
  const stamp = await file.stamp()
  return { ...stamp, changedAtNs: String(stamp.changedAtNs) }
}
const aside = () => join(folder, `.doorpost-${WORK}.gone`)
const archive = () => join(folder, 'archive')
const place = async (stamp: Awaited<ReturnType<typeof stampOf>>, check = async () => {}) =>
  await files.place({ from: film, stamp, folder: archive(), work: WORK, check })
const names = async (path: string) => (await readdir(path)).toSorted()

describe('moving and deleting sent copies', () => {
  test('[RET4] a file that took the name in the moment of removing gets it back, or the next free one', async () => {
    const stamp = await stampOf(film)
    for (const taken of [false, true]) {
      // As if it had been renamed into place between looking and moving aside.
      await rm(film, { force: true })
      await writeFile(aside(), 'another')
      if (taken) await writeFile(film, 'a third')
      expect(await files.remove(film, stamp, WORK)).toBe('changed')
      expect(await readFile(taken ? join(folder, 'film (2).mov') : film, 'utf8')).toBe('another')
      expect(await names(folder)).not.toContain('.doorpost-work.gone')
    }
    expect(await readFile(film, 'utf8')).toBe('a third')
  })

  test('[RET2] removing goes on where it was killed: before it began, set aside, and done', async () => {
    const stamp = await stampOf(film)
    await rename(film, aside())
    expect(await files.remove(film, stamp, WORK)).toBe('gone')
    expect(await names(folder)).toEqual([])
    expect(await files.remove(film, stamp, WORK)).toBe('gone')
  })

  test('[RET2] a drive that is away is not taken for a file that is gone', async () => {
    const stamp = await stampOf(film)
    await expect(files.remove(join(folder, 'drive/film.mov'), stamp, WORK)).rejects.toThrow(SourceAway)
    const other = { ...stamp, identity: stamp.identity.replace(/^\d+/, '1') }
    await rm(film)
    await expect(files.remove(film, other, WORK)).rejects.toThrow(SourceAway)
    await expect(place(stamp)).rejects.toThrow(SourceAway)
  })

  test('[RET2] placing goes on where it was killed, and ends with one file', async () => {
    const stamp = await stampOf(film)
    const hidden = join(archive(), `.doorpost-${WORK}.part`)
    await mkdir(archive())
    // A second name was given and no more.
    await link(film, hidden)
    const path = await place(stamp)
    expect(path).toBe(join(archive(), 'film.mov'))
    // The name was taken too, and the old one is gone already.
    await rm(film)
    expect(await place(stamp)).toBe(path)
    await files.placed(archive(), WORK)
    expect([await names(archive()), await readFile(path, 'utf8')]).toEqual([['film.mov'], 'a film'])
  })

  test('[RET3] half a copy of an earlier life is made again, and one that does not stand the check is not kept', async () => {
    const stamp = await stampOf(film)
    const hidden = join(archive(), `.doorpost-${WORK}.part`)
    await mkdir(archive())
    await writeFile(hidden, 'a fi')
    let checks = 0
    const path = await place(stamp, async () => {
      checks++
      throw new SourceChanged('half')
    })
    expect([checks, await readFile(path, 'utf8')]).toEqual([1, 'a film'])
    await rm(archive(), { recursive: true })
    await writeFile(film, 'another film')
    await expect(place(stamp)).rejects.toThrow(SourceChanged)
    expect(await names(archive())).toEqual([])
  })
})
