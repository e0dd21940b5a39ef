// Files that the user chose, as a device finds them by their paths. What is kept in the origin's own storage is opfs-part.test.ts's.

import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { createOpfsFiles } from './opfs-files.ts'
import type { OpfsTree } from './opfs-tree.ts'

const nothing = {
  folder: async () => undefined,
  file: async () => undefined,
  remove: async () => {},
} satisfies OpfsTree

function chosen() {
  const files = createOpfsFiles({ tree: nothing, storage: { estimate: async () => ({}) }, clock: fakeClock() })
  let ids = 0
  const choose = (text: string, changedAtMs: number, isGone = () => false) => {
    const file = new File([text], 'film.mov', { lastModified: changedAtMs })
    const slice = file.slice.bind(file)
    file.slice = (...range) => {
      const part = slice(...range)
      if (isGone()) part.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotFoundError'))
      return part
    }
    const path = `given:${++ids}/${file.size}/${changedAtMs}/film.mov`
    files.given.set(path, { file, folder: [] })
    return path
  }
  const read = async (path: string) => {
    await using file = await files.open(path)
    const into = new Uint8Array(4)
    await file.read(0, into)
    return new TextDecoder().decode(into)
  }
  return { files, choose, read }
}

test('[RGH9] a file that cannot be read any more is the one that was chosen again, also where its date is another', async () => {
  const { choose, read } = chosen()
  let isGone = false
  const first = choose('sent', 1, () => isGone)
  choose('else', 1)
  expect(await read(first)).toBe('sent')
  isGone = true
  const other = chosen()
  const lone = other.choose('sent', 1, () => isGone)
  await expect(other.read(lone)).rejects.toThrow('cannot be read')
  await expect(other.read(lone)).rejects.toThrow('cannot be read')
  other.choose('anew', 2)
  expect(await other.read(lone)).toBe('anew')
})

test('[RGH9] of files that look alike each is its own as long as it can be read; a page opened anew knows them by name and size', async () => {
  const { choose, read, files } = chosen()
  const [one, two] = [choose('one.', 1), choose('two.', 1)]
  expect([await read(one), await read(two)]).toEqual(['one.', 'two.'])
  expect(await read('given:earlier/4/1/film.mov')).toBe('two.')
  expect(await read('given:earlier/4/99/film.mov')).toBe('two.')
  await expect(files.open('given:earlier/5/1/film.mov').then((file) => file.stamp())).rejects.toThrow('cannot be read')
})
