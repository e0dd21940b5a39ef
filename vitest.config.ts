// How tests run: those beside the code in parallel, then whole-system stories two at a time, since each story starts servers
// and devices of its own, waits for them more than it computes, and asserts what happens rather than how fast.
// `npm test` sets DOORPOST_SHORT, and leaves the longest stories out; `npm run check` runs all of them.
// `npm run soak` sets DOORPOST_SOAK: the stories of scenarios/*.soak.ts as well, and time for many more rounds.
import { defineConfig } from 'vitest/config'

const soaking = process.env['DOORPOST_SOAK'] === '1'

/** Longest a single test beside the code may take, ms: property tests on a busy two-core machine need some seconds. */
const UNIT_TIMEOUT_MS = soaking ? 3_600_000 : 30_000

/** Longest a whole-system story may take, ms: kill stories restart processes dozens of times. */
const STORY_TIMEOUT_MS = soaking ? 14_400_000 : 240_000

/**
 * Stories that `npm test` leaves to `npm run check`, which CI runs: with them it takes twenty minutes on two cores. Each has
 * another one beside it in `npm test` that goes the same way by a shorter road.
 */
const LEFT_TO_CHECK = [
  'browser-device',
  'devices-story',
  'lab-story',
  'live-mixed',
  'live-standstill',
  'live-terminal',
  'nat-matrix',
  'web-cards',
  'web-dev',
  'web-firefox',
  'web-habits',
  'web-large',
  'web-live-capacity',
  'web-mixed',
  'web-pictures',
  'web-play',
  'web-sources',
  'web-states',
  'web-webkit',
].map((name) => `scenarios/${name}.scenario.ts`)
const isShort = process.env['DOORPOST_SHORT'] === '1'

const setupFiles = ['./scripts/seeds.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,scenarios,bench,scripts,deploy}/**/*.test.ts'],
          setupFiles,
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
          // vitest leaves one core for itself, which on two would leave one for the tests.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/*.scenario.ts', ...(soaking ? ['scenarios/*.soak.ts'] : [])],
          exclude: isShort ? LEFT_TO_CHECK : [],
          setupFiles,
          testTimeout: STORY_TIMEOUT_MS,
          hookTimeout: STORY_TIMEOUT_MS,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
