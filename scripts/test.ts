// `npm test [-- VITEST ARGUMENTS]`: runs vitest over packages and scenarios, then prints, alone and last,
// "N passed, N failed, N skipped". Exits with vitest's code, and with 1 when anything failed. Without arguments the longest stories are
// left out (vitest.config.ts), unless DOORPOST_EVERY_STORY is 1, as for `npm run check`, or it is a soak.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCounts } from './summary-reporter.ts'

const root = join(import.meta.dirname, '..')
const workDir = mkdtempSync(join(tmpdir(), 'doorpost-test-'))
const countsFile = join(workDir, 'counts.json')

const { DOORPOST_EVERY_STORY: every, DOORPOST_SOAK: soak } = process.env
const isShort = process.argv.length === 2 && every !== '1' && soak !== '1'

const vitest = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(root, 'scripts/summary-reporter.ts')}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DOORPOST_TEST_COUNTS: countsFile, ...(isShort && { DOORPOST_SHORT: '1' }) },
  },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => vitest.kill(signal))

vitest.on('close', (code) => {
  const counts = readCounts()
  rmSync(workDir, { recursive: true, force: true })
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exitCode = code === 0 && counts.failed > 0 ? 1 : (code ?? 1)
})

function readCounts(): TestCounts {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8')) as TestCounts
  } catch {
    // vitest ended before it could report, which is a failure of its own.
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
