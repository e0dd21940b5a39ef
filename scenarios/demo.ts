// `npm run demo [-- FILE] [-- --size 2G] [-- --keep]`: a film goes from door to door in one terminal, but between separate
// processes with homes of their own and real sockets: a server, two people, their devices. Ends with a table of figures.
// Everything that was started is ended, and the temporary folder removed, unless --keep is given.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { rateText, sizeText } from '@doorpost/peer/catalogue/quantity'
import { openStage, type Person, type Running, type Stage, until } from './stage.ts'

/** Size of the film when nothing is said, bytes: a minute of footage as cameras write it. */
const FILM_BYTES = 200_000_000
/** Bytes of one second of uncompressed pictures at 1280x720, 25 a second, three bytes for two pixels. */
const FILM_BYTES_PER_SECOND = 1280 * 720 * 1.5 * 25
const units = { '': 1, K: 1e3, M: 1e6, G: 1e9 } as const

interface Sent {
  readonly id: string
}
interface Entry {
  readonly id: string
  readonly state: string
}
interface Status {
  readonly uploadedBytes: number
  readonly recipients: readonly {
    readonly state: string
    readonly fetchedAt: string | null
    readonly receipt: string
  }[]
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readSize(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMG]?)$/i.exec(text)
  const bytes = Number(match?.[1]) * units[(match?.[2]?.toUpperCase() ?? '') as keyof typeof units]
  if (!(bytes >= 1e6)) throw new Error(`--size takes a size from 1M on, such as 200M or 2G, not ${text}.`)
  return bytes
}

/** Uncompressed pictures: made as fast as the disk takes them. */
async function film(file: string, sizeBytes: number): Promise<void> {
  const seconds = Math.ceil(sizeBytes / FILM_BYTES_PER_SECOND)
  const args = ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25']
  args.push('-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(seconds))
  args.push('-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', file)
  const maker = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(maker, 'close')) as [number | null]
  if (code !== 0) throw new Error('ffmpeg made no film. A file of yours does as well: npm run demo -- FILE')
}

