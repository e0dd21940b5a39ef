// The client of the mail benchmark, as a process of its own: keeps 64 SENDs in flight and says how long they took, or
// measures the way from SEND to push one message at a time. What it is asked and answers: mail-orders.ts.

import { randomBytes } from 'node:crypto'
import type { Identity } from '@doorpost/peer/identity/identity-record'
import type { WebSocket } from 'ws'
import { connectHttp } from './http-caller.ts'
import { IN_FLIGHT, type Order, type Over, type Report, SHARED_SESSIONS } from './mail-orders.ts'
import { callOnce, envelopeBetween, join, logInForToken, openSession } from './people.ts'

/** Pairs of people: mail spreads over mailboxes. */
const PAIRS = 16

const [origin = '', domain = ''] = process.argv.slice(2)

/** Text of an envelope with a new id in it; everything else stays, since the server cannot tell. */
type Writer = () => string

interface Line {
  /** Sends one and resolves with its status. */
  send(envelope: string): Promise<number>
}

const report = (message: Report) => process.send?.(message)

async function writerBetween(from: Identity, to: Identity): Promise<Writer> {
  const envelope = await envelopeBetween(from, to)
  const [before = '', after = ''] = JSON.stringify(envelope).split(envelope.id)
  return () => `${before}${randomBytes(16).toString('base64url')}${after}`
}

/** A session on which several SENDs may be in flight. */
function lineOf(socket: WebSocket): Line {
  const waiting = new Map<number, (status: number) => void>()
  let id = 0
  socket.on('message', (data: Buffer) => {
    const [, answered = '', status] = /^\{"id":(\d+),"status":(\d+)/.exec(data.toString('latin1', 0, 40)) ?? []
    waiting.get(Number(answered))?.(Number(status))
    waiting.delete(Number(answered))
  })
  return {
    send(envelope) {
      const own = ++id
      const answered = new Promise<number>((resolve) => waiting.set(own, resolve))
      socket.send(`{"id":${own},"method":"SEND","target":"/messages","body":${envelope}}`)
      return answered
    },
  }
}

async function sendAll(lines: readonly { line: Line; write: Writer }[], count: number): Promise<number> {
  let left = count
  const startMs = performance.now()
  await Promise.all(
    lines.map(async ({ line, write }) => {
      while (left-- > 0) {
        const status = await line.send(write())
        if (status !== 202) throw new Error(`SEND was answered ${status}`)
      }
    }),
  )
  return performance.now() - startMs
}

/** One message after the other, each timed from SEND to its push; the device confirms it as devices do. */
async function deliverAll(sender: Line, write: Writer, recipient: WebSocket, count: number): Promise<number[]> {
  const delaysMs: number[] = []
  for (let done = 0; done < count; done++) {
    const pushed = new Promise<void>((resolve) => {
      recipient.once('message', (data: Buffer) => {
        const { push } = JSON.parse(data.toString()) as { push: { envelope: { from: string; id: string } } }
        delaysMs.push(performance.now() - startMs)
        const { from, id } = push.envelope
        recipient.once('message', () => resolve())
        recipient.send(
          JSON.stringify({ id: 2, method: 'REMOVE', target: '/messages', body: { messages: [{ from, id }] } }),
        )
      })
    })
    const startMs = performance.now()
    await sender.send(write())
    await pushed
  }
  return delaysMs
}

const names = (prefix: string) => Array.from({ length: PAIRS }, (_, number) => `${prefix}${number}`)
const senders: Identity[] = []
const recipients: Identity[] = []
for (const name of names('sender')) senders.push(await join(origin, domain, name))
for (const name of names('recipient')) recipients.push(await join(origin, domain, name))

const lines: Record<Over, { line: Line; write: Writer }[]> = { sessions: [], 'shared sessions': [], http: [] }
for (let number = 0; number < IN_FLIGHT; number++) {
  const [sender, recipient] = [senders[number % PAIRS] as Identity, recipients[number % PAIRS] as Identity]
  const write = await writerBetween(sender, recipient)
  lines.sessions.push({ line: lineOf(await openSession(sender)), write })
  lines.http.push({ line: await connectHttp(origin, await logInForToken(sender)), write })
}
for (let number = 0; number < SHARED_SESSIONS; number++) {
  const [sender, recipient] = [senders[number] as Identity, recipients[number] as Identity]
  const line = lineOf(await openSession(sender))
  const write = await writerBetween(sender, recipient)
  for (let count = 0; count < IN_FLIGHT / SHARED_SESSIONS; count++) lines['shared sessions'].push({ line, write })
}
const [from, to] = [await join(origin, domain, 'alice'), await join(origin, domain, 'bob')]
const alice = { line: lineOf(await openSession(from)), write: await writerBetween(from, to) }
const bob = await openSession(to)
const presence = await callOnce(bob, 'SEND', '/presence', { online: true })
if (presence.status !== 204) throw new Error(`bob is not on-line: ${presence.status}`)

process.on('message', (order: Order) => {
  const done =
    order.kind === 'send'
      ? sendAll(lines[order.over], order.count).then((ms) => report({ kind: 'sent', ms }))
      : deliverAll(alice.line, alice.write, bob, order.count).then((delaysMs) =>
          report({ kind: 'delivered', delaysMs }),
        )
  done.catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit(0))
report({ kind: 'ready', messageBytes: alice.write().length })
