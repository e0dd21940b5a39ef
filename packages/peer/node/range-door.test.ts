import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { systemClock } from '../clock.ts'
import type { Neighbour } from '../fake-neighbours.ts'
import type { Operations } from '../operations.ts'
import type { Source } from '../paths/path.ts'
import { systemRandom } from '../random.ts'
import { testBytes } from '../send/memory-media-file.ts'
import { createRangeTokens, type RangeTokens } from '../send/range-tokens.ts'
import { openRangeDoor, type RangeDoor } from './range-door.ts'
import { arrives, ask, becomes, playScene, troubleOf } from './street-scene.ts'

const run = promisify(execFile)
const curl = needs('curl')
const aria2c = needs('aria2c')
const MiB = 1024 * 1024
const film = testBytes(6 * MiB + 123)
const scene = playScene()
const doors: RangeDoor[] = []
const faults: unknown[] = []
afterEach(async () => {
  for (const door of doors.splice(0)) await door[Symbol.asyncDispose]()
  expect(faults.splice(0)).toEqual([])
})
type Links = Operations['ranges.link']['result']

/** Alice with a door, Bob, and a film on its way to him. `served`: pieces that were lent. */
async function opened(): Promise<{
  alice: Neighbour
  bob: Neighbour
  id: string
  path: string
  tokens: RangeTokens
  door: RangeDoor
  served: number[]
  links: Links
}> {
  const tokens = createRangeTokens(systemClock, systemRandom)
  const alice = await scene.move('alice', { rangeTokens: tokens })
  const bob = await scene.move('bob')
  await scene.street.befriend(alice, bob)
  await vi.waitFor(async () => {
    for (const one of [alice, bob]) expect((await ask(one, 'contacts.list', {}))[0]?.state).toBe('mutual')
  }, 10_000)
  const path = await scene.file('film.mov', film)
  const { id } = await ask(alice, 'send', { to: ['bob'], files: [path] })
  await arrives(bob, id, 'announced')
  const { door, served } = await addDoor(alice, tokens)
  const links = await ask(alice, 'ranges.link', { id, to: 'bob' })
  return { alice, bob, id, path, tokens, door, served, links }
}
async function addDoor(of: Neighbour, tokens: RangeTokens): Promise<{ door: RangeDoor; served: number[] }> {
  const served: number[] = []
  const source: Source = {
    ...of.device.source,
    piece(caller, media, index, signal) {
      served.push(index)
      return of.device.source.piece(caller, media, index, signal)
    },
  }
  const door = await openRangeDoor({ port: 0, source, tokens, onFault: (error) => faults.push(error) })
  doors.push(door)
  return { door, served }
}
const url = ({ links }: Links) => links[0]?.url ?? ''
const body = async (answer: Response) => new Uint8Array(await answer.arrayBuffer())

