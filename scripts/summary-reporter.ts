// A vitest reporter which writes how many tests passed, failed and were skipped to the file named by
// DOORPOST_TEST_COUNTS, for test.ts to print last. A file that could not be loaded and an error outside every test count as failed.
import { writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

/** @public vitest loads it by its path. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(...[modules, unhandledErrors]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const counts: TestCounts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state === 'passed') counts.passed++
        else if (state === 'skipped') counts.skipped++
        else failedHere++
      }
      // A module or a hook that broke has no failed test to show for it.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1
      counts.failed += failedHere
    }
    const file = process.env['DOORPOST_TEST_COUNTS']
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}
