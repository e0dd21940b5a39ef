// Memory of idle sessions: ten thousand devices logged in and on-line at one server, each with an account and a session of
// its own, opened by another process. Measured as the growth of the
// server's resident memory over what it was before the first session, after it has settled.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { rowOf } from './plot.ts'
import { writeResults } from './results.ts'

/** Sessions, where the system lets one process have that many files. */
const SESSIONS = 10_000
/** Files a process needs besides. */
const SPARE_FILES = 200
/** Accounts are made and logged in before memory is first read, since they stay when sessions go. */
const SETTLE_MS = 5_000
const ROUNDS = 3
/** Ten thousand people come from one address within a minute here. */
const PLENTY = { requests: 1_000_000, seconds: 60 }
const POLICY = {
  rates: {
    registration: { perAddress: PLENTY, perUser: PLENTY },
    authorization: { perAddress: PLENTY, perUser: PLENTY },
  },
}

const sibling = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const filesMax = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024)
const count = Math.min(SESSIONS, filesMax - SPARE_FILES)
if (count < SESSIONS) console.error(`This system gives one process ${filesMax} files: measuring ${count} sessions.`)

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

const folder = mkdtempSync(join(tmpdir(), 'doorpost-bench-'))
const policyFile = join(folder, 'policy.json')
writeFileSync(policyFile, JSON.stringify(POLICY))
const server = fork(sibling('mail-server.ts'), [join(folder, 'data'), policyFile], { execArgv: ['--expose-gc'] })
const [{ origin, domain }] = (await once(server, 'message')) as [{ origin: string; domain: string }]
const { pid } = server
if (pid === undefined) throw new Error('the server has no process')
const people = fork(sibling('session-holder.ts'), [origin, domain, String(count)])
people.once('exit', (code) => {
  if (code === 0) return
  server.kill('SIGTERM')
  process.exit(1)
})

async function said(what: string): Promise<void> {
  for (;;) {
    const [message] = (await once(people, 'message')) as [string]
    if (message === what) return
  }
}

/** After garbage was collected, so that what is left is what sessions need. */
async function settledBytes(): Promise<number> {
  await wait(SETTLE_MS)
  server.send('collect garbage')
  await once(server, 'message')
  await wait(SETTLE_MS / 5)
  return residentBytes(pid as number)
}

const perSession: number[] = []
try {
  await said('registered')
  const before = await settledBytes()
  for (let round = 1; round <= ROUNDS; round++) {
    people.send('open')
    await said('open')
    const grown = (await settledBytes()) - before
    perSession.push(grown / count / 1024)
    console.error(`round ${round}: ${(grown / 2 ** 20).toFixed(0)} MiB for ${count} sessions`)
    people.send('close')
    await said('closed')
  }
} finally {
  people.disconnect()
  const gone = once(server, 'exit')
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

await writeResults(
  'sessions',
  [
    {
      title: `Memory of one of ${count} idle sessions`,
      unit: 'KiB',
      better: 'less',
      rows: [rowOf('Doorpost, logged in and on-line', perSession)],
    },
  ],
  [
    `${count} WebSocket sessions of as many accounts, each logged in and on-line, idle but for heartbeats; growth of the`,
    "server's resident memory, after garbage collection, over what it was with the same accounts and no session. Buffers of",
    "the system's sockets are not in it.",
  ],
)
