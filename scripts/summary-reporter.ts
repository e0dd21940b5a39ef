// A vitest reporter which writes how many tests passed, failed and were skipped to the file named by
// DOORPOST_TEST_COUNTS, for test.ts to print last. A file that could not be loaded and an error outside every test count as failed.
import { writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface TestCounts extends Counts {
  /** How many files ran. */
  files: number
  /** Of those counted above, what each file that failed counted by itself; `file` is its full path. */
  failedFiles: (Counts & { file: string })[]
}

/** @public vitest loads it by its path. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(...[modules, unhandledErrors]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const counts: TestCounts = {
      passed: 0,
      failed: unhandledErrors.length,
      skipped: 0,
      files: modules.length,
      failedFiles: [],
    }
    for (const module of modules) {
      const here: Counts = { passed: 0, failed: 0, skipped: 0 }
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state === 'passed') here.passed++
        else if (state === 'skipped') here.skipped++
        else here.failed++
      }
      // A module or a hook that broke has no failed test to show for it.
      if (here.failed === 0 && module.state() === 'failed') here.failed = 1
      counts.passed += here.passed
      counts.failed += here.failed
      counts.skipped += here.skipped
      if (here.failed > 0) counts.failedFiles.push({ file: module.moduleId, ...here })
    }
    const file = process.env['DOORPOST_TEST_COUNTS']
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}
