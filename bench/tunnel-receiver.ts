// The receiving side of the tunnel benchmark, in its own process: says it is ready, waits for a line on standard input, then opens
// a path through the tunnel, fetches one file to disk, and says in one line how long that took.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { systemClock } from '@doorpost/peer/clock'
import { openPart } from '@doorpost/peer/node/part-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { openTunnel } from '@doorpost/peer/node/tunnel-agent'
import { fetchMedia } from '@doorpost/peer/receive/fetch'
import { fixedSources } from '@doorpost/peer/receive/fetch-source'
import { openHttpLine } from '@doorpost/peer/session/http-line'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { type DeviceOrder, loginKeyOf } from './tunnel-device.ts'

export interface TunnelOrder extends DeviceOrder {
  readonly folder: string
  readonly messageId: string
  readonly sender: DeviceAddress
  readonly sizeBytes: number
  readonly root: string
  readonly key: string
}

export interface TunnelReport {
  readonly state: string
  readonly writtenMs: number
  readonly peakKib: number
}

const order = JSON.parse(process.argv[2] ?? '') as TunnelOrder
const { origin, folder, sizeBytes, sender, messageId } = order
const as = loginKeyOf(order)
const line = openHttpLine({ origin, as })
const tunnel = openTunnel({ origin, as, line, polls: true, onFault: (error) => console.error(error) })
const media = { messageId, root: fromBase64url(order.root), sizeBytes, key: fromBase64url(order.key) }
console.log('ready')
await once(process.stdin, 'data')
process.stdin.destroy()

const startedMs = performance.now()
const opened = await openPart({ folder, name: 'film', media })
if (opened.state !== 'open') throw new Error(`cannot open the part: ${opened.state}`)
let writtenMs = 0
const outcome = await fetchMedia({
  media,
  sources: fixedSources([
    {
      name: sender,
      kinds: ['tunnel'],
      role: 'sender',
      open: (_kind, signal) =>
        tunnel.opener.open(
          {
            address: sender,
            deviceKey: new Uint8Array(32),
            networkAddresses: [],
            message: { from: sender, id: messageId },
          },
          signal,
        ),
    },
  ]),
  part: opened.part,
  crypto: nodePieceCrypto,
  clock: systemClock,
  signal: new AbortController().signal,
  onProgress({ verifiedBytes }) {
    if (verifiedBytes === sizeBytes) writtenMs = performance.now() - startedMs
  },
})
const peakKib = Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
if (outcome.state !== 'stored') console.error(outcome)
const report: TunnelReport = { state: outcome.state, writtenMs, peakKib }
console.log(JSON.stringify(report))
await tunnel[Symbol.asyncDispose]()
process.exit(0)
