// Doorpost's own copies of what was sent (send/sent-copies.ts), in the folder `sent` of the home, one folder a message. They share
// their blocks with the original where the file system can, which costs no time and no room.

import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SentCopies } from '../send/sent-copies.ts'
import { nodeDeviceFiles } from './device-files.ts'

/** A message id, which is what Doorpost names its folders by; whatever else lies there is not its own. */
const FOLDER = /^[A-Za-z0-9_-]{22}$/

export function createSentCopies(home: string): SentCopies {
  const sent = join(home, 'sent')
  /** Made since this started: their messages may be just coming to be. */
  const made = new Set<string>()
  return {
    folder: (messageId) => join(sent, messageId),
    async make(messageId, file, signal) {
      made.add(messageId)
      const folder = join(sent, messageId)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return await nodeDeviceFiles.copy(file.path, folder, file.name, signal)
    },
    async drop(messageId) {
      await rm(join(sent, messageId), { recursive: true, force: true })
    },
    async tidy(isSent) {
      for (const name of await readdir(sent).catch(() => [])) {
        if (!FOLDER.test(name) || made.has(name)) continue
        if (!(await isSent(name))) await rm(join(sent, name), { recursive: true, force: true })
        else {
          // Emptied when its copies were deleted; one that holds something stays.
          await rmdir(join(sent, name)).catch((error: unknown) => {
            const { code } = error as NodeJS.ErrnoException
            if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error
          })
        }
      }
    },
  }
}
