// A film over the direct path, encrypted and verified, to disk, against curl over HTTPS (TLS 1.3, h2) from nginx on the same file: in one
// run, interleaved, medians of five. Also what it takes to begin, to go on where it stopped, and memory.
// `node bench/transfer.ts --small` takes 64 MiB and one round: to see that it runs.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { needs } from '../scripts/needs.ts'
import { makeFilm } from './film.ts'
import { startNginx } from './nginx.ts'
import { medianOf, rowOf } from './plot.ts'
import { type Figures, writeResults } from './results.ts'
import type { Order, Report } from './transfer-receiver.ts'

const MiB = 1024 * 1024
const small = process.argv.includes('--small')
const ROUNDS = small ? 1 : 5
const SIZES = small ? [64 * MiB] : [1024 * MiB, 4096 * MiB]
const run = promisify(execFile)
const [curl, nginx] = [needs('curl'), needs('nginx')]
const lacking = curl.missing ?? nginx.missing
if (lacking !== undefined) {
  console.error(lacking)
  process.exit(69)
}
const folder = await mkdtemp(fileURLToPath(new URL('work-', import.meta.url)))
const received = join(folder, 'film')

type Program = { child: ChildProcessByStdio<Writable, Readable, null>; lines: Interface; line(): Promise<string> }
function start(script: string, argument: string): Program {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [path, argument], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const waiting = lines[Symbol.asyncIterator]()
  const line = async () => {
    const next = await waiting.next()
    if (next.done) throw new Error(`${script} ended early`)
    return next.value
  }
  return { child, lines, line }
}

/** What curl says the transfer took, then until its bytes were on the disk. */
async function fetchWithCurl(port: number, name: string): Promise<{ writtenMs: number; storedMs: number }> {
  const url = `https://127.0.0.1:${port}/${name}`
  const { stdout } = await run(curl.path, [
    '-s',
    '-S',
    '-k',
    '--http2',
    '--fail',
    '-o',
    received,
    '-w',
    '%{time_total} %{http_version}',
    url,
  ])
  const [seconds, version] = stdout.split(' ')
  if (version !== '2') throw new Error(`curl spoke HTTP ${version}`)
  const startedMs = performance.now()
  await using file = await open(received, 'r')
  await file.datasync()
  const writtenMs = Number(seconds) * 1000
  return { writtenMs, storedMs: writtenMs + performance.now() - startedMs }
}

async function fetchWithUs(order: Order): Promise<Report> {
  const receiver = start('transfer-receiver.ts', JSON.stringify(order))
  await receiver.line()
  receiver.child.stdin.write('go\n')
  const report = JSON.parse(await receiver.line()) as Report
  if (receiver.child.exitCode === null) await once(receiver.child, 'exit')
  return report
}

/** Throws unless the file received last is the one sent. */
async function compare(name: string): Promise<void> {
  await run('cmp', [join(folder, name), received])
}

const named = (sizeBytes: number) =>
  sizeBytes >= 1024 * MiB ? `${sizeBytes / 1024 / MiB} GiB` : `${sizeBytes / MiB} MiB`
const seconds = (samples: number[]) => samples.map((ms) => ms / 1000)

