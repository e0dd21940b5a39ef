// `npm run check [-- STEP ...]`: exactly what CI runs, the cheap steps first. Every static step runs even when one before
// it failed, so that one run tells everything; the tests run only when all of them passed.
import { spawnSync } from 'node:child_process'
import {
  BROWSER_TYPES,
  DEAD_CODE,
  FORMAT,
  LINT,
  root,
  SERVICE_WORKER_TYPES,
  script,
  TYPES,
  WEB_TYPES,
} from './tools.ts'

interface Step {
  readonly name: string
  readonly commands: readonly (readonly string[])[]
  /** Runs with its own output shown as it comes, and only after everything before it passed. */
  readonly last?: true
}

const STEPS: readonly Step[] = [
  { name: 'types', commands: [TYPES, BROWSER_TYPES, WEB_TYPES, SERVICE_WORKER_TYPES] },
  { name: 'lint', commands: [LINT] },
  { name: 'format', commands: [FORMAT] },
  { name: 'boundaries', commands: [script('check-boundaries.ts')] },
  { name: 'dead-code', commands: [DEAD_CODE] },
  { name: 'documents', commands: [script('check-documents.ts')] },
  { name: 'spec', commands: [script('check-spec.ts')] },
  { name: 'tests', commands: [script('test.ts')], last: true },
]

const seconds = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`

function runStep(step: Step): boolean {
  const startedMs = Date.now()
  for (const [command, ...args] of step.commands) {
    if (command === undefined) continue
    const result = spawnSync(command, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, DOORPOST_EVERY_STORY: '1' },
      stdio: step.last ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    })
    if (result.status === 0) continue
    if (!step.last) process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
    console.log(`${step.name}: FAILED (${result.error?.message ?? `exit ${result.status ?? result.signal}`})`)
    return false
  }
  console.log(`${step.name}: ok (${seconds(startedMs)})`)
  return true
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`No step called ${unknown.join(', ')}. Steps: ${STEPS.map((step) => step.name).join(', ')}`)
  process.exit(64)
}

const startedMs = Date.now()
const failed: string[] = []
for (const step of STEPS) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue
  if (step.last && failed.length > 0) {
    console.log(`${step.name}: not run, since ${failed.join(', ')} failed`)
    continue
  }
  if (!runStep(step)) failed.push(step.name)
}
console.log(
  failed.length === 0
    ? `check: ok (${seconds(startedMs)})`
    : `check: FAILED in ${failed.join(', ')} (${seconds(startedMs)})`,
)
process.exitCode = failed.length === 0 ? 0 : 1
