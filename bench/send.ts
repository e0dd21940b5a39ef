// How many messages a second the server accepts onto stable storage, 64 SENDs in flight, over sessions and over HTTP/1.1,
// and how long a message takes to a device on-line; beside Postfix, which accepts the same small mail by SMTP in the
// same run and delivers it into a maildir.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { IN_FLIGHT, type Order, type Over, type Report, SHARED_SESSIONS } from './mail-orders.ts'
import { rowOf } from './plot.ts'
import { startPostfix } from './postfix.ts'
import { writeResults } from './results.ts'
import { deliverBySmtp } from './smtp-caller.ts'

const ROUNDS = 5
/** Messages of one measurement: about a second or two each. */
const SENDS = 10_000
const SMTP_SENDS = 2_000
/** Messages whose way is timed, one after the other, in each round. */
const DELIVERIES = 300
const SMTP_DELIVERIES = 150
/** For Postfix to finish delivering before the next is measured, ms. */
const SETTLE_MS = 3_000
/** The benchmark fills a few mailboxes with what a hundred thousand users would. */
const POLICY = { quotas: { messages: 10_000_000, bytes: 2 ** 40 } }

const folder = mkdtempSync(join(tmpdir(), 'doorpost-bench-'))
chmodSync(folder, 0o755)
const policyFile = join(folder, 'policy.json')
writeFileSync(policyFile, JSON.stringify(POLICY))
const sibling = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const server = fork(sibling('mail-server.ts'), [join(folder, 'data'), policyFile])
const [{ origin, domain }] = (await once(server, 'message')) as [{ origin: string; domain: string }]
const caller = fork(sibling('mail-caller.ts'), [origin, domain])
const [ready] = (await once(caller, 'message')) as [Report]
const messageBytes = ready.kind === 'ready' ? ready.messageBytes : 0
const postfix = await startPostfix(join(folder, 'postfix'))
caller.once('exit', (code) => {
  if (code === 0) return
  server.kill('SIGTERM')
  void postfix?.stop().finally(() => process.exit(1))
})

async function asked(order: Order): Promise<Report> {
  caller.send(order)
  const [report] = (await once(caller, 'message')) as [Report]
  return report
}

async function rateOf(over: Over, count: number): Promise<number> {
  const report = await asked({ kind: 'send', over, count })
  return report.kind === 'sent' ? (count / report.ms) * 1000 : 0
}

async function smtpRate(count: number): Promise<number> {
  const startMs = performance.now()
  await postfix?.send(count, messageBytes, IN_FLIGHT)
  return (count / (performance.now() - startMs)) * 1000
}

function quantile(delaysMs: readonly number[], part: number): number {
  const sorted = [...delaysMs].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

const rates = {
  sessions: [] as number[],
  'shared sessions': [] as number[],
  http: [] as number[],
  smtp: [] as number[],
}
const ways = ['sessions', 'shared sessions', 'http'] as const satisfies readonly Over[]
const p50 = { ours: [] as number[], smtp: [] as number[] }
const p99 = { ours: [] as number[], smtp: [] as number[] }

try {
  // Once unmeasured: code is compiled, files are made.
  for (const over of ways) await rateOf(over, SENDS / 5)
  if (postfix) await smtpRate(SMTP_SENDS / 5)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const over of ways) rates[over].push(await rateOf(over, SENDS))
    const delivered = await asked({ kind: 'deliver', count: DELIVERIES })
    if (delivered.kind === 'delivered') {
      p50.ours.push(quantile(delivered.delaysMs, 0.5))
      p99.ours.push(quantile(delivered.delaysMs, 0.99))
    }
    if (postfix) {
      rates.smtp.push(await smtpRate(SMTP_SENDS))
      await wait(SETTLE_MS)
      const delaysMs = await deliverBySmtp(postfix, SMTP_DELIVERIES, messageBytes)
      p50.smtp.push(quantile(delaysMs, 0.5))
      p99.smtp.push(quantile(delaysMs, 0.99))
    }
    const says = Object.entries(rates).map(([name, of]) => `${name} ${Math.round(of.at(-1) ?? 0)}/s`)
    console.error(`round ${round}: ${says.join(', ')}`)
  }
} finally {
  caller.disconnect()
  await postfix?.stop()
  const gone = once(server, 'exit')
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

const withPostfix = <Row>(row: () => Row) => (postfix ? [row()] : [])
await writeResults(
  'send',
  [
    {
      title: `Accepted onto stable storage, ${IN_FLIGHT} in flight`,
      unit: 'messages/s',
      better: 'more',
      rows: [
        rowOf(`Doorpost, ${IN_FLIGHT} sessions`, rates.sessions),
        rowOf(`Doorpost, ${SHARED_SESSIONS} sessions`, rates['shared sessions']),
        rowOf(`Doorpost, ${IN_FLIGHT} HTTP/1.1 connections`, rates.http),
        ...withPostfix(() => rowOf(`Postfix, ${IN_FLIGHT} SMTP connections`, rates.smtp, true)),
      ],
    },
    {
      title: 'From sender to recipient, one message at a time',
      unit: 'ms',
      better: 'less',
      rows: [
        rowOf('Doorpost to push, p50', p50.ours),
        rowOf('Doorpost to push, p99', p99.ours),
        ...withPostfix(() => rowOf('Postfix to maildir, p50', p50.smtp, true)),
        ...withPostfix(() => rowOf('Postfix to maildir, p99', p99.smtp, true)),
      ],
    },
  ],
  [
    `One message: ${messageBytes} bytes of envelope, the same by SMTP. Client, server and Postfix share the machine; Postfix delivers`,
    'into a maildir while it accepts, Doorpost keeps for devices that are away. Each rate is over',
    `${SENDS} messages (Postfix: ${SMTP_SENDS}), ${ROUNDS} rounds, interleaved.`,
  ],
)
