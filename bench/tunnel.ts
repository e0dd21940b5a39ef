// A film through the tunnel, encrypted and verified, to disk: against the direct path of the same two devices, and against
// magic-wormhole through its transit relay, in one run, interleaved. And what a relayed GiB costs the server in processor time.
// `node bench/tunnel.ts --small` takes 64 MiB and one round: to see that it runs.

import { type ChildProcess, type ChildProcessByStdio, execFile, fork, spawn } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { envelopeBetween, join, logInForToken } from './people.ts'
import { medianOf, rowOf } from './plot.ts'
import { type Figures, writeResults } from './results.ts'
import { orderOf } from './tunnel-device.ts'
import type { TunnelOrder, TunnelReport } from './tunnel-receiver.ts'
import type { Order, Report } from './transfer-receiver.ts'
import { startWormholeRelay } from './wormhole-relay.ts'

const MiB = 1024 * 1024
const small = process.argv.includes('--small')
const ROUNDS = small ? 1 : 5
const SIZE = small ? 64 * MiB : 1024 * MiB
const sibling = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const folder = await mkdtemp(sibling('work-'))
const film = joinPath(folder, 'source.bin')
const received = joinPath(folder, 'film')

interface ServerFigures {
  readonly cpuMs: number
  readonly rssBytes: number
}

/** Bytes that do not compress, as in a film. */
async function makeFilm(): Promise<void> {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16))
  const zeros = Buffer.alloc(MiB)
  await using file = await open(film, 'w')
  for (let at = 0; at < SIZE; at += MiB) await file.write(cipher.update(zeros))
  await file.sync()
}

async function answerOf<T>(server: ChildProcess, message?: string): Promise<T> {
  if (message !== undefined) server.send(message)
  const [answer] = (await once(server, 'message')) as [T]
  return answer
}

interface Program {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  line(): Promise<string>
}

function start(script: string, ...given: readonly string[]): Program {
  const child = spawn(process.execPath, [sibling(script), ...given], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    child,
    async line() {
      const next = await lines.next()
      if (next.done) throw new Error(`${script} ended early`)
      return next.value
    },
  }
}

/** Starts a receiver, tells it to go, and gives back what it says of itself. */
async function fetchWith<T extends { state: string }>(script: string, order: object): Promise<T> {
  const receiver = start(script, JSON.stringify(order))
  await receiver.line()
  receiver.child.stdin.write('go\n')
  const report = JSON.parse(await receiver.line()) as T
  if (receiver.child.exitCode === null) await once(receiver.child, 'exit')
  if (report.state !== 'stored') throw new Error(`${script} ended with ${report.state}`)
  return report
}

async function compare(): Promise<void> {
  await promisify(execFile)('cmp', [film, received])
  await rm(received)
}

await makeFilm()
const server = fork(sibling('tunnel-server.ts'), [joinPath(folder, 'data')])
const { origin, domain } = await answerOf<{ origin: string; domain: string }>(server)
const [sender, receiver] = [await join(origin, domain, 'sender'), await join(origin, domain, 'receiver')]
const envelope = await envelopeBetween(sender, receiver)
const sent = await fetch(`${origin}/messages`, {
  method: 'SEND',
  headers: { authorization: `Bearer ${await logInForToken(sender)}` },
  body: JSON.stringify(envelope),
})
if (sent.status !== 202) throw new Error(`the message was not accepted: ${sent.status}`)

const source = start('tunnel-source.ts', film, JSON.stringify(orderOf(sender)))
const offered = JSON.parse(await source.line()) as Pick<TunnelOrder, 'sizeBytes' | 'root' | 'key'>
const order: TunnelOrder = { ...orderOf(receiver), ...offered, folder, messageId: envelope.id, sender: sender.address }
const directSource = start('transfer-sender.ts', film)
const directOrder: Order = { ...(JSON.parse(await directSource.line()) as Omit<Order, 'folder'>), folder }
const wormhole = await startWormholeRelay(folder)

const seconds: Record<'tunnel' | 'direct' | 'wormhole', number[]> = { tunnel: [], direct: [], wormhole: [] }
const cpuPerGib: number[] = []
const grownMib: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const turns = [
    async () => {
      const before = await answerOf<ServerFigures>(server, 'figures')
      seconds.tunnel.push((await fetchWith<TunnelReport>('tunnel-receiver.ts', order)).writtenMs / 1000)
      const after = await answerOf<ServerFigures>(server, 'figures')
      cpuPerGib.push((((after.cpuMs - before.cpuMs) / 1000) * 1024 * MiB) / SIZE)
      grownMib.push((after.rssBytes - before.rssBytes) / MiB)
    },
    async () => {
      seconds.direct.push(
        (await fetchWith<Report>('transfer-receiver.ts', { ...directOrder, lane: false })).writtenMs / 1000,
      )
    },
    async () => {
      if (wormhole) seconds.wormhole.push(await wormhole.transfer(film, received))
    },
  ]
  for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
    const before = seconds.wormhole.length
    await turn()
    if (turn !== turns[2] || seconds.wormhole.length > before) await compare()
  }
  const said = Object.entries(seconds).map(([name, all]) => `${name} ${all.at(-1)?.toFixed(2) ?? '-'} s`)
  console.error(`round ${round + 1}: ${said.join(', ')}; server ${cpuPerGib.at(-1)?.toFixed(2)} s of processor per GiB`)
}
for (const program of [source, directSource]) {
  program.child.stdin.end()
  await once(program.child, 'exit')
}
await wormhole?.stop()
server.kill('SIGTERM')
await once(server, 'exit')
await rm(folder, { recursive: true })

const label = SIZE >= 1024 * MiB ? `${SIZE / 1024 / MiB} GiB` : `${SIZE / MiB} MiB`
const rows: Figures['rows'][number][] = [
  rowOf(`${label} through the tunnel`, seconds.tunnel),
  rowOf(`${label} direct, inside TLS`, seconds.direct),
]
if (wormhole) rows.push(rowOf(`${label}, magic-wormhole by its relay`, seconds.wormhole, true))
const remarks = [
  'All on one machine, so that server and both devices share its cores. Tunnel and direct: to the last byte written, verified;',
  'from the start of the fetch. magic-wormhole: from the start of both commands to their end, less what they take for an empty file;',
  'its listener is off, so that all bytes go through its transit relay.',
  '',
  wormhole ? '' : 'magic-wormhole could not be measured here: its mailbox server or transit relay is not installed.',
  `Ratio of the tunnel to direct: ${(medianOf(seconds.tunnel) / medianOf(seconds.direct)).toFixed(2)}.`,
]
if (small) console.error('A small run: nothing is written to bench/results/.')
else {
  await writeResults(
    'tunnel',
    [
      { title: 'A film through the server, to disk', unit: 's', better: 'less', rows },
      {
        title: 'Processor time of the server for each GiB it relays',
        unit: 's',
        better: 'less',
        rows: [rowOf('doorpost serve', cpuPerGib)],
      },
      {
        title: 'Memory the server has grown by after a GiB',
        unit: 'MiB',
        better: 'less',
        rows: [rowOf('doorpost serve', grownMib)],
      },
    ],
    remarks,
  )
}
for (const remark of remarks.filter((one) => one.startsWith('Ratio'))) console.error(remark)