describe('the door for other programs', () => {
  test('[RNG1] a token opens the ciphertext of its message, byte for byte; nothing else does, and nothing is said about why', async () => {
    const { links, alice, bob, tokens, id } = await opened()
    const whole = await body(await fetch(url(links)))
    expect(whole.length).toBe(film.length)
    expect(Buffer.compare(whole, film)).not.toBe(0)
    const refused = async (at: string) => {
      const answer = await fetch(at)
      return [answer.status, await answer.text()]
    }
    const nothing = [404, 'There is nothing here.\n']
    const { pathname, origin } = new URL(url(links))
    const [, token = '', root = ''] = pathname.split('/')
    expect(await refused(`${origin}/`)).toEqual(nothing)
    expect(await refused(`${origin}/${'A'.repeat(43)}/${root}`)).toEqual(nothing)
    expect(await refused(`${origin}/${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}/${root}`)).toEqual(nothing)
    expect(await refused(`${origin}/${token}/${'A'.repeat(43)}`)).toEqual(nothing)
    expect(await refused(`${origin}/${token}/${root}/..`)).toEqual(nothing)
    expect((await fetch(url(links), { method: 'POST', body: 'x' })).status).toBe(405)
    // A token ends with its time, and gives no right that was taken back.
    const brief = await ask(alice, 'ranges.link', { id, to: 'bob', lifetimeMs: 1000 })
    expect((await fetch(url(brief), { method: 'HEAD' })).status).toBe(200)
    const find = vi.spyOn(systemClock, 'nowMs').mockReturnValue(Date.now() + 2000)
    expect(await refused(url(brief))).toEqual(nothing)
    find.mockRestore()
    await ask(alice, 'send.withdraw', { id })
    await vi.waitFor(async () => expect(await refused(url(links))).toEqual(nothing), 10_000)
    expect(tokens.base).toBe(origin)
    expect(JSON.stringify([alice.events, bob.events])).not.toContain(token)
  })

  test('[RNG1] no link is made for somebody the message does not name, nor while the door is closed', async () => {
    const { alice, id, door } = await opened()
    const carol = await scene.move('carol')
    await scene.street.befriend(alice, carol)
    expect((await troubleOf(ask(alice, 'ranges.link', { id, to: 'carol' }))).code).toBe('not-allowed')
    await door[Symbol.asyncDispose]()
    doors.splice(0)
    expect((await troubleOf(ask(alice, 'ranges.link', { id, to: 'bob' }))).code).toBe('not-available')
  })

  test.skipIf(curl.missing)(
    `[RNG2] curl gets odd ranges, suffixes, a 416, a head and conditional answers${curl.reason}`,
    async () => {
      const { links } = await opened()
      const whole = await body(await fetch(url(links)))
      const out = join(scene.folder, 'part')
      const get = async (...words: string[]) => {
        const { stdout } = await run(curl.path, [
          '-s',
          '-o',
          out,
          '-w',
          '%{http_code} %header{content-range}',
          ...words,
          url(links),
        ])
        return [stdout, new Uint8Array(await readFile(out).catch(() => new Uint8Array(0)))] as const
      }
      for (const [range, from, to] of [
        ['0-0', 0, 0],
        ['1048575-1048576', MiB - 1, MiB],
        [`${MiB + 5}-${4 * MiB + 7}`, MiB + 5, 4 * MiB + 7],
        ['-100', film.length - 100, film.length - 1],
        [`${film.length - 1}-`, film.length - 1, film.length - 1],
      ] as const) {
        const [said, bytes] = await get('-r', range)
        expect(said).toBe(`206 bytes ${from}-${to}/${film.length}`)
        expect(Buffer.compare(bytes, whole.subarray(from, to + 1))).toBe(0)
      }
      expect((await get('-r', `${film.length}-`))[0]).toBe(`416 bytes */${film.length}`)
      expect((await get('-r', '0-1,5-6'))[0]).toBe(`416 bytes */${film.length}`)
      const etag = (await fetch(url(links), { method: 'HEAD' })).headers.get('etag') ?? ''
      expect((await get('-r', '5-6', '-H', `If-Range: ${etag}`))[0]).toBe(`206 bytes 5-6/${film.length}`)
      expect((await get('-r', '5-6', '-H', 'If-Range: "other"'))[0]).toBe('200 ')
      expect((await get('-H', `If-None-Match: ${etag}`))[0]).toBe('304 ')
      const { stdout } = await run(curl.path, ['-sI', url(links)])
      expect(stdout).toMatch(new RegExp(`content-length: ${film.length}\r\n`, 'i'))
      expect(stdout).toMatch(/accept-ranges: bytes/i)
    },
  )

  test('[RNG3] a range of a piece that is not what was sent gives no byte, though the range itself is as it was', async () => {
    const { links, path } = await opened()
    const changed = Uint8Array.from(film)
    changed[2 * MiB + 500] = (changed[2 * MiB + 500] ?? 0) ^ 1
    await writeFile(path, changed)
    const range = (from: number, to: number) => fetch(url(links), { headers: { range: `bytes=${from}-${to}` } })
    const answer = await range(2 * MiB, 2 * MiB + 9)
    expect([answer.status, (await body(answer)).length < 100]).toEqual([410, true])
    expect((await range(3 * MiB, 3 * MiB + 9)).status).toBe(206)
    // In the middle of an answer the line breaks.
    await expect(range(0, 4 * MiB).then(body)).rejects.toThrow(/terminated/)
  })

  test('[RNG4] the hash of the whole is told once it was given out whole, with where else it is to be had', async () => {
    const { alice, id, links } = await opened()
    const [first] = links.links
    const also = `http://192.0.2.1:8026/x/${first?.root ?? ''}`
    const linked = await ask(alice, 'ranges.link', { id, to: 'bob', also: [also] })
    const head = async () => (await fetch(url(linked), { method: 'HEAD' })).headers
    expect((await head()).get('repr-digest')).toBeNull()
    const whole = await body(await fetch(url(linked)))
    const digest = createHash('sha256').update(whole).digest('base64')
    const headers = await head()
    expect(headers.get('repr-digest')).toBe(`sha-256=:${digest}:`)
    expect(headers.get('link')).toContain(`<${also}>; rel=duplicate; pri=1; pref`)
    expect(headers.get('link')).toContain('.meta4>; rel=describedby')
    const metalink = await (await fetch(linked.links[0]?.metalink ?? '')).text()
    expect(metalink).toContain(`<size>${film.length}</size>`)
    const hashes = [...metalink.matchAll(/^<hash>([0-9a-f]{64})<\/hash>$/gm)].map(([, hash]) => hash)
    const pieces = Array.from({ length: 7 }, (_, at) => whole.subarray(at * MiB, (at + 1) * MiB))
    expect(hashes).toEqual(pieces.map((piece) => createHash('sha256').update(piece).digest('hex')))
    expect(metalink).toContain(`<url priority="2">${also}</url>`)
  })

  test.skipIf(aria2c.missing)(
    `[RNG5] aria2c fetches from two doors at once, and decrypt makes the verified film of it with a receipt${aria2c.reason}`,
    async () => {
      const { alice, bob, id, tokens, links, served } = await opened()
      const first = tokens.base ?? ''
      const second = await addDoor(alice, tokens)
      const also = url(links).replace(first, tokens.base ?? '')
      tokens.base = first
      const { links: both } = await ask(alice, 'ranges.link', { id, to: 'bob', also: [also] })
      const words = ['-q', '-d', scene.folder, '--no-conf=true', '-x4', '-s4', '-k1M', '--uri-selector=inorder']
      await run(aria2c.path, [...words, '--follow-metalink=mem', both[0]?.metalink ?? ''])
      expect(served.length).toBeGreaterThan(0)
      expect(second.served.length).toBeGreaterThan(0)
      const ciphertext = join(scene.folder, both[0]?.root ?? '')
      const out = join(scene.folder, 'out')
      const made = await ask(bob, 'decrypt', { file: ciphertext, id, folder: out })
      expect(made).toMatchObject({ name: 'film.mov', file: join(out, 'film.mov'), sizeBytes: film.length })
      expect(Buffer.compare(await readFile(made.file), film)).toBe(0)
      await becomes(alice, id, 'fetched')
      await arrives(bob, id, 'ready')
    },
  )

  test('[RNG5] decrypt takes nothing of a file that is not the ciphertext in every bit', async () => {
    const { bob, id, links } = await opened()
    const whole = await body(await fetch(url(links)))
    const ciphertext = join(scene.folder, 'film.cipher')
    const out = join(scene.folder, 'out')
    const wrong = Uint8Array.from(whole)
    wrong[5] = (wrong[5] ?? 0) ^ 1
    for (const bytes of [wrong, whole.subarray(1), new Uint8Array(0), film]) {
      await writeFile(ciphertext, bytes)
      expect((await troubleOf(ask(bob, 'decrypt', { file: ciphertext, id, folder: out }))).code).toBe('bad-pieces')
    }
    // Changed after it was checked, and before it is decrypted.
    await writeFile(ciphertext, whole)
    const late = ask(
      bob,
      'decrypt',
      { file: ciphertext, id, folder: out },
      {
        onProgress(one) {
          if (one.kind === 'reading' && one.doneBytes === film.length) writeFileSync(ciphertext, wrong)
        },
      },
    )
    expect((await troubleOf(late)).code).toBe('bad-pieces')
    expect(await readFile(join(out, 'film.mov')).catch(() => 'nothing')).toBe('nothing')
  })
})
