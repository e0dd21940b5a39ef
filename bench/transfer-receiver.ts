// The receiving side of the transfer benchmark, in its own process: opens a direct path, fetches one file, and says in one line
// how long what took. Times count from the start of the process, as they do for curl.

import { readFileSync } from 'node:fs'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { systemClock } from '@doorpost/peer/clock'
import { openDirect } from '@doorpost/peer/node/direct-caller'
import { openPart } from '@doorpost/peer/node/part-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { fetchMedia } from '@doorpost/peer/receive/fetch'
import { deviceOf, MESSAGE_ID } from './transfer-keys.ts'

const [folder = '', offered = ''] = process.argv.slice(2)
const offer = JSON.parse(offered) as { port: number; sizeBytes: number; root: string; key: string; stopAfter?: number }
const { sizeBytes, port } = offer
const media = { messageId: MESSAGE_ID, root: fromBase64url(offer.root), sizeBytes, key: fromBase64url(offer.key) }
const started = performance.now()
const opened = await openPart({ folder, name: 'film', media })
if (opened.state !== 'open') throw new Error(`cannot open the part: ${opened.state}`)
const partMs = performance.now() - started
let openedMs = 0
let firstPieceMs = 0
let writtenMs = 0
let cpu = process.cpuUsage()
const stop = new AbortController()
const { address, deviceKey, sign, verify } = deviceOf('receiver')
const outcome = await fetchMedia({
  media,
  sources: [
    {
      name: 'sender',
      open: async (signal) => {
        const sender = deviceOf('sender')
        const path = await openDirect({
          host: '127.0.0.1',
          port,
          address,
          deviceKey,
          expect: sender,
          sign,
          verify,
          signal,
        })
        openedMs = performance.now()
        return path
      },
    },
  ],
  part: opened.part,
  crypto: nodePieceCrypto,
  clock: systemClock,
  signal: stop.signal,
  onProgress({ verifiedBytes }) {
    firstPieceMs ||= performance.now()
    if (verifiedBytes === sizeBytes) {
      writtenMs = performance.now()
      cpu = process.cpuUsage()
    }
    if (verifiedBytes >= (offer.stopAfter ?? Number.POSITIVE_INFINITY)) stop.abort()
  },
})
const peakKib = Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const report = {
  state: outcome.state,
  writtenMs,
  storedMs: performance.now(),
  partMs,
  startedMs: started,
  openedMs,
  firstPieceMs: firstPieceMs - openedMs,
  resumedMs: firstPieceMs - started,
  cpuMs: [cpu.user / 1000, cpu.system / 1000],
  peakKib,
}
console.log(JSON.stringify(report))
