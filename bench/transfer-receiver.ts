// The receiving side of the transfer benchmark, in its own process: says it is ready, waits for a line on standard input, then opens a
// direct path and fetches one file, and says in one line how long what took.
// Times count from that line, as curl's time_total counts from the start of the transfer: neither counts loading a program.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { systemClock } from '@doorpost/peer/clock'
import { openDirect } from '@doorpost/peer/node/direct-caller'
import { openPart } from '@doorpost/peer/node/part-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { fetchMedia } from '@doorpost/peer/receive/fetch'
import { fixedSources } from '@doorpost/peer/receive/fetch-source'
import { deviceOf, MESSAGE_ID } from './transfer-keys.ts'

/** What to fetch, from where; `stopAfterBytes` leaves it half done, `lane` false forbids the plain lane. */
export interface Order {
  readonly folder: string
  readonly port: number
  readonly sizeBytes: number
  readonly root: string
  readonly key: string
  readonly stopAfterBytes?: number
  readonly lane?: boolean
}

/** All from the start of the fetch, ms, but `peakKib`. */
export interface Report {
  readonly state: string
  readonly openedMs: number
  readonly firstPieceMs: number
  readonly writtenMs: number
  readonly storedMs: number
  readonly peakKib: number
  /** Processor time from the start of the fetch to the last byte written, user and system. */
  readonly cpuMs: readonly [number, number]
}

const order = JSON.parse(process.argv[2] ?? '') as Order
const { folder, sizeBytes, port } = order
const media = { messageId: MESSAGE_ID, root: fromBase64url(order.root), sizeBytes, key: fromBase64url(order.key) }
const { address, deviceKey, sign, verify } = deviceOf('receiver')
const expected = deviceOf('sender')
// A device that runs has signed and checked signatures before: its login, its mail.
const signature = await sign('direct-caller', media.root)
if (!verify('direct-caller', media.root, signature, deviceKey)) throw new Error('signing does not work here')
console.log('ready')
await once(process.stdin, 'data')
process.stdin.destroy()

const startedMs = performance.now()
const cpuBefore = process.cpuUsage()
const sinceStart = () => performance.now() - startedMs
const opened = await openPart({ folder, name: 'film', media })
if (opened.state !== 'open') throw new Error(`cannot open the part: ${opened.state}`)
const { lane = true, stopAfterBytes = Number.POSITIVE_INFINITY } = order
const stop = new AbortController()
let openedMs = 0
let firstPieceMs = 0
let writtenMs = 0
let cpu = cpuBefore
const outcome = await fetchMedia({
  media,
  sources: fixedSources([
    {
      name: 'sender',
      kinds: ['direct'],
      role: 'sender',
      open: async (_kind, signal) => {
        const host = '127.0.0.1'
        const path = await openDirect({ host, port, address, deviceKey, expect: expected, sign, verify, signal, lane })
        openedMs = sinceStart()
        return path
      },
    },
  ]),
  part: opened.part,
  crypto: nodePieceCrypto,
  clock: systemClock,
  signal: stop.signal,
  onProgress({ verifiedBytes }) {
    firstPieceMs ||= sinceStart()
    if (verifiedBytes === sizeBytes) {
      writtenMs = sinceStart()
      cpu = process.cpuUsage(cpuBefore)
    }
    if (verifiedBytes >= stopAfterBytes) stop.abort()
  },
})
const storedMs = sinceStart()
const peakKib = Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const cpuMs = [cpu.user / 1000, cpu.system / 1000] as const
const report: Report = { state: outcome.state, openedMs, firstPieceMs, writtenMs, storedMs, peakKib, cpuMs }
console.log(JSON.stringify(report))
