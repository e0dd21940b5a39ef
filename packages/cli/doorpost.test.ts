// The file that npm installs as `doorpost`, started as a process: under the right Node, and under one that is too old where the machine
// has one.

import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'

const command = join(import.meta.dirname, 'doorpost.cjs')
/** What the command is written for. */
const NODE_MAJOR = 24

/** A Node older than that, on this machine's path outside the repository. */
function oldNode(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin']
  for (const folder of folders.filter((each) => !each.includes('node_modules'))) {
    const node = join(folder, 'node')
    if (!existsSync(node)) continue
    const answer = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    const major = Number(answer.stdout.split('.')[0])
    if (major >= 18 && major < NODE_MAJOR) return node
  }
  return undefined
}

const old = oldNode()
const reason = old === undefined ? ` (skipped: there is no Node of 18 to ${NODE_MAJOR - 1} on this machine)` : ''
const missing = old === undefined && process.env['CI'] !== 'true'
const under = old ?? 'node-18-to-23-is-missing'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-command-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('[X6] under the right Node the command runs where it is', () => {
  const answer = spawnSync(process.execPath, [command, 'version', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
  })
  expect(JSON.parse(answer.stdout)).toMatchObject({ node: process.versions.node })
  expect(answer.status).toBe(0)
  // What was compiled is kept in this user's own cache.
  expect(readdirSync(join(folder, 'cache', 'doorpost')).length).toBeGreaterThan(0)
})

test.skipIf(missing)(
  `[X6] under an older Node it goes on under the bundled one, and its exit code comes through${reason}`,
  () => {
    const answer = spawnSync(under, [command, 'version', '--json'], { encoding: 'utf8' })
    expect(answer.stderr).toBe('')
    const told = JSON.parse(answer.stdout) as { node: string }
    expect(Number(told.node.split('.')[0])).toBeGreaterThanOrEqual(NODE_MAJOR)
    expect(spawnSync(under, [command, 'frobnicate']).status).toBe(64)
  },
)

test.skipIf(missing)(`[X6] signals reach the command under the bundled Node${reason}`, async () => {
  const args = [command, 'serve', '--port', '0', '--data', join(folder, 'data'), '--json']
  const child = spawn(under, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { pid } = JSON.parse(line.toString()) as { pid: number }
  expect(pid).not.toBe(child.pid)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test.skipIf(missing)(`[X6] without a bundled Node it says in one line what is missing${reason}`, () => {
  const lonely = join(folder, 'lonely')
  mkdirSync(lonely)
  copyFileSync(command, join(lonely, 'doorpost.cjs'))
  writeFileSync(join(lonely, 'main.ts'), '')
  const answer = spawnSync(under, [join(lonely, 'doorpost.cjs'), 'version'], { encoding: 'utf8' })
  expect(answer.status).toBe(78)
  expect(answer.stdout).toBe('')
  expect(answer.stderr).toMatch(/^Doorpost needs Node 24, this is [\d.]+, and none came with it for \w+ \w+: .*\n$/)
})
