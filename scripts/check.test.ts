// Plants an error for the compiler, the linter and the search for dead code in each folder of code and wants `npm run check` to see it there.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROWSER_TYPES, DEAD_CODE, LINT, root, TYPES } from './tools.ts'

const FOLDERS = [
  'packages/protocol/messages',
  'packages/peer/node',
  'packages/peer/receive',
  'packages/server/listen',
  'packages/cli',
  'scenarios',
  'bench',
  'scripts',
  'deploy',
]
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-planted-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'tsconfig.browser.json', 'package.json', 'knip.json'])
    cpSync(join(root, name), join(folder, name))
  for (const path of globSync('{packages/*,scenarios,bench}/package.json', { cwd: root })) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  for (const each of FOLDERS) {
    mkdirSync(join(folder, each), { recursive: true })
    writeFileSync(join(folder, each, 'planted-type.ts'), "export const size: number = 'large'\n")
    writeFileSync(join(folder, each, 'planted-promise.ts'), 'async function send() {}\nsend()\n')
    writeFileSync(join(folder, each, 'planted-node.ts'), 'export const bytes: Buffer | undefined = undefined\n')
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function complaintsOf([command, ...args]: readonly [string, ...string[]]): string {
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  expect(result.status).not.toBe(0)
  return result.stdout
}

test('[REPO2] a wrong type is seen in every folder of code', () => {
  const complaints = complaintsOf(TYPES)
  for (const each of FOLDERS) expect(complaints).toContain(`${each}/planted-type.ts`)
})

test('[REPO2] a promise that nobody waits for is seen in every folder of code', () => {
  const complaints = complaintsOf([...LINT, '--format=unix'])
  for (const each of FOLDERS) {
    expect(complaints).toMatch(new RegExp(`${each}/planted-promise.ts:.*no-floating-promises`))
  }
})

test('[REPO2] a type of Node is refused where code must run in a browser, and nowhere else', () => {
  const complaints = complaintsOf(BROWSER_TYPES)
  expect(complaints).toContain('packages/protocol/messages/planted-node.ts')
  expect(complaints).toContain('packages/peer/receive/planted-node.ts')
  expect(complaints).not.toContain('packages/peer/node/planted-node.ts')
  expect(complaintsOf(TYPES)).not.toContain('planted-node.ts')
})

test('[REPO2] an export that nothing uses is seen in every folder of code', () => {
  const complaints = complaintsOf([...DEAD_CODE, '--no-progress'])
  for (const each of FOLDERS) expect(complaints).toContain(`${each}/planted-type.ts`)
})
