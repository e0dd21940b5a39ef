// The command as processes: what it loads, what it says when it starts, and how it ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = join(import.meta.dirname, 'main.ts')
const recorder = join(import.meta.dirname, 'record-imports.ts')

/** What costs time or memory to load (FIELD: zod 54 ms, age 62 ms), or has no business in a device's command. */
const heavy = /\/(zod|age-encryption|better-sqlite3|pino|prom-client|hono|ws)\/|packages\/server\//

let folder: string
let server: Started
let origin: string

interface Started {
  readonly child: ChildProcess
  readonly lines: () => string[]
  /** The nth line of standard output, from 0. */
  readonly line: (index: number) => Promise<string>
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>
}

const started = new Set<Started>()

function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const lines: string[] = []
  const ended = once(child, 'close') as Started['ended']
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => {
    complaints += text.toString()
  })
  const running: Started = {
    child,
    lines: () => lines,
    ended,
    async line(index) {
      while (lines.length <= index) {
        await Promise.race([
          once(reader, 'line'),
          ended.then(() => {
            if (lines.length <= index) throw new Error(`ended without line ${index}: ${complaints}`)
          }),
        ])
      }
      return lines[index] ?? ''
    },
  }
  started.add(running)
  return running
}

/** A command to its end. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const { ended, lines } = start(args, env)
  const [code] = await ended
  return { code, lines: lines() }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-main-'))
  server = start(['serve', '--port', '0', '--data', 'data', '--json'])
  origin = (JSON.parse(await server.line(0)) as { origin: string }).origin
  expect((await run(['join', origin, 'alice', '--home', 'A', '--device', 'laptop'])).code).toBe(0)
})

afterAll(async () => {
  for (const { child, ended } of [...started].reverse()) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

async function loadedBy(args: readonly string[]): Promise<{ urls: string[]; code: number | null }> {
  const file = join(folder, 'imports.txt')
  const { code } = await run(args, { NODE_OPTIONS: `--import ${recorder}`, DOORPOST_TEST_IMPORTS: file })
  return { urls: readFileSync(file, 'utf8').split('\n'), code }
}

test.each([['--help'], ['send', '--help'], ['join', '--help'], ['version', '--json'], ['completion', 'bash']])(
  '[X5] doorpost %s %s loads nothing heavy',
  async (...args) => {
    const { urls, code } = await loadedBy(args)
    expect(code).toBe(0)
    expect(urls.length).toBeGreaterThan(5)
    expect(urls.filter((url) => heavy.test(url))).toEqual([])
  },
)

test('[X5] inbox, status and get next to an agent load nothing heavy; without one they would', async () => {
  const agent = start(['agent', '--home', 'A', '--json'])
  await agent.line(0)
  for (const [args, expected] of [
    [['inbox', '--json'], 0],
    [['status', '--json'], 0],
    [['get', 'latest', '--no-wait'], 66],
    [['get', 'x'.repeat(22), '--out', 'films'], 66],
  ] as const) {
    const { urls, code } = await loadedBy([...args, '--home', 'A'])
    expect(code).toBe(expected)
    expect(urls.some((url) => url.endsWith('node/control-client.ts'))).toBe(true)
    expect(urls.filter((url) => heavy.test(url))).toEqual([])
  }
  agent.child.kill('SIGTERM')
  expect(await agent.ended).toEqual([0, null])
  expect((await loadedBy(['inbox', '--json', '--home', 'A'])).urls.some((url) => heavy.test(url))).toBe(true)
})

test('[X20] serve says where it runs, where its data is and what to do next, and nothing else', async () => {
  const other = start(['serve', '--port', '0', '--data', 'other'])
  await other.line(2)
  const [where = '', data, next] = other.lines()
  const url = /^Doorpost is running at (http:\/\/localhost:\d+)$/.exec(where)?.[1] ?? 'nowhere'
  expect((await fetch(`${url}/healthz`)).ok).toBe(true)
  expect(data).toBe('Its data is in ./other, and none of it is media.')
  expect(next).toBe(`Open that in a browser, or join from another terminal: npx doorpost join ${url} YOUR-NAME`)
  other.child.kill('SIGHUP')
  expect((await fetch(`${url}/healthz`)).ok).toBe(true)
  other.child.kill('SIGTERM')
  expect(await other.ended).toEqual([0, null])
  expect(other.lines()).toHaveLength(3)
})

test('[X20] what cannot be served is told as a sentence for its operator', async () => {
  expect((await run(['serve', '--port', '0', '--data', 'z', '--host', '0.0.0.0'])).code).toBe(78)
  expect((await run(['serve', '--port', '0', '--data', 'z', '--tls-cert', 'cert.pem'])).code).toBe(64)
  expect((await run(['serve', '--port', '0', '--data', 'z', '--policy', 'none.json'])).code).toBe(78)
  expect((await run(['serve', '--port', '65536'])).code).toBe(64)
  writeFileSync(join(folder, 'no.pem'), 'no certificate')
  expect((await run(['serve', '--port', '0', '--tls-cert', 'no.pem', '--tls-key', 'no.pem'])).code).toBe(64)
  expect((await run(['serve', '--port', '0', '--data', 'data'])).code).toBe(78)
})

test('[X21] an agent says who is where and what it does; a second one of the same home is refused', async () => {
  const agent = start(['agent', '--home', 'A', '--on-ready', 'true', '--out', 'films'])
  await agent.line(2)
  const [who, does] = agent.lines()
  expect(who).toMatch(
    /^alice@localhost:\d+\/laptop is here, with its home in .*\/A\. Contacts reach it at 127\.0\.0\.1:/,
  )
  expect(does).toMatch(/fetches what contacts send into .*\/films\. Each finished message starts your command\.$/)
  expect((await run(['agent', '--home', 'A'])).code).toBe(69)
  expect((await run(['stop', '--home', 'A'])).code).toBe(0)
  expect(await agent.ended).toEqual([0, null])
})

test('[X21] --no-fetch keeps --on-ready from fetching, and contradictions are mistakes', async () => {
  const agent = start(['agent', '--home', 'A', '--on-ready', 'true', '--no-fetch', '--poll', '60'])
  await agent.line(2)
  expect(agent.lines()[1]).toMatch(/files are fetched when you ask: doorpost get ID$/)
  agent.child.kill('SIGINT')
  expect(await agent.ended).toEqual([0, null])
  expect((await run(['agent', '--home', 'A', '--fetch', '--no-fetch'])).code).toBe(64)
  expect((await run(['agent', '--home', 'A', '--poll', '0'])).code).toBe(64)
  expect((await run(['agent', '--home', 'nobody'])).code).toBe(78)
})

test('[X10] a command that watches ends with 130 on Ctrl-C', async () => {
  const it = start(['inbox', '--watch', '--home', 'A'])
  if (it.child.stderr === null) throw new Error('no pipe')
  // It has looked, and stays.
  const [told] = (await once(it.child.stderr, 'data')) as [Buffer]
  expect(told.toString()).toBe('Nothing has come yet.\n')
  it.child.kill('SIGINT')
  // Two that come together are one wish: the terminal's, and the one that a parent passes on.
  it.child.kill('SIGINT')
  expect(await it.ended).toEqual([130, null])
})

test('[X10] a second Ctrl-C ends a command that takes its time', async () => {
  const other = start(['serve', '--port', '0', '--data', 'slow', '--json'])
  const { port } = JSON.parse(await other.line(0)) as { port: number }
  // Half a request: draining waits for the rest of it.
  const held = connect(port, 'localhost')
  held.on('error', () => {})
  await once(held, 'connect')
  held.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
  await fetch(`http://localhost:${port}/healthz`)
  while (other.child.exitCode === null) {
    other.child.kill('SIGINT')
    await Promise.race([other.ended, wait(60)])
  }
  expect(await other.ended).toEqual([130, null])
  held.destroy()
})
