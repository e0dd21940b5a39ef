import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { arrives, ask, inbox, playScene } from '../node/street-scene.ts'

const scene = playScene()
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Somebody who reads `bytesMax` and then goes, or reads all. */
async function reader(bytesMax = Number.POSITIVE_INFINITY): Promise<{ path: string; read: Promise<Buffer> }> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-reader-'))
  const path = join(folder, 'out')
  const done = Promise.withResolvers<Buffer>()
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const parts: Buffer[] = []
    let bytes = 0
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes >= bytesMax) socket.destroy()
    })
    socket.on('end', () => socket.end())
    socket.on('close', () => done.resolve(Buffer.concat(parts)))
  })
  server.listen(path)
  await once(server, 'listening')
  closing.push(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  return { path, read: done.promise }
}

describe('reading while it comes', () => {
  const film = randomBytes(3_500_000)
  async function sent(...names: string[]) {
    const [alice, bob] = await scene.friends()
    const files = await Promise.all(names.map((name) => scene.file(name, film)))
    const { id } = await ask(alice, 'send', { to: ['bob'], files })
    await arrives(bob, id, 'announced')
    return { alice, bob, id }
  }

  test('[F25] one media comes in order and whole; nothing is kept, no receipt given, and the entry stays as it was', async () => {
    const { alice, bob, id } = await sent('film.mp4')
    const { path: socket, read } = await reader()
    const result = await ask(bob, 'get.stream', { what: id, socket })
    expect(result).toEqual({ id, name: 'film.mp4', sizeBytes: film.length, fetchedBytes: film.length, whole: true })
    expect(Buffer.compare(await read, film)).toBe(0)
    expect((await inbox(bob)).find((one) => one.id === id)).toMatchObject({ state: 'announced' })
    const status = await ask(alice, 'status', { id })
    expect(status.recipients[0]).toMatchObject({ fetchedAt: null, receipt: 'none' })
    expect((await readdir(scene.folder)).filter((name) => name.includes('.part'))).toEqual([])
  })

  test('[F25] a reader who goes ends it cleanly', async () => {
    const { bob, id } = await sent('film.mp4')
    const { path: socket, read } = await reader(100_000)
    expect(await ask(bob, 'get.stream', { what: id, socket })).toMatchObject({ whole: false })
    const begun = await read
    expect(Buffer.compare(begun, film.subarray(0, begun.length))).toBe(0)
  })

  test('[F25] of several the one that was named or numbered; a copy that is here is read from it', async () => {
    const { bob, id } = await sent('a.mp4', 'b.mp4')
    const first = await reader()
    const several = ask(bob, 'get.stream', { what: id, socket: first.path })
    await expect(several).rejects.toMatchObject({ code: 'no-such-file', message: /2 media: 1 a\.mp4, 2 b\.mp4/ })
    const strange = ask(bob, 'get.stream', { what: id, socket: first.path, media: '3' })
    await expect(strange).rejects.toMatchObject({ code: 'no-such-file' })
    expect(await ask(bob, 'get.stream', { what: id, socket: first.path, media: 'b.mp4' })).toMatchObject({
      name: 'b.mp4',
    })
    await ask(bob, 'get', { what: id, folder: join(scene.folder, 'out') })
    const second = await reader()
    expect(await ask(bob, 'get.stream', { what: id, socket: second.path, media: '2' })).toMatchObject({
      fetchedBytes: 0,
      whole: true,
    })
    expect(Buffer.compare(await second.read, film)).toBe(0)
  })
})
