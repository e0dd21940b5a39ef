// Media mail, end to end, as two people with a terminal live it: the message waits on the server, the film goes door to
// door, the sender holds the receipt, and the server never held a byte of it.

import { execFile } from 'node:child_process'
import { appendFile, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { makeFilm, sha256Of } from './film.ts'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

const run = promisify(execFile)
const ffmpeg = needs('ffmpeg')

/** Size of the story's film, bytes: several hundred pieces, and seconds rather than minutes on two cores. */
const FILM_BYTES = 300 * 1024 * 1024
/** Stands in the film in clear; must be found nowhere on the server. */
const CANARY = 'doorpost-canary-7f3a91c2e8'

interface Sent {
  id: string
}
interface Entry {
  id: string
  from: string
  title?: string
  state: string
  media: {
    name: string
    sizeBytes: number
    type: string
    root: string
    folder?: string[]
    title?: string
    date?: string
    url: string
  }[]
  [field: string]: unknown
}
interface Status {
  id: string
  uploadedBytes: number
  recipients: { address: string; state: string; fetchedAt: string | null; receipt: string }[]
}

describe.skipIf(ffmpeg.missing !== undefined)(`mail-story ${ffmpeg.missing ?? ''}`, () => {
  let stage: Stage
  let server: Running
  let alice: Person
  let bob: Person
  let aliceAgent: Running
  let film: string

  beforeAll(async () => {
    stage = await openStage()
    server = await stage.server()
    alice = await stage.join('alice')
    bob = await stage.join('bob', 'tower')
    await stage.befriend(alice, bob)
    film = join(stage.folder, 'wedding.mkv')
    await makeFilm(film, FILM_BYTES)
    const handle = await open(film, 'r+')
    await handle.write(CANARY, 150 * 1024 * 1024 + 17)
    await handle.close()
    aliceAgent = await alice.agent()
  })

  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })

  const entryOf = async (person: Person, id: string) =>
    (await person.json<Entry[]>('inbox')).find((entry) => entry.id === id)
  const statusOf = async (id: string) => {
    const status = await alice.json<Status>('status', id)
    return { ...status, bob: status.recipients.find((recipient) => recipient.address === bob.address) }
  }

  test('[E1] a film sent while the recipient is away arrives whole, and its receipt is verified', async () => {
    const before = await messageBytes(stage.origin)
    const sent = await alice.json<Sent>(
      'send',
      film,
      '--to',
      bob.address,
      '--title',
      'The wedding',
      '--text',
      'Sunday cut',
    )
    expect((await statusOf(sent.id)).bob).toMatchObject({ state: 'accepted', fetchedAt: null, receipt: 'none' })

    await using _bobAgent = await bob.agent()
    await until('the message to reach Bob', async () => (await entryOf(bob, sent.id)) !== undefined)
    expect(await entryOf(bob, sent.id)).toMatchObject({
      from: alice.address,
      title: 'The wedding',
      text: 'Sunday cut',
      state: 'announced',
      media: [{ name: 'wedding.mkv', sizeBytes: FILM_BYTES }],
    })
    await until(
      'the sender to learn that it was announced',
      async () => (await statusOf(sent.id)).bob?.state === 'announced',
    )

    const out = join(stage.folder, 'films')
    const got = await bob.json<{ files: { file: string }[] }>('get', sent.id, '--out', out, '--path', 'direct')
    expect(got.files.map(({ file }) => file)).toEqual([join(out, 'wedding.mkv')])
    expect(await sha256Of(join(out, 'wedding.mkv'))).toBe(await sha256Of(film))
    expect((await entryOf(bob, sent.id))?.state).toBe('ready')

    await until('the receipt', async () => (await statusOf(sent.id)).bob?.receipt === 'verified')
    const status = await statusOf(sent.id)
    expect(status.bob).toMatchObject({ state: 'fetched', receipt: 'verified' })
    expect(status.bob?.fetchedAt).toMatch(/^20/)
    expect(status.uploadedBytes).toBeGreaterThanOrEqual(FILM_BYTES)
    expect((await messageBytes(stage.origin)) - before).toBeLessThan(64 * 1024)
  })

  test('[E2] no byte of a film is found in the data folder, the logs or the memory of the server', async () => {
    const server = await serverPlaces()
    const found = await Promise.all(
      server.map(async (file) => ((await readFile(file)).includes(CANARY) ? file : undefined)),
    )
    expect(found.filter((file) => file !== undefined)).toEqual([])
    // The same search finds the canary where it is: the search itself works.
    expect((await readFile(film)).includes(CANARY)).toBe(true)
  })

  test('[E3] every field that send sets comes back from inbox unchanged', async () => {
    const fields = {
      title: 'Rushes, day 1 – “opening”',
      date: '2026-05-03',
      time: '14:02:31+02:00',
      copyright: '© 2026 The crew',
      text: 'Two takes.\nThe second is better.',
      who: 'Ann, Bea',
      what: 'harbour, dusk',
      when: 'after the rain',
      where: 'Gdańsk',
      why: 'scene 12',
    }
    const clip = join(stage.folder, 'clip.mkv')
    await makeFilm(clip, 2_000_000)
    const note = join(stage.folder, 'notes.txt')
    await writeFile(note, 'Mind the reflections.')
    const first = await alice.json<Sent>('send', '--to', bob.address, '--text', 'Are you there')
    const flags = Object.entries(fields).flatMap(([name, value]) => [`--${name}`, value])
    const sent = await alice.json<Sent>(
      ...['send', clip, note, '--to', bob.address, ...flags, '--in-reply-to', first.id],
      ...['--file-title', `${clip}=Take 2`, '--file-date', `${note}=2026-05-04T08:00:00Z`],
    )
    await using _bobAgent = await bob.agent()
    await until('the message to reach Bob', async () => (await entryOf(bob, sent.id)) !== undefined)
    expect(await entryOf(bob, sent.id)).toMatchObject({
      ...fields,
      inReplyTo: first.id,
      media: [
        { name: 'clip.mkv', title: 'Take 2', type: 'video/matroska' },
        { name: 'notes.txt', date: '2026-05-04T08:00:00Z', type: 'text/plain', sizeBytes: 21 },
      ],
    })
    // A message without media is an instant message: ready as it is.
    expect(await entryOf(bob, first.id)).toMatchObject({ text: 'Are you there', state: 'ready', media: [] })
  })

  test('[E4] a file that was edited after sending never reaches the recipient, and the error says which', async () => {
    const clip = join(stage.folder, 'edited.mkv')
    await makeFilm(clip, 8_000_000)
    const sent = await alice.json<Sent>('send', clip, '--to', bob.address)
    const handle = await open(clip, 'r+')
    await handle.write(Uint8Array.of(0xff, 0x00, 0xaa), 0, 3, 5_000_000)
    await handle.close()
    await using _bobAgent = await bob.agent()
    await until('the message to reach Bob', async () => (await entryOf(bob, sent.id)) !== undefined)
    const out = join(stage.folder, 'edited')
    const ran = await bob.run('get', sent.id, '--out', out)
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('edited.mkv')
    expect(await filesBelow(out)).not.toContain('edited.mkv')
    expect((await entryOf(bob, sent.id))?.state).toBe('changed')
  })

  test('[E5] hostile names land as safe names inside the output folder', async () => {
    const hostile = [
      'CON',
      'a\u202egpj.exe',
      'nul.txt',
      `${'ß'.repeat(120)}.mov`,
      '-rf',
      'a\\b',
      'what?.mp4',
      'Film.MOV',
      'film.mov',
    ]
    const folder = join(stage.folder, 'hostile')
    await mkdir(folder, { recursive: true })
    for (const [index, name] of hostile.entries()) await writeFile(join(folder, name), `file ${index}`)
    const sent = await alice.json<Sent>('send', folder, '--to', bob.address)
    await using _bobAgent = await bob.agent()
    await until('the message to reach Bob', async () => (await entryOf(bob, sent.id)) !== undefined)
    const out = join(stage.folder, 'safe')
    const got = await bob.json<{ files: { file: string }[] }>('get', sent.id, '--out', out)
    expect(got.files).toHaveLength(hostile.length)
    for (const { file } of got.files) {
      expect(relative(resolve(out), resolve(file)).startsWith('..')).toBe(false)
      expect(file).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069\\?]/)
      expect((await stat(file)).mode & 0o111).toBe(0)
    }
    const names = (await filesBelow(out)).map((name) => name.toLowerCase())
    expect(new Set(names).size).toBe(hostile.length)
  })

  test('[E6] a stranger can write, but nothing of theirs is fetched until they are approved', async () => {
    const mallory = await stage.join('mallory')
    await using _malloryAgent = await mallory.agent()
    const clip = join(stage.folder, 'strange.mkv')
    await makeFilm(clip, 2_000_000)
    const sent = await mallory.json<Sent>('send', clip, '--to', bob.address, '--text', 'Look at this')
    await using _bobAgent = await bob.agent()
    await until('the request to reach Bob', async () => (await entryOf(bob, sent.id)) !== undefined)
    expect(await entryOf(bob, sent.id)).toMatchObject({ state: 'request', text: 'Look at this' })
    const refused = await bob.run('get', sent.id, '--out', join(stage.folder, 'strange'), '--no-wait')
    expect(refused.code).not.toBe(0)
    const told = await mallory.json<Status>('status', sent.id)
    expect(told.recipients).toEqual([{ address: bob.address, state: 'accepted', fetchedAt: null, receipt: 'none' }])
    await stage.befriend(mallory, bob)
    await bob.json('get', sent.id, '--out', join(stage.folder, 'strange'))
    expect(await sha256Of(join(stage.folder, 'strange', 'strange.mkv'))).toBe(await sha256Of(clip))
  })

  test('[E7] FINGER says the same over HTTP/1.1 and HTTP/2, and no more to one who was blocked', async () => {
    const target = `${stage.origin}/users/bob`
    const curl = async (...flags: string[]) => (await run('curl', ['-sS', '-X', 'FINGER', ...flags, target])).stdout
    const plain = JSON.parse(await curl()) as Record<string, unknown>
    expect(JSON.parse(await curl('--http2-prior-knowledge'))).toEqual(plain)
    expect(plain).not.toHaveProperty('presence')
    expect(JSON.stringify(plain)).not.toContain('127.0.0.1')
    const eve = await stage.join('eve')
    const before = await eve.run('vmio', 'FINGER', '/users/bob')
    await bob.json('contacts', 'block', eve.address)
    const after = await eve.run('vmio', 'FINGER', '/users/bob')
    const body = (ran: { stdout: string }) => ran.stdout.slice(ran.stdout.indexOf('{"address"'))
    expect(body(after)).toBe(body(before))
    expect(body(after)).not.toContain('presence')
    await using _bobAgent = await bob.agent()
    const told = await alice.run('vmio', 'FINGER', '/users/bob', '--login')
    expect(body(told)).toContain('"presence":[{"device":"tower","online":true,"addresses":["127.0.0.1:')
  })

  test('[E8] a sender without an agent stays until the film has been fetched', async () => {
    await aliceAgent.end('SIGTERM')
    const clip = join(stage.folder, 'direct.mkv')
    await makeFilm(clip, 4_000_000)
    await using sending = alice.start('send', clip, '--to', bob.address, '--title', 'From the command', '--json')
    await using _bobAgent = await bob.agent()
    let id = ''
    await until('the message to reach Bob', async () => {
      const entry = (await bob.json<Entry[]>('inbox')).find(({ title }) => title === 'From the command')
      id = entry?.id ?? ''
      return entry !== undefined
    })
    await bob.json('get', id, '--out', join(stage.folder, 'direct'))
    await until('send to end by itself', async () => sending.process.exitCode === 0)
    expect(JSON.parse(sending.stdout())).toMatchObject({ id })
  })

  /** Every file below the server's data folder, what it printed, and its memory. */
  async function serverPlaces(): Promise<string[]> {
    const log = join(stage.folder, 'server.log')
    await writeFile(log, '')
    await appendFile(log, server.stdout() + server.stderr())
    const memory = join(stage.folder, 'server.memory')
    await copyMemory(server.process.pid as number, memory)
    const files = await filesBelow(stage.dataFolder)
    return [log, memory, ...files.map((file) => join(stage.dataFolder, file))]
  }
})

/** Writable memory of a process of ours, as the kernel shows it. */
async function copyMemory(pid: number, to: string): Promise<void> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8')
  const memory = await open(`/proc/${pid}/mem`, 'r')
  const copy = await open(to, 'w')
  try {
    for (const line of maps.split('\n')) {
      const region = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)
      if (!region) continue
      const [from, end] = [Number.parseInt(region[1] as string, 16), Number.parseInt(region[2] as string, 16)]
      const chunk = Buffer.alloc(4 * 1024 * 1024)
      for (let at = from; at < end; at += chunk.length) {
        // Pages that cannot be read (guards, device memory) hold nothing of ours.
        const read = await memory.read(chunk, 0, Math.min(chunk.length, end - at), at).catch(() => undefined)
        if (read) await copy.write(chunk, 0, read.bytesRead)
      }
    }
  } finally {
    await memory.close()
    await copy.close()
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

/** Bytes of messages this server carried since it started. */
async function messageBytes(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const total = [...text.matchAll(/^doorpost_message_bytes_total(?:\{[^}]*\})? ([0-9.e+]+)$/gm)]
  if (total.length === 0) throw new Error('the server does not count message bytes')
  return total.reduce((sum, match) => sum + Number(match[1]), 0)
}
