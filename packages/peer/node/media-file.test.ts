import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SourceAway, SourceChanged } from '../send/media-file.ts'
import { offerMedia } from '../send/offer.ts'
import { openMediaFile } from './media-file.ts'
import { nodePieceCrypto as crypto } from './piece-crypto.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-media-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})
const { signal } = new AbortController()

test('[W5] what is read is the file that was opened: one that was another for that moment makes no offer', async () => {
  const [film, secret] = [join(folder, 'film.mov'), join(folder, 'secret')]
  await writeFile(film, 'film')
  await writeFile(secret, 'word')
  await using honest = await openMediaFile(film)
  expect((await honest.stamp()).sizeBytes).toBe(4)
  // A link stood there while it was opened, and the film stands there again.
  await rename(film, `${film}.aside`)
  await symlink(secret, film)
  await using linked = await openMediaFile(film)
  await rename(`${film}.aside`, film)
  await expect(linked.stamp()).rejects.toThrow(SourceChanged)
  await expect(offerMedia({ file: linked, crypto, signal })).rejects.toThrow(SourceChanged)
  expect((await offerMedia({ file: honest, crypto, signal })).sizeBytes).toBe(4)
})

test.skipIf(process.platform === 'win32')('[W5] a pipe is no film, and holds nothing up', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(openMediaFile(pipe)).rejects.toThrow(SourceAway)
})
