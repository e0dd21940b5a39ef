// Runs before each test file: lets FC_SEED and FC_RUNS steer every property test, so that a failure found in CI
// can be seen again at home. fast-check prints the seed of a failing property by itself.
import fc from 'fast-check'

/** Runs of each property under `npm run soak`: fifty times fast-check's own hundred. */
const SOAK_RUNS = 5000

function integerFrom(name: string): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`${name} must be a whole number, not ${JSON.stringify(text)}`)
  return value
}

const seed = integerFrom('FC_SEED')
const numRuns = integerFrom('FC_RUNS') ?? (process.env['DOORPOST_SOAK'] === '1' ? SOAK_RUNS : undefined)

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  ...(seed === undefined ? {} : { seed }),
  ...(numRuns === undefined ? {} : { numRuns }),
})