/** Runs `doorpost get` with its bar on this terminal; answers where the file is. */
async function fetchFilm(person: Person, id: string, out: string): Promise<string> {
  const main = join(import.meta.dirname, '../packages/cli/main.ts')
  const child = spawn(process.execPath, [main, 'get', id, '--out', out, '--path', 'direct', '--home', person.home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let file = ''
  child.stdout.on('data', (text: Buffer) => {
    file += text.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`doorpost get ended with ${code}.`)
  return file.trimEnd()
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  const chunks = createReadStream(other, { highWaterMark: 1024 * 1024 })[Symbol.asyncIterator]()
  if ((await stat(one)).size !== (await stat(other)).size) return false
  for await (const chunk of createReadStream(one, { highWaterMark: 1024 * 1024 })) {
    const next = (await chunks.next()) as IteratorResult<Buffer, undefined>
    if (next.done || !next.value.equals(chunk as Buffer)) return false
  }
  return true
}

/** Sum of these counters of the server. */
async function counted(stage: Stage, names: readonly string[]): Promise<number> {
  const text = await (await fetch(`${stage.origin}/metrics`)).text()
  let sum = 0
  for (const [, name, value] of text.matchAll(/^([a-z_]+)(?:\{[^}]*\})? ([0-9.e+]+)$/gm)) {
    if (names.includes(name ?? '')) sum += Number(value)
  }
  return sum
}

/** Everything that a message or a film could pass through the server as. */
const THROUGH = ['doorpost_message_bytes_total', 'doorpost_tunnel_bytes_total', 'doorpost_live_relay_bytes_total']

function table(rows: readonly (readonly [string, string])[]): void {
  const longest = Math.max(...rows.map(([name]) => name.length))
  say('')
  for (const [name, value] of rows) say(`  ${name.padEnd(longest)}  ${value.replaceAll('\u00a0', ' ')}`)
}

async function story(stage: Stage, given: string | undefined, sizeBytes: number, running: Running[]): Promise<void> {
  running.unshift(await stage.server())
  say(`A post office opens at ${stage.origin}.`)
  const alice = await stage.join('alice', 'laptop')
  const bob = await stage.join('bob', 'tower')
  await stage.befriend(alice, bob)
  say('Alice and Bob join it, and add each other as contacts.')

  const source = given ?? join(stage.folder, 'film.mkv')
  if (given === undefined) await film(source, sizeBytes)
  const { size } = await stat(source)
  say(`Alice has a film: ${basename(source)}, ${sizeText(size)}. Bob's tower is switched off.`)

  const before = await counted(stage, THROUGH)
  running.unshift(await alice.agent())
  const sendBegan = performance.now()
  const sent = await alice.json<Sent>('send', source, '--to', bob.address, '--title', 'The wedding')
  const sendMs = performance.now() - sendBegan
  const waiting = await counted(stage, THROUGH)
  say(
    `She sends it in ${(sendMs / 1000).toFixed(1)} s: ${sizeText(waiting - before)}, sealed, wait for Bob at the post office. The film stays where it is.`,
  )

  running.unshift(await bob.agent())
  await until('the message to reach Bob', async () =>
    (await bob.json<Entry[]>('inbox')).some(({ id, state }) => id === sent.id && state === 'announced'),
  )
  say("Bob switches his tower on. The message is there; the film comes straight from Alice's laptop:")
  const fetchBegan = performance.now()
  const copy = await fetchFilm(bob, sent.id, join(stage.folder, 'films'))
  const fetchMs = performance.now() - fetchBegan

  let status: Status | undefined
  await until('the receipt to reach Alice', async () => {
    status = await alice.json<Status>('status', sent.id)
    return status.recipients[0]?.receipt === 'verified'
  })
  const through = (await counted(stage, THROUGH)) - before
  const equal = await sameBytes(source, copy)
  const at = status?.recipients[0]?.fetchedAt
  const time = at === undefined || at === null ? '' : new Date(at).toTimeString().slice(0, 5)
  say(`Alice reads: ${bob.address} has it since ${time}. That is the signature of Bob's tower.`)
  table([
    ['media', `${size.toLocaleString('en')} bytes (${sizeText(size)})`],
    ['through the server', `${through.toLocaleString('en')} bytes, all of it sealed messages and notes`],
    ['fetching took', `${(fetchMs / 1000).toFixed(1)} s, the start of the command included`],
    ['rate', rateText(size / (fetchMs / 1000))],
    ['copy', equal ? 'the same, byte for byte' : 'NOT the same'],
    ['receipt', status?.recipients[0]?.receipt ?? 'none'],
  ])
  if (!equal) throw new Error('The copy differs from the film.')
}

const { values, positionals } = parseArgs({
  options: { size: { type: 'string' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const given = positionals[0] === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', positionals[0])
const sizeBytes = values.size === undefined ? FILM_BYTES : readSize(values.size)
if (given !== undefined && !(await stat(given).catch(() => undefined))?.isFile()) {
  say(`There is no file ${given}.`)
  process.exit(66)
}
const stage = await openStage()
// Ctrl-C reaches the processes of the stage as well; here it only has to tidy up.
let stopped = false
const running: Running[] = []
process.once('SIGINT', () => {
  stopped = true
})
try {
  await story(stage, given, sizeBytes, running)
} catch (error) {
  process.exitCode = stopped ? 130 : 1
  say(
    stopped
      ? 'Stopped.'
      : `The demo did not come to its end: ${error instanceof Error ? error.message : String(error)}`,
  )
} finally {
  // Devices before the server, so that nothing is cut off.
  for (const each of running) await each.end('SIGTERM')
  if (values.keep) say(`\nEverything is kept in ${stage.folder}`)
  else await stage[Symbol.asyncDispose]()
}
