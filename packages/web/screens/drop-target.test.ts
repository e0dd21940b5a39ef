import { expect, test } from 'vitest'
import { filesIn } from './drop-target.ts'

const fileOf = (name: string, readable = true) =>
  ({
    name,
    isFile: true,
    file: (done: (file: File) => void, failed: (error: Error) => void) =>
      readable ? done(new File([name], name)) : failed(new DOMException('gone', 'NotFoundError')),
  }) as unknown as FileSystemEntry

/** Its children come in two portions, as those of a large folder do. */
function folderOf(name: string, children: readonly FileSystemEntry[], readable = true): FileSystemEntry {
  const portions = [children.slice(0, 1), children.slice(1), []]
  return {
    name,
    isDirectory: true,
    createReader: () => ({
      readEntries: (done: (entries: readonly FileSystemEntry[]) => void, failed: (error: Error) => void) =>
        readable ? done(portions.shift() ?? []) : failed(new DOMException('not yours', 'NotReadableError')),
    }),
  } as unknown as FileSystemEntry
}

test('[AUD1] of a dropped folder all is taken that can be read, each with its place, and the rest is named', async () => {
  const day = folderOf('day 1', [fileOf('a.mov'), fileOf('gone.mov', false), folderOf('locked', [], false)])
  const { given, unread } = await filesIn([folderOf('film', [day, fileOf('notes.txt')]), fileOf('cover.jpg')])
  expect(given.map(({ file, folder }) => [...folder, file.name].join('/'))).toEqual([
    'film/day 1/a.mov',
    'film/notes.txt',
    'cover.jpg',
  ])
  expect(unread).toEqual(['gone.mov', 'locked'])
})

test('[AUD1] a drop of empty folders gives nothing, and says of nothing that it was lost', async () => {
  expect(await filesIn([folderOf('empty', [folderOf('below', [])])])).toEqual({ given: [], unread: [], isCut: false })
})

test('[RGH1] a drop of more files than are taken is cut, and says so; of just as many nothing is said', async () => {
  const three = () => folderOf('disk', [fileOf('a'), folderOf('below', [fileOf('b')]), fileOf('c')])
  const cut = await filesIn([three(), folderOf('empty', [])], 2)
  expect([cut.given.map(({ file }) => file.name), cut.isCut]).toEqual([['a', 'b'], true])
  const whole = await filesIn([three(), folderOf('empty', [])], 3)
  expect([whole.given.length, whole.isCut]).toEqual([3, false])
})