const web = await startNginx(nginx.path, folder)
const written: Figures['rows'][number][] = []
const stored: Figures['rows'][number][] = []
const begun: Figures['rows'][number][] = []
const peaks: Figures['rows'][number][] = []
const remarks: string[] = [
  'Both sides of every transfer share the cores of this machine. Both encrypt on the line; only ours also verifies: SHA-256 of every',
  'piece on both sides, and encryption at the content, so that any holder of the file can serve it. "Written": until the last byte was',
  'written, as curl counts it (`time_total`); neither counts starting a program. "On the disk": until it was synced (and, for us, under',
  'its name). Rounds alternate who goes first.',
]
for (const sizeBytes of SIZES) {
  const name = `${sizeBytes}.bin`
  await makeFilm(join(folder, name), sizeBytes)
  const sender = start('transfer-sender.ts', join(folder, name))
  const offered = JSON.parse(await sender.line()) as Omit<Order, 'folder'>
  const order: Order = { ...offered, folder }
  const theirs: Awaited<ReturnType<typeof fetchWithCurl>>[] = []
  const ours: Report[] = []
  const inside: Report[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const turns = [
      async () => theirs.push(await fetchWithCurl(web.port, name)),
      async () => ours.push(await fetchWithUs(order)),
      async () => inside.push(await fetchWithUs({ ...order, lane: false })),
    ]
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      await turn()
      if (round === 0) await compare(name)
      await rm(received)
    }
    const figures = [theirs, ours, inside].map((all) => `${((all.at(-1)?.writtenMs ?? 0) / 1000).toFixed(2)} s`)
    console.error(
      `${named(sizeBytes)} round ${round + 1}: curl ${figures[0]}, ours ${figures[1]}, inside TLS ${figures[2]}`,
    )
  }
  const resumed: Report[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await fetchWithUs({ ...order, stopAfterBytes: sizeBytes / 4 })
    resumed.push(await fetchWithUs({ ...order, stopAfterBytes: sizeBytes / 4 + MiB }))
    for (const end of ['', '.map', '.lock']) await rm(`${partOf(order)}${end}`, { force: true })
  }
  sender.child.stdin.end()
  const peak = JSON.parse(await sender.line()) as { peakKib: number }
  await rm(join(folder, name))

  const label = named(sizeBytes)
  for (const [set, key] of [
    [written, 'writtenMs'],
    [stored, 'storedMs'],
  ] as const) {
    const [peer, own, tls] = [theirs, ours, inside].map((all) => seconds(all.map((one) => one[key]))) as [
      number[],
      number[],
      number[],
    ]
    set.push(rowOf(`${label}, curl over HTTPS from nginx`, peer, true))
    set.push(rowOf(`${label}, doorpost direct`, own), rowOf(`${label}, doorpost direct, all inside TLS`, tls))
    const ratio = (samples: number[]) => (medianOf(samples) / medianOf(peer)).toFixed(2)
    const what = key === 'writtenMs' ? 'written' : 'on the disk'
    remarks.push('', `${label}, ${what}: ratio to curl ${ratio(own)}; with everything inside TLS ${ratio(tls)}.`)
  }
  begun.push(
    rowOf(
      `${label}, path open to first verified piece`,
      ours.map((one) => one.firstPieceMs - one.openedMs),
    ),
  )
  begun.push(
    rowOf(
      `${label}, start to first verified piece`,
      ours.map((one) => one.firstPieceMs),
    ),
  )
  begun.push(
    rowOf(
      `${label}, start to first new piece, resumed`,
      resumed.map((one) => one.firstPieceMs),
    ),
  )
  peaks.push(
    rowOf(
      `${label}, receiver`,
      ours.map(({ peakKib }) => peakKib / 1024),
    ),
  )
  peaks.push(rowOf(`${label}, sender`, [peak.peakKib / 1024]))
}
await web.stop()
await rm(folder, { recursive: true })
if (small) console.error('A small run: nothing is written to bench/results/.')
else {
  await writeResults(
    'transfer',
    [
      { title: 'A file to disk, written, on one machine', unit: 's', better: 'less', rows: written },
      { title: 'A file to disk, synced and in place, on one machine', unit: 's', better: 'less', rows: stored },
      { title: 'How soon the first piece is verified', unit: 'ms', better: 'less', rows: begun },
      { title: 'Peak memory of a process', unit: 'MiB', better: 'less', rows: peaks },
    ],
    remarks,
  )
}
for (const remark of remarks.filter((one) => one.includes('ratio'))) console.error(remark)

/** Where the receiver keeps an unfinished file. */
function partOf({ root }: Order): string {
  return join(folder, `.film.${Buffer.from(root, 'base64url').subarray(0, 8).toString('hex')}.part`)
}
