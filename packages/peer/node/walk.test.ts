import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { walk } from './walk.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-walk-'))
  await mkdir(join(folder, 'trip', 'day 1'), { recursive: true })
  await writeFile(join(folder, 'trip', 'z.txt'), 'zz')
  await writeFile(join(folder, 'trip', 'day 1', 'a.txt'), 'a')
  await writeFile(join(folder, 'film.mp4'), 'film')
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const find = async (given: string[], filesMax = 100) => {
  const leftOut: [string, string][] = []
  const { signal } = new AbortController()
  const found = await walk(given, { filesMax, signal, leftOut: (name, reason) => leftOut.push([name, reason]) })
  return { found, leftOut }
}

describe('finding files', () => {
  test('[G3] files and folders in a stable order, with their folders from the one that was given', async () => {
    const { found, leftOut } = await find([join(folder, 'trip'), join(folder, 'film.mp4')])
    expect(found.map((one) => [...one.folder, one.name, one.sizeBytes].join('/'))).toEqual([
      'trip/day 1/a.txt/1',
      'trip/z.txt/2',
      'film.mp4/4',
    ])
    expect(found.map(({ given }) => given)).toEqual([
      join(folder, 'trip'),
      join(folder, 'trip'),
      join(folder, 'film.mp4'),
    ])
    expect(leftOut).toEqual([])
  })

  test('[G3] links and what is no file are left out of folders and told; given by themselves they are an error', async () => {
    await symlink(join(folder, 'film.mp4'), join(folder, 'trip', 'link.mp4'))
    await symlink(folder, join(folder, 'trip', 'loop'))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(folder, 'trip', 'socket'), resolve))
    const { found, leftOut } = await find([join(folder, 'trip')])
    expect(found.map(({ name }) => name)).toEqual(['a.txt', 'z.txt'])
    expect(leftOut).toEqual([
      [join(folder, 'trip', 'link.mp4'), 'Links are not followed.'],
      [join(folder, 'trip', 'loop'), 'Links are not followed.'],
      [join(folder, 'trip', 'socket'), 'It is no ordinary file.'],
    ])
    await expect(find([join(folder, 'trip', 'link.mp4')])).rejects.toMatchObject({ code: 'no-such-file' })
    await expect(find([join(folder, 'trip', 'socket')])).rejects.toMatchObject({ code: 'no-such-file' })
    await new Promise((resolve) => server.close(resolve))
  })

  test('[G3] what is not there, too many files and too deep folders are said before anything is read', async () => {
    await expect(find([join(folder, 'nothing')])).rejects.toMatchObject({
      code: 'no-such-file',
      message: `There is no ${join(folder, 'nothing')}.`,
    })
    await expect(find([join(folder, 'trip')], 1)).rejects.toMatchObject({ code: 'too-large' })
    const deep = join(folder, ...Array.from({ length: 40 }, () => 'd'))
    await mkdir(deep, { recursive: true })
    await expect(find([join(folder, 'd')])).rejects.toMatchObject({ code: 'too-large' })
  })
})
