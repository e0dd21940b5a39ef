// What becomes of things that were sent, as people do it by the command: archived when everybody has them, fetched by another
// program, taken from where they lie, dropped into a folder, taken back.

import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeFilm, sha256Of } from './film.ts'
import { openStage, type Person, type Stage, until } from './stage.ts'

const FILM_BYTES = 8 * 1024 * 1024
const ffmpeg = needs('ffmpeg')
const aria2c = needs('aria2c')
const missing = ffmpeg.missing ?? aria2c.missing

interface Sent {
  readonly id: string
  readonly archived?: { readonly path: string }
  readonly recipients: readonly { readonly receipt: string }[]
}

describe.skipIf(missing !== undefined)(`sent-story ${missing ?? ''}`, () => {
  let stage: Stage
  let [alice, bob] = [] as unknown as [Person, Person]
  let film: string
  let digest: string
  let web: Server

  beforeAll(async () => {
    stage = await openStage()
    await stage.server()
    ;[alice, bob] = [await stage.join('alice'), await stage.join('bob')]
    await stage.befriend(alice, bob)
    await alice.agent('--range-door', '0')
    await bob.agent('--no-fetch')
    film = join(stage.folder, 'film.mkv')
    await makeFilm(film, FILM_BYTES)
    digest = await sha256Of(film)
    web = createServer((request, response) => {
      const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      stat(film).then(
        ({ size }) => {
          const end = Math.min(to === '' ? size - 1 : Number(to), size - 1)
          response.writeHead(206, { 'content-range': `bytes ${from}-${end}/${size}` })
          createReadStream(film, { start: Number(from), end }).pipe(response)
        },
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    web?.closeAllConnections()
    web?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  const hasCome = (id: string) =>
    until(`${id} to come`, async () => (await bob.json<{ id: string }[]>('inbox')).some((one) => one.id === id))

  test('[ELS1] [ELS4] a film behind an address is sent without a copy, from one’s own network only when that is said', async () => {
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/film.mkv`
    const refused = await alice.run('send', url, '--to', bob.address)
    expect([refused.code, refused.stderr]).toEqual([69, expect.stringContaining('--allow-private')])
    const { id } = await alice.json<Sent>('send', url, '--allow-private', '--to', bob.address)
    await hasCome(id)
    const out = join(stage.folder, 'from-web')
    await bob.json('get', id, '--out', out)
    expect(await sha256Of(join(out, 'film.mkv'))).toBe(digest)
  })

  test('[RNG5] [RET3] another program fetches the ciphertext, decrypt makes the film of it, and the sender’s file is archived', async () => {
    const archive = join(stage.folder, 'archive')
    const own = join(stage.folder, 'own.mkv')
    await makeFilm(own, FILM_BYTES)
    const ownDigest = await sha256Of(own)
    const unsure = await alice.run('send', own, '--to', bob.address, '--when-fetched', `archive=${archive}`)
    expect([unsure.code, unsure.stderr]).toEqual([64, expect.stringContaining('--yes')])
    const { id } = await alice.json<Sent>(
      'send',
      own,
      '--to',
      bob.address,
      '--when-fetched',
      `archive=${archive}`,
      '--yes',
    )
    await hasCome(id)
    const { links } = await alice.json<{ links: { metalink: string; root: string }[] }>(
      'range-link',
      id,
      '--to',
      bob.address,
    )
    const [link] = links
    await promisify(execFile)(aria2c.path, [
      ...['-q', '--no-conf=true', '-x4', '-s4', '-k1M', '--follow-metalink=mem', '-d', stage.folder],
      link?.metalink ?? '',
    ])
    const out = join(stage.folder, 'decrypted')
    const made = await bob.json<{ file: string }>(
      'decrypt',
      join(stage.folder, link?.root ?? ''),
      '--message',
      id,
      '--out',
      out,
    )
    expect(await sha256Of(made.file)).toBe(ownDigest)
    await until('the file to be archived', async () => (await alice.json<Sent>('status', id)).archived !== undefined)
    expect((await alice.json<Sent>('status', id)).recipients[0]?.receipt).toBe('verified')
    expect(await readdir(archive)).toEqual(['own.mkv'])
    expect(await sha256Of(join(archive, 'own.mkv'))).toBe(ownDigest)
    await expect(stat(own)).rejects.toThrow('ENOENT')
  })

  test('[ELS8] [ELS9] what is dropped into a folder goes by itself, and Ctrl-C ends that', async () => {
    const drop = join(stage.folder, 'drop')
    await mkdir(drop)
    const watching = alice.start('send', '--watch', drop, '--to', bob.address, '--settle', '1s', '--take')
    await watching.says(/^Watching/)
    await writeFile(join(drop, 'rushes.mov'), 'rushes')
    const id = (await watching.says(/^[\w-]{22}$/)).trim()
    await hasCome(id)
    await until('it to be taken', async () => (await readdir(drop)).length === 0)
    expect(await watching.end('SIGINT')).toBe(130)
    expect(watching.stderr()).toContain('Stopped watching.')
    const out = join(stage.folder, 'rushes')
    await bob.json('get', id, '--out', out)
    expect(await readdir(out)).toEqual(['rushes.mov'])
  })

  test('[RET7] what was taken back is gone, and says so on both sides', async () => {
    const { id } = await alice.json<Sent>('send', film, '--to', bob.address)
    await hasCome(id)
    const back = await alice.run('withdraw', id)
    expect([back.code, back.stderr]).toEqual([0, expect.stringContaining('You took it back')])
    await until('Bob to know', async () => (await bob.run('inbox', id)).stdout.includes('took it back'))
    const get = await bob.run('get', id, '--out', join(stage.folder, 'never'))
    expect([get.code, get.stderr]).toEqual([69, expect.stringContaining('took it back')])
    expect((await alice.run('status', id)).stdout).toContain('nobody can fetch it any more')
  })
})
