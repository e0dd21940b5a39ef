// How soon `get` has its first verified piece on disk, beside an agent with an open session: fresh, and resumed in the
// middle of a 4 GiB file. Nothing unverified is ever written, so the first block of the partial file is the first piece.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectControl } from '@doorpost/peer/node/control-client'
import { openStage, until } from '../scenarios/stage.ts'
import { rowOf } from './plot.ts'
import { writeResults } from './results.ts'

const MAIN = fileURLToPath(new URL('../packages/cli/doorpost.cjs', import.meta.url))
const FILE_BYTES = 4 * 2 ** 30
const RUNS = 5
/** How often the folder is looked at, ms: the resolution of the figures. */
const LOOK_MS = 1

await using stage = await openStage()
await using _server = await stage.server()
const alice = await stage.join('alice')
const bob = await stage.join('bob', 'tower')
await stage.befriend(alice, bob)
await using _aliceAgent = await alice.agent()
await using _bobAgent = await bob.agent()

const film = join(stage.folder, 'film.bin')
await makeFile(film, FILE_BYTES)
const { id } = await alice.json<{ id: string }>('send', film, '--to', bob.address)
await until('the message to reach Bob', async () => (await bob.json<unknown[]>('inbox')).length > 0)
await using device = await connectControl(bob.home)
if (!device) throw new Error('no agent')

const fresh = { operation: [] as number[], command: [] as number[] }
const resumed = { operation: [] as number[], command: [] as number[] }
for (let run = 0; run < RUNS; run++) {
  const folder = join(stage.folder, `run-${run}`)
  await mkdir(folder)
  fresh.command.push(await firstPieceOfCommand(folder, 0))
  resumed.command.push(await firstPieceOfCommand(folder, await writtenBytes(folder)))
  await rm(folder, { recursive: true })
  await mkdir(folder)
  fresh.operation.push(await firstPieceOfOperation(folder, 0))
  resumed.operation.push(await firstPieceOfOperation(folder, await writtenBytes(folder)))
  await rm(folder, { recursive: true })
}

await writeResults(
  'start',
  [
    {
      title: 'First verified piece of a 4 GiB file on disk',
      unit: 'ms',
      better: 'less',
      rows: [
        rowOf('get, asked of the agent', fresh.operation),
        rowOf('get again in mid-fetch, asked of the agent', resumed.operation),
        rowOf('get, from the start of its process', fresh.command),
        rowOf('get again in mid-fetch, from its start', resumed.command),
      ],
    },
  ],
  ['An agent runs on both sides and has its session open; the sender is on the same machine.'],
)

/** Starts the command, waits for its first new piece, stops it in mid-fetch; answers how long that piece took. */
async function firstPieceOfCommand(folder: string, before: number): Promise<number> {
  const beganAt = performance.now()
  const get = spawn(process.execPath, [MAIN, 'get', id, '--out', folder, '--home', bob.home], { stdio: 'ignore' })
  const tookMs = (await firstGrowth(folder, before)) - beganAt
  const ended = once(get, 'exit')
  get.kill('SIGINT')
  await ended
  await until('the fetch to pause', async () => !(await isFetching()))
  return tookMs
}

async function firstPieceOfOperation(folder: string, before: number): Promise<number> {
  const stop = new AbortController()
  const beganAt = performance.now()
  const asked = device?.do('get', { what: id, folder }, { signal: stop.signal }).catch(() => undefined)
  const tookMs = (await firstGrowth(folder, before)) - beganAt
  stop.abort()
  await asked
  await until('the fetch to pause', async () => !(await isFetching()))
  return tookMs
}

async function firstGrowth(folder: string, before: number): Promise<number> {
  for (;;) {
    if ((await writtenBytes(folder)) > before) return performance.now()
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function writtenBytes(folder: string): Promise<number> {
  const part = (await readdir(folder)).find((name) => name.endsWith('.part'))
  return part === undefined ? 0 : (await stat(join(folder, part))).blocks * 512
}

async function isFetching(): Promise<boolean> {
  const entries = await bob.json<{ id: string; state: string }[]>('inbox')
  return entries.some((entry) => entry.id === id && entry.state === 'fetching')
}

/** A file without holes, fast: the same 16 MiB of noise with a number in each piece. */
async function makeFile(path: string, sizeBytes: number): Promise<void> {
  const chunk = Buffer.alloc(16 * 2 ** 20)
  crypto.getRandomValues(chunk.subarray(0, 65536))
  for (let at = 65536; at < chunk.length; at += 65536) chunk.copy(chunk, at, 0, 65536)
  const file = await open(path, 'w')
  for (let at = 0; at < sizeBytes; at += chunk.length) {
    chunk.writeDoubleBE(at, 0)
    await file.write(chunk)
  }
  await file.close()
  await truncate(path, sizeBytes)
}
