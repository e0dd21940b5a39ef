// One end of the webrtc benchmark, in its own process: `bare-send`, `bare-take`, `our-send`, `our-take`. Signals go to the other end as
// lines on standard output, and come from it on standard input; `go` begins. What was measured is the last line.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { DataChannel } from 'node-datachannel'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { systemClock } from '@doorpost/peer/clock'
import { openPart } from '@doorpost/peer/node/part-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { createNodeRtc } from '@doorpost/peer/node/webrtc-connection'
import type { Source } from '@doorpost/peer/paths/path'
import { noIceServers } from '@doorpost/peer/paths/webrtc-ice'
import { createWebrtcPaths } from '@doorpost/peer/paths/webrtc-path'
import { systemRandom } from '@doorpost/peer/random'
import { fetchMedia } from '@doorpost/peer/receive/fetch'
import { fixedSources } from '@doorpost/peer/receive/fetch-source'
import type { Part } from '@doorpost/peer/receive/partial'
import { type BareSignal, openBarePeer, pour } from './bare-peer.ts'
import { offerFilm } from './offered-film.ts'
import { deviceOf, MESSAGE_ID } from './transfer-keys.ts'

export type Role = 'bare-send' | 'bare-take' | 'our-send' | 'our-take'
export interface Order {
  readonly role: Role
  readonly sizeBytes: number
  /** Where the file is that is sent, or the folder that it goes to; undefined: nowhere. */
  readonly place?: string
  /** What the sender offered. */
  readonly root?: string
  readonly key?: string
}
/** From the first question to the last byte verified (and written); `openedMs` from `go` to the open channel; `cpuMs` of all threads from `go`. */
export interface Report {
  readonly openedMs: number
  readonly ms: number
  readonly cpuMs: number
  readonly peakKib: number
}

const order = JSON.parse(process.argv[2] ?? '') as Order
const { sizeBytes } = order
const lines = createInterface({ input: process.stdin })
const go = Promise.withResolvers<void>()
let hear = (_signal: unknown) => {}
lines.on('line', (line) => {
  if (line === 'go') go.resolve()
  else hear(JSON.parse(line))
})
const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
const tellSignal = (signal: unknown) => tell({ signal })
let cpuBefore = process.cpuUsage()
/** What was spent before, on loading and on making the offer, is not the transfer's. */
const ready = (offered: object) => {
  cpuBefore = process.cpuUsage()
  tell({ ready: offered })
}
const cpuMs = () => {
  const { user, system } = process.cpuUsage(cpuBefore)
  return (user + system) / 1000
}
const peakKib = () => Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const report = (startedMs: number, openedMs: number) => {
  const figures: Report = { openedMs, ms: performance.now() - startedMs, cpuMs: cpuMs(), peakKib: peakKib() }
  tell({ report: figures })
}

if (order.role.startsWith('bare')) await bare()
else await ours()
process.exit(0)

/** A channel and nothing else: no encryption of ours, no hash, no disk. */
async function bare(): Promise<void> {
  const { peer, hear: take } = openBarePeer({ iceServers: [], bindAddress: '127.0.0.1' }, tellSignal)
  hear = (signal) => take(signal as BareSignal)
  const done = Promise.withResolvers<void>()
  if (order.role === 'bare-take') {
    ready({})
    await go.promise
    const askedMs = performance.now()
    const channel = peer.createDataChannel('media')
    channel.onOpen(() => {
      const openedMs = performance.now() - askedMs
      const startedMs = performance.now()
      let got = 0
      channel.onMessage((message) => {
        got += (message as Buffer).length
        if (got < sizeBytes) return
        report(startedMs, openedMs)
        done.resolve()
      })
      channel.sendMessage('go')
    })
    await done.promise
  } else {
    let held: DataChannel | undefined
    peer.onDataChannel((channel) => {
      held = channel
      pour(channel, sizeBytes)
    })
    ready({})
    await once(lines, 'close')
    held?.close()
    tell({ spentMs: cpuMs() })
  }
  peer.close()
}

async function ours(): Promise<void> {
  const [sender, receiver] = [deviceOf('sender'), deviceOf('receiver')].map(({ address, deviceKey }) => ({
    address: address as DeviceAddress,
    deviceKey,
  })) as [End, End]
  const takes = order.role === 'our-take'
  const paths = createWebrtcPaths({
    connect: createNodeRtc({ bindAddress: '127.0.0.1' }),
    iceServers: () => Promise.resolve(noIceServers),
    serverOnLoopback: true,
    clock: systemClock,
    random: systemRandom,
  })
  hear = (signal) => paths.take(takes ? sender : receiver, signal as PathNote)
  const begin = (source: Source) =>
    paths.begin({ say: (_, note) => tellSignal(note), admits: () => Promise.resolve(true), source })
  if (takes) {
    begin({} as Source)
    await take(sender)
  } else {
    const { handle, source } = await offerFilm(order.place ?? '')
    begin(source)
    ready({ root: handle.root, key: handle.key })
    await once(lines, 'close')
    await source.close()
    tell({ spentMs: cpuMs() })
  }
  paths.close()

  async function take(from: End): Promise<void> {
    const media = {
      messageId: MESSAGE_ID,
      root: fromBase64url(order.root ?? ''),
      key: fromBase64url(order.key ?? ''),
      sizeBytes,
    }
    ready({})
    await go.promise
    const opened = order.place === undefined ? undefined : await openPart({ folder: order.place, name: 'film', media })
    if (opened && opened.state !== 'open') throw new Error(opened.state)
    const askedMs = performance.now()
    const { signal } = new AbortController()
    const target = { ...from, networkAddresses: [], message: { from: from.address, id: MESSAGE_ID } }
    const path = await paths.opener.open(target, signal)
    const openedMs = performance.now() - askedMs
    const startedMs = performance.now()
    const outcome = await fetchMedia({
      media,
      sources: fixedSources([{ name: 'sender', kinds: ['webrtc'], role: 'sender', open: () => Promise.resolve(path) }]),
      part: opened?.part ?? nowhere(media),
      crypto: nodePieceCrypto,
      clock: systemClock,
      signal,
      onProgress({ verifiedBytes }) {
        if (verifiedBytes === sizeBytes) report(startedMs, openedMs)
      },
    })
    if (outcome.state !== 'stored') throw new Error(outcome.state)
  }
}
type End = { address: DeviceAddress; deviceKey: Uint8Array }

/** A part that keeps nothing. */
function nowhere(media: Part['media']): Part {
  const had = new Set<number>()
  let verifiedBytes = 0
  const close = () => Promise.resolve()
  return {
    media,
    file: '',
    has: (index) => had.has(index),
    get verifiedBytes() {
      return verifiedBytes
    },
    list: undefined,
    keepList: () => Promise.resolve(),
    write(index, plain) {
      had.add(index)
      verifiedBytes += plain.length
    },
    finish: () => Promise.resolve(''),
    forget: () => Promise.resolve(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
