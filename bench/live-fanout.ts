// One broadcast through the server to many viewers: pictures of 4 KB at 30 a second (640x360), acknowledged one by one. What a relayed
// frame costs the server, how long it is on its way, what a viewer takes in memory, whether any is left out; and whether five slow viewers
// of twenty change anything for the others. Source, server and viewers are processes of their own and share the machine.
// `node bench/live-fanout.ts --small` takes 60 viewers and 3 s: to see that it runs.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeFrame } from '@doorpost/protocol/live/frame'
import { WebSocket } from 'ws'
import type { ViewersOrder, ViewersReport } from './live-viewers.ts'
import { ask, callOnce, join, logInForToken, openSession } from './people.ts'
import { rowOf } from './plot.ts'
import { writeResults } from './results.ts'

const small = process.argv.includes('--small')
const VIEWERS = small ? 60 : 600
const SECONDS = small ? 3 : 10
const ROUNDS = small ? 1 : 3
const FPS = 30
const FRAME_BYTES = 4_096
/** The line of a slow viewer: a third of what is shown, bytes a second. */
const SLOW_BYTES_PER_SECOND = 40_000
/** Processes that hold viewers. */
const HOLDERS = 2
/** Clock ticks a second in /proc (sysconf _SC_CLK_TCK on Linux). */
const TICKS_PER_SECOND = 100

const sibling = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const broadcast = 'BBBBBBBBBBBBBBBBBBBBBA'
const format = {
  picture: { codec: 'avc1.42E01F', width: 640, height: 360, framesPerSecond: FPS, layers: 1 },
  bytesPerSecond: { pictures: FPS * FRAME_BYTES, stills: 0, audio: 0 },
}

interface Measured {
  readonly framesPerCore: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Of the pictures that every fast viewer should have had. */
  readonly missing: number
  readonly memoryPerViewerKiB: number
  readonly slowShare: number
}

async function said<T>(child: ChildProcess, message: string): Promise<T> {
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error('a process of this benchmark has ended')))
  child.send(message)
  const [answer] = (await once(child, 'message', { signal: ended.signal })) as [T]
  return answer
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Sends `SECONDS` of pictures, each when its time has come; a key frame whenever the server asks for one on this session. */
async function show(socket: WebSocket, session: WebSocket): Promise<number> {
  const frames = SECONDS * FPS
  const payload = new Uint8Array(FRAME_BYTES)
  let isKeyFrameWanted = true
  session.on('message', (data: Buffer) => {
    if (data.includes('live-key-frame')) isKeyFrameWanted = true
  })
  const startMs = performance.now()
  for (let sequence = 0; sequence < frames; sequence++) {
    const waitMs = startMs + (sequence * 1000) / FPS - performance.now()
    if (waitMs > 0) await wait(waitMs)
    const capturedAtUs = Number(process.hrtime.bigint() / 1000n)
    const keyFrame = isKeyFrameWanted
    isKeyFrameWanted = false
    socket.send(encodeFrame({ type: 'picture', keyFrame, layer: 0, epoch: 1, sequence, capturedAtUs }, payload))
  }
  await wait(1_000)
  return frames
}

