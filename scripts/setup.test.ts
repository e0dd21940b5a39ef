// Set-up in a folder with a lock file of its own that names one local package, so nothing is fetched.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from './tools.ts'

let folder = ''

function writeLock(description: string): void {
  const own = { name: 'clone', version: '1.0.0', description, workspaces: ['one'] }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
  const packages = { '': own, 'node_modules/one': { resolved: 'one', link: true }, one: { version: '1.0.0' } }
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: own.name, version: own.version, lockfileVersion: 3, requires: true, description, packages }),
  )
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-setup-'))
  mkdirSync(join(folder, 'one'))
  mkdirSync(join(folder, 'scripts'))
  writeFileSync(join(folder, 'one/package.json'), JSON.stringify({ name: 'one', version: '1.0.0' }))
  for (const name of ['setup.cjs', 'system-packages.cjs']) {
    cpSync(join(root, 'scripts', name), join(folder, 'scripts', name))
  }
  writeLock('first')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function setUp(environment: NodeJS.ProcessEnv = {}): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(folder, 'scripts/setup.cjs')], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
}

test('[REPO4] set-up installs once, says so in one line, and installs again when the lock file changed', () => {
  const first = setUp()
  expect(first.stderr).toMatch(/^Setting up: .*\n$/)
  expect(first).toMatchObject({ status: 0, stdout: '' })
  expect(existsSync(join(folder, 'node_modules/one/package.json'))).toBe(true)

  expect(setUp()).toMatchObject({ status: 0, stdout: '', stderr: '' })

  writeLock('second')
  expect(setUp().stderr).toMatch(/^Setting up: /)
  expect(setUp().stderr).toBe('')
})

test('[REPO4] what npm installed by hand is taken as it is, unless it is not what the lock file names', () => {
  const byHand = (): string => {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/.bin/node'), '')
    return setUp().stderr
  }
  expect(byHand()).toBe('')
  const installed = join(folder, 'node_modules/.package-lock.json')
  rmSync(join(folder, 'node_modules/.doorpost-setup'))
  writeFileSync(installed, readFileSync(installed, 'utf8').replace('"node_modules/one"', '"node_modules/other"'))
  expect(setUp().stderr).toMatch(/^Setting up: /)
})

test('[REPO4] an install that was broken off is done again', () => {
  setUp()
  rmSync(join(folder, 'node_modules/.package-lock.json'))
  expect(setUp().stderr).toMatch(/^Setting up: /)
})

test('[REPO4] set-up that cannot install fails and says so, and is tried again', () => {
  const broken = join(folder, 'broken-npm.cjs')
  writeFileSync(broken, 'process.exit(7)')
  const result = setUp({ npm_execpath: broken })
  expect(result.status).toBe(1)
  expect(result.stderr).toContain('Set-up failed')
  expect(setUp().status).toBe(0)
})

test('[REPO7] the lock file names the Node of every platform, each at the version asked for, and no registry', () => {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const lock = JSON.parse(text) as { packages: Record<string, { version?: string; resolved?: string }> }
  const wanted = (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { optionalDependencies: Record<string, string> }
  ).optionalDependencies
  expect(Object.keys(wanted)).toHaveLength(5)
  for (const [name, version] of Object.entries(wanted)) {
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version)
  }
  expect(Object.values(lock.packages).filter((entry) => entry.resolved?.includes(':'))).toEqual([])
})
