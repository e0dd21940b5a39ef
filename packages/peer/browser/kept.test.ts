import { expect, test } from 'vitest'
import type { InboxEntry, Peer } from '../operations.ts'
import { storageState } from './kept.ts'
import type { OpfsTree } from './opfs-tree.ts'

const SIZE_BYTES = 1000

/** A browser with these folders, each with its files' sizes, and one message whose media nobody has heard more of than that it is fetched. */
function stateOf(state: InboxEntry['state'], folders: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  const media = { root: 'ROOT', name: 'film.mp4', type: 'video/mp4', sizeBytes: SIZE_BYTES, verifiedBytes: 0 }
  const entry = { id: 'ID', state, media: [media] } as unknown as InboxEntry
  const inbox = { do: async () => [entry] } as unknown as Pick<Peer, 'do'>
  const below = (path: string) =>
    Object.keys(folders)
      .filter((folder) => folder.startsWith(`${path}/`) && !folder.slice(path.length + 1).includes('/'))
      .map((folder): [string, unknown] => [folder.slice(path.length + 1), { kind: 'directory' }])
  const tree: OpfsTree = {
    async folder(path) {
      const files = Object.entries(folders[path] ?? {}).map(([name, size]): [string, unknown] => [
        name,
        { kind: 'file', getFile: async () => ({ size }) },
      ])
      const all = [...below(path), ...files]
      return {
        async *entries() {
          yield* all
        },
      } as unknown as FileSystemDirectoryHandle
    },
    file: async () => undefined,
    remove: async () => {},
  }
  const storage = { estimate: async () => ({}), persisted: async () => false }
  return storageState({ inbox, tree, storage, files: { sizeOf: async () => undefined } })
}

const PART = { '/kept': {}, '/kept/ann': {}, '/kept/ann/.ROOT': { 'film.mp4': 600, '.map': 50 } }

test('[BSR8] a part that a page left without a word is listed with the room that it takes', async () => {
  const { kept } = await stateOf('scheduled', PART)
  expect(kept).toEqual([
    { id: 'ID', root: 'ROOT', name: 'film.mp4', type: 'video/mp4', sizeBytes: SIZE_BYTES, hereBytes: 650 },
  ])
})

test('[BSR8] what nobody began to fetch is not looked for, and what has no part is not listed', async () => {
  expect((await stateOf('announced', PART)).kept).toEqual([])
  expect((await stateOf('fetching', { '/kept': {}, '/kept/ann': {} })).kept).toEqual([])
})