async function measure(viewers: number, slow: number): Promise<Measured> {
  const folder = mkdtempSync(joinPath(tmpdir(), 'doorpost-bench-'))
  const policyFile = joinPath(folder, 'policy.json')
  writeFileSync(policyFile, JSON.stringify({ live: { userWatches: 1 } }))
  const server = fork(sibling('mail-server.ts'), [joinPath(folder, 'data'), policyFile], { execArgv: ['--expose-gc'] })
  process.once('exit', () => server.kill())
  const [{ origin, domain }] = (await once(server, 'message')) as [{ origin: string; domain: string }]
  const { pid } = server
  if (pid === undefined) throw new Error('the server has no process')

  const identity = await join(origin, domain, 'alice')
  const token = await logInForToken(identity)
  const started = (await ask(origin, 'SEND', '/live', { broadcast, format }, token)) as { ticket: string }
  const names = Array.from({ length: viewers }, (_, at) => `viewer-${at}`)
  for (const name of names) {
    const body = { user: `${name}@${domain}`, decision: 'approve' }
    await ask(origin, 'SEND', `/live/${broadcast}/decisions`, body, token)
  }
  // Registering takes longer than a source may be without its connection.
  const source = new WebSocket(`${origin.replace('http', 'ws')}/live`, ['doorpost.live.v1', `ticket.${started.ticket}`])
  await once(source, 'open')

  const session = await openSession(identity)
  await callOnce(session, 'SEND', '/presence', { online: true })

  const holders = Array.from({ length: HOLDERS }, (_, holder) => {
    const order: ViewersOrder = {
      origin,
      domain,
      broadcaster: identity.user,
      names: names.filter((__, at) => at % HOLDERS === holder),
      slow: holder === 0 ? slow : 0,
      slowBytesPerSecond: SLOW_BYTES_PER_SECOND,
    }
    const child = fork(sibling('live-viewers.ts'), [JSON.stringify(order)])
    process.once('exit', () => child.kill())
    return child
  })
  for (const holder of holders) await said(holder, 'join')
  await said(server, 'collect')
  const bytesBefore = residentBytes(pid)
  for (const holder of holders) await said(holder, 'open')
  await said(server, 'collect')
  const bytesAfter = residentBytes(pid)

  const cpuBefore = cpuSeconds(pid)
  const shown = await show(source, session)
  const cpu = cpuSeconds(pid) - cpuBefore
  const reports = await Promise.all(holders.map((holder) => said<ViewersReport>(holder, 'report')))
  for (const holder of holders) holder.kill()
  source.terminate()
  session.terminate()
  server.kill('SIGTERM')
  await once(server, 'exit')
  rmSync(folder, { recursive: true, force: true })

  const fast = reports.flatMap((report) => report.fast)
  const slowOnes = reports.flatMap((report) => report.slow)
  const relayed = [...fast, ...slowOnes].reduce((sum, count) => sum + count, 0)
  const delays = reports.flatMap(({ delaysMs }) => delaysMs).toSorted((one, other) => one - other)
  return {
    framesPerCore: relayed / cpu,
    p50Ms: percentile(delays, 0.5),
    p95Ms: percentile(delays, 0.95),
    missing: fast.reduce((sum, count) => sum + shown - count, 0),
    memoryPerViewerKiB: (bytesAfter - bytesBefore) / viewers / 1024,
    slowShare: slowOnes.reduce((sum, count) => sum + count, 0) / (shown * slowOnes.length),
  }
}

const many: Measured[] = []
const twenty: Measured[] = []
const withSlow: Measured[] = []
for (let round = 0; round < ROUNDS; round++) {
  many.push(await measure(VIEWERS, 0))
  console.error(`${VIEWERS} viewers: ${JSON.stringify(many.at(-1))}`)
  twenty.push(await measure(20, 0))
  withSlow.push(await measure(20, 5))
  console.error(`20 viewers: ${JSON.stringify(twenty.at(-1))}; with 5 slow: ${JSON.stringify(withSlow.at(-1))}`)
}

const of = (label: string, sets: readonly Measured[], figure: keyof Measured) =>
  rowOf(
    label,
    sets.map((set) => set[figure]),
  )
if (!small) {
  await writeResults(
    'live-fanout',
    [
      {
        title: 'Frames of 4 KB relayed and acknowledged',
        unit: 'per second and core of the server',
        better: 'more',
        rows: [of(`${VIEWERS} viewers`, many, 'framesPerCore')],
      },
      {
        title: 'From the source to a viewer, 95 of 100 frames',
        unit: 'ms',
        better: 'less',
        rows: [
          of(`${VIEWERS} viewers`, many, 'p95Ms'),
          of('20 viewers', twenty, 'p95Ms'),
          of('15 of 20, the others slow', withSlow, 'p95Ms'),
        ],
      },
      {
        title: 'Memory of the server for one viewer',
        unit: 'KiB',
        better: 'less',
        rows: [of(`${VIEWERS} viewers`, many, 'memoryPerViewerKiB')],
      },
      {
        title: 'Pictures that viewers on a good line skipped',
        unit: `of ${VIEWERS * SECONDS * FPS}`,
        better: 'less',
        rows: [of(`${VIEWERS} viewers`, many, 'missing'), of('15 of 20, the others slow', withSlow, 'missing')],
      },
    ],
    [
      `One source, ${FPS} pictures a second of ${FRAME_BYTES} bytes for ${SECONDS} s, ${ROUNDS} rounds; source, server and viewers share the machine.`,
      `Slow viewers take ${SLOW_BYTES_PER_SECOND} bytes a second of ${FPS * FRAME_BYTES}.`,
    ],
  )
}
