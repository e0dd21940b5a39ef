// Runs `npm test`'s script over small test files in a folder of their own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root, script } from './tools.ts'

let folder = ''

beforeEach(() => {
  // Inside the repository, so that the files find vitest.
  folder = mkdtempSync(join(root, 'node_modules/.doorpost-test-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(source: string): { status: number | null; lastLine: string | undefined } {
  writeFileSync(join(folder, 'vitest.config.mjs'), "export default { test: { include: ['*.test.mjs'], exclude: [] } }")
  writeFileSync(join(folder, 'one.test.mjs'), `import { expect, test } from 'vitest'\n${source}`)
  const [command, ...args] = script('test.ts')
  const result = spawnSync(command, [...args, '--root', folder, '--config', join(folder, 'vitest.config.mjs')], {
    encoding: 'utf8',
  })
  return { status: result.status, lastLine: result.stdout.trimEnd().split('\n').at(-1) }
}

test('[REPO6] the last line counts tests that passed, failed and were skipped', () => {
  expect(run("test('a', () => {})\ntest.skip('b', () => {})")).toEqual({
    status: 0,
    lastLine: '1 passed, 0 failed, 1 skipped',
  })
  expect(run("test('a', () => {})\ntest('b', () => expect(1).toBe(2))")).toEqual({
    status: 1,
    lastLine: '1 passed, 1 failed, 0 skipped',
  })
})

test('[REPO6] a file that cannot be loaded and an error outside every test count as failed', () => {
  expect(run("throw new Error('broken')")).toEqual({ status: 1, lastLine: '0 passed, 1 failed, 0 skipped' })
  expect(run("test('a', () => { void Promise.reject(new Error('lost')) })")).toEqual({
    status: 1,
    lastLine: '1 passed, 1 failed, 0 skipped',
  })
})
