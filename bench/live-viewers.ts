// Viewers of the live benchmark, many in one process: they register and ask (`join`), open their frame connections (`open`), acknowledge
// what comes, and tell what they saw (`report`). Slow ones acknowledge as if behind a narrow line.

import { decodeHeader } from '@doorpost/protocol/live/frame'
import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { WebSocket } from 'ws'
import { ask, joinQuickly, logInForToken } from './people.ts'

/** What is given on the command line, as JSON. */
export interface ViewersOrder {
  readonly origin: string
  readonly domain: string
  readonly broadcaster: string
  readonly names: readonly string[]
  /** How many of them are slow, and how slow, bytes a second. */
  readonly slow: number
  readonly slowBytesPerSecond: number
}

export interface ViewersReport {
  /** Pictures that came to each fast viewer, and to each slow one. */
  readonly fast: readonly number[]
  readonly slow: readonly number[]
  /** From the source's hand to a fast viewer's, ms. */
  readonly delaysMs: readonly number[]
}

const order = JSON.parse(process.argv[2] ?? '') as ViewersOrder
const tickets: string[] = []
const counts: number[] = []
const delaysMs: number[] = []

async function joinAll(): Promise<void> {
  for (const name of order.names) {
    const identity = await joinQuickly(order.origin, order.domain, name, `first-${order.names[0]}`)
    const token = await logInForToken(identity)
    const answer = await ask(order.origin, 'SEND', '/watches', { user: order.broadcaster }, token)
    tickets.push((answer as { approved: { ticket: string } }).approved.ticket)
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

async function openOne(ticket: string, at: number): Promise<void> {
  const url = `${order.origin.replace('http', 'ws')}/live`
  const socket = new WebSocket(url, ['doorpost.live.v1', `ticket.${ticket}`], { perMessageDeflate: false })
  const isSlow = at < order.slow
  let lineFreeMs = 0
  counts[at] = 0
  socket.on('message', (data: Buffer) => {
    const header = decodeHeader(data)
    if (!header) return
    const { epoch, sequence, capturedAtUs } = header
    counts[at] = (counts[at] ?? 0) + 1
    const acknowledge = () =>
      socket.send(encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted: false }))
    if (!isSlow) {
      delaysMs.push((nowUs() - capturedAtUs) / 1000)
      return acknowledge()
    }
    const nowMs = performance.now()
    lineFreeMs = Math.max(lineFreeMs, nowMs) + (data.length * 1000) / order.slowBytesPerSecond
    setTimeout(acknowledge, lineFreeMs - nowMs)
  })
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
}

const doings: Record<string, () => Promise<unknown>> = {
  join: joinAll,
  open: () => Promise.all(tickets.map(openOne)),
  async report() {
    const report: ViewersReport = { slow: counts.slice(0, order.slow), fast: counts.slice(order.slow), delaysMs }
    return report
  },
}
process.on('message', (what: string) => {
  doings[what]?.().then(
    (answer) => process.send?.(what === 'report' ? answer : what),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
