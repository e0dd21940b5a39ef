// `npm test [-- VITEST ARGUMENTS]`: runs vitest over packages and scenarios, then prints, alone and last,
// "N passed, N failed, N skipped". Exits with vitest's code, and with 1 when anything failed. Without arguments the longest stories are
// left out (vitest.config.ts), unless DOORPOST_EVERY_STORY is 1, as for `npm run check`, or it is a soak.
//
// Files are run two at a time, beside which a slow machine may let a test run out of patience. A few files that failed are
// therefore run once more, each alone: what fails then has failed, and what passes is named.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { TestCounts } from './summary-reporter.ts'

/** More failed files than these are no accident. */
const RUN_AGAIN_MAX = 6

const root = join(import.meta.dirname, '..')
const workDir = mkdtempSync(join(tmpdir(), 'doorpost-test-'))
const countsFile = join(workDir, 'counts.json')

const { DOORPOST_EVERY_STORY: every, DOORPOST_SOAK: soak } = process.env
const wanted = process.argv.slice(2)
/** Then whoever runs them sees to them. */
const areNamed = wanted.some((argument) => /\.(scenario|test)\.ts$/.test(argument))
const isShort = wanted.length === 0 && every !== '1' && soak !== '1'

interface Run {
  /** vitest's own exit code. */
  readonly code: number
  readonly counts: TestCounts
}

async function runVitest(args: readonly string[]): Promise<Run> {
  rmSync(countsFile, { force: true })
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      `--reporter=${join(root, 'scripts/summary-reporter.ts')}`,
      ...args,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, DOORPOST_TEST_COUNTS: countsFile, ...(isShort && { DOORPOST_SHORT: '1' }) },
    },
  )
  const ends = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const end = () => vitest.kill(signal)
    process.on(signal, end)
    return () => process.off(signal, end)
  })
  const code = await new Promise<number>((resolve) => vitest.on('close', (told) => resolve(told ?? 1)))
  for (const forget of ends) forget()
  return { code, counts: readCounts() }
}

function readCounts(): TestCounts {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8')) as TestCounts
  } catch {
    // vitest ended before it could report, which is a failure of its own.
    return { passed: 0, failed: 1, skipped: 0, files: 0, failedFiles: [] }
  }
}

/** Whether few files failed, among others, and nothing outside of them. */
function isWorthAnother({ failed, files, failedFiles }: TestCounts): boolean {
  return (
    soak !== '1' &&
    !areNamed &&
    files > 1 &&
    failedFiles.length > 0 &&
    failedFiles.length <= RUN_AGAIN_MAX &&
    failedFiles.reduce((sum, one) => sum + one.failed, 0) === failed
  )
}

/** What counts once the failed files of that run were run alone. */
async function runAgain({ counts }: Run): Promise<Run> {
  const { failedFiles, files } = counts
  const sum = { passed: counts.passed, failed: counts.failed, skipped: counts.skipped }
  const late: string[] = []
  let worst = 0
  for (const { file, passed, failed, skipped } of failedFiles) {
    console.log(`\n${relative(root, file)} failed among the others; it is run again, alone.`)
    const alone = await runVitest([...wanted, file])
    if (alone.code === 0) late.push(relative(root, file))
    else worst = alone.code
    sum.passed += alone.counts.passed - passed
    sum.failed += alone.counts.failed - failed
    sum.skipped += alone.counts.skipped - skipped
  }
  if (late.length > 0) console.log(`Passed only when run alone: ${late.join(', ')}.`)
  return { code: worst, counts: { ...sum, files, failedFiles: [] } }
}

const first = await runVitest(wanted)
const { code, counts } = isWorthAnother(first.counts) ? await runAgain(first) : first
rmSync(workDir, { recursive: true, force: true })
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = code === 0 && counts.failed > 0 ? 1 : code
