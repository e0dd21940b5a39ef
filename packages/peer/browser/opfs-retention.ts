// What becomes of sent copies in a browser (send/retention.ts): Doorpost's own are deleted when everybody has them. There is no folder to
// archive into, and a file that the user chose is theirs: no page may touch it.

import { Trouble } from '../operations.ts'
import type { RetentionFiles } from '../send/retention.ts'
import type { OpfsFiles } from './opfs-files.ts'
import { folderOf, type OpfsTree } from './opfs-tree.ts'

export function createOpfsRetention(files: Pick<OpfsFiles, 'open' | 'sizeOf'>, tree: OpfsTree): RetentionFiles {
  return {
    open: (path) => files.open(path),
    place: () => Promise.reject(new Trouble('not-available', 'A browser has no folder to move a file into.')),
    placed: async () => {},
    async remove(path, { sizeBytes }) {
      if (path.startsWith('given:')) return 'changed'
      const now = await files.sizeOf(path)
      if (now === undefined) return 'gone'
      if (now !== sizeBytes) return 'changed'
      // Each copy has a folder of its own.
      await tree.remove(folderOf(path))
      return 'gone'
    },
  }
}
