// Files to send, as large as wanted.

import { createCipheriv, randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'

const MiB = 1024 * 1024

/** Bytes that do not compress, as in a film; made at the speed of the disk. */
export async function makeFilm(path: string, sizeBytes: number): Promise<void> {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16))
  const zeros = Buffer.alloc(MiB)
  await using file = await open(path, 'w')
  for (let at = 0; at < sizeBytes; at += MiB) await file.write(cipher.update(zeros))
  await file.sync()
}
