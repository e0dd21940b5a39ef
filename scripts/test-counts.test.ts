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

const CONFIG = "export default { test: { include: ['*.test.mjs'], exclude: [] } }"

interface Ran {
  readonly status: number | null
  readonly lastLine: string | undefined
}

/** `others`: files beside the first, by name. */
function run(source: string, others: Readonly<Record<string, string>> = {}): Ran {
  writeFileSync(join(folder, 'vitest.config.mjs'), CONFIG)
  for (const [name, text] of Object.entries({ one: source, ...others })) {
    writeFileSync(join(folder, `${name}.test.mjs`), `import { expect, test } from 'vitest'\n${text}`)
  }
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

test('[REPO9] a file that failed among others is run again alone, and counts as it went then', () => {
  const marker = JSON.stringify(join(folder, 'was-here'))
  const once = `import { existsSync, writeFileSync } from 'node:fs'
    test('a', () => { const again = existsSync(${marker}); writeFileSync(${marker}, ''); expect(again).toBe(true) })
    test('b', () => {})`
  const fine = { two: "test('c', () => {})" }
  expect(run(once, fine)).toEqual({ status: 0, lastLine: '3 passed, 0 failed, 0 skipped' })
  const never = "test('a', () => expect(1).toBe(2))"
  expect(run(never, fine)).toEqual({ status: 1, lastLine: '1 passed, 1 failed, 0 skipped' })
})

test('[REPO9] an error outside every test has one try', () => {
  const lost = "test('a', () => { void Promise.reject(new Error('lost')) })"
  expect(run(lost, { two: "test('c', () => {})" })).toEqual({
    status: 1,
    lastLine: '2 passed, 1 failed, 0 skipped',
  })
})
