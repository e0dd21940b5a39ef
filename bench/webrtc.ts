// A film over our webrtc path, encrypted at the content and verified, to disk and to nowhere, against a bare data channel of the same
// library that carries as many bytes and does nothing with them: in one run, interleaved, medians of five.
// `node bench/webrtc.ts --small` takes 64 MiB and one round: to see that it runs. `--quick` takes 256 MiB and three.

import { spawn } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { medianOf, rowOf } from './plot.ts'
import { type Figures, writeResults } from './results.ts'
import type { Order, Report } from './webrtc-end.ts'

const MiB = 1024 * 1024
const small = process.argv.includes('--small')
const quick = process.argv.includes('--quick')
const ROUNDS = small ? 1 : quick ? 3 : 5
const SIZE_BYTES = (small ? 64 : quick ? 256 : 1024) * MiB
const folder = await mkdtemp(fileURLToPath(new URL('work-', import.meta.url)))

/** `senderCpuMs`: of all its threads, from when it was ready. */
type Run = Report & { readonly senderCpuMs: number }
type Said = { ready?: { root?: string; key?: string }; signal?: unknown; report?: Report; spentMs?: number }

/** A process whose signals go to the other, once it has one. */
function start(order: Order) {
  const script = fileURLToPath(new URL('webrtc-end.ts', import.meta.url))
  const profiled = process.env['DOORPOST_PROFILE'] === '1' ? ['--cpu-prof', `--cpu-prof-dir=${folder}/..`] : []
  const child = spawn(process.execPath, [...profiled, script, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ready = Promise.withResolvers<NonNullable<Said['ready']>>()
  const report = Promise.withResolvers<Report>()
  const spentMs = Promise.withResolvers<number>()
  const gone = once(child, 'exit')
  let other: { write(line: string): unknown } | undefined
  void gone.then(() => {
    for (const one of [ready, report, spentMs]) one.reject(new Error(`${order.role} ended early`))
  })
  ready.promise.catch(() => {})
  report.promise.catch(() => {})
  spentMs.promise.catch(() => {})
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Said
    if (said.ready) ready.resolve(said.ready)
    if (said.report) report.resolve(said.report)
    if (said.spentMs !== undefined) spentMs.resolve(said.spentMs)
    if (said.signal !== undefined) other?.write(`${JSON.stringify(said.signal)}\n`)
  })
  return {
    ready: ready.promise,
    report: report.promise,
    spentMs: spentMs.promise,
    gone,
    input: child.stdin,
    join(with_: { input: { write(line: string): unknown } }) {
      other = with_.input
    },
  }
}

async function transfer(kind: 'bare' | 'our', place?: string): Promise<Run> {
  const film = join(folder, 'film.bin')
  const sender = start({ role: `${kind}-send`, sizeBytes: SIZE_BYTES, ...(kind === 'our' && { place: film }) })
  const offered = await sender.ready
  const taker = start({
    role: `${kind}-take`,
    sizeBytes: SIZE_BYTES,
    ...(place !== undefined && { place }),
    ...offered,
  })
  sender.join(taker)
  taker.join(sender)
  await taker.ready
  taker.input.write('go\n')
  const report = await taker.report
  await taker.gone
  sender.input.end()
  const senderCpuMs = await sender.spentMs
  await sender.gone
  if (place !== undefined) await rm(join(place, 'film'))
  return { ...report, senderCpuMs }
}

/** Bytes that do not compress, as in a film; made at the speed of the disk. */
async function makeFile(path: string): Promise<void> {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16))
  const zeros = Buffer.alloc(MiB)
  await using file = await open(path, 'w')
  for (let at = 0; at < SIZE_BYTES; at += MiB) await file.write(cipher.update(zeros))
  await file.sync()
}

await makeFile(join(folder, 'film.bin'))
const bare: Run[] = []
const nowhere: Run[] = []
const disk: Run[] = []
for (let round = 0; round < ROUNDS; round++) {
  const turns = [
    async () => bare.push(await transfer('bare')),
    async () => nowhere.push(await transfer('our')),
    async () => disk.push(await transfer('our', folder)),
  ]
  for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
  const figures = [bare, nowhere, disk].map((all) => {
    const last = all.at(-1) as Run
    return `${rateOf(last).toFixed(1)} MB/s, ${cpuOf(last).toFixed(2)} CPU s/GiB`
  })
  console.error(`round ${round + 1}: bare ${figures[0]}; ours ${figures[1]}; ours to disk ${figures[2]}`)
}
await rm(folder, { recursive: true })

const rates = (runs: Run[]) => runs.map(rateOf)
const ratio = (runs: Run[]) => (medianOf(rates(runs)) / medianOf(rates(bare))).toFixed(2)
const label = SIZE_BYTES >= 1024 * MiB ? `${SIZE_BYTES / 1024 / MiB} GiB` : `${SIZE_BYTES / MiB} MiB`
const verdict = `${label}: ratio to the bare channel ${ratio(nowhere)} to nowhere, ${ratio(disk)} to disk.`
console.error(verdict)
const sets: Figures[] = [
  {
    title: 'A film over webrtc, on one machine',
    unit: 'MB/s',
    better: 'more',
    rows: [
      rowOf(`${label}, bare data channel`, rates(bare), true),
      rowOf(`${label}, doorpost to nowhere`, rates(nowhere)),
      rowOf(`${label}, doorpost to disk`, rates(disk)),
    ],
  },
  {
    title: 'Processor time of both ends, all threads',
    unit: 's/GiB',
    better: 'less',
    rows: [
      rowOf(`${label}, bare data channel`, bare.map(cpuOf), true),
      rowOf(`${label}, doorpost to nowhere`, nowhere.map(cpuOf)),
      rowOf(`${label}, doorpost to disk`, disk.map(cpuOf)),
    ],
  },
  {
    title: 'From asking to the open channel, signals by pipe',
    unit: 'ms',
    better: 'less',
    rows: [
      rowOf(
        'bare data channel',
        bare.map(({ openedMs }) => openedMs),
        true,
      ),
      rowOf(
        'doorpost',
        [...nowhere, ...disk].map(({ openedMs }) => openedMs),
      ),
    ],
  },
  {
    title: 'Peak memory of the receiver',
    unit: 'MiB',
    better: 'less',
    rows: [
      rowOf(
        'bare data channel',
        bare.map(({ peakKib }) => peakKib / 1024),
        true,
      ),
      rowOf(
        'doorpost to disk',
        disk.map(({ peakKib }) => peakKib / 1024),
      ),
    ],
  },
]
if (small || quick) console.error('A small run: nothing is written to bench/results/.')
else {
  await writeResults('webrtc', sets, [
    'Two processes on one machine, which share its cores. The bare channel (node-datachannel, messages of 64 KiB) sends the same buffer',
    'again and again and drops what comes; ours reads, encrypts and hashes every piece at the sender and hashes and decrypts it at the',
    'receiver. Both carry DTLS. Rounds alternate who goes first.',
    '',
    verdict,
  ])
}

function cpuOf({ cpuMs, senderCpuMs }: Run): number {
  return (cpuMs + senderCpuMs) / 1000 / (SIZE_BYTES / 1024 / MiB)
}

function rateOf({ ms }: Report): number {
  return SIZE_BYTES / 1e6 / (ms / 1000)
}
