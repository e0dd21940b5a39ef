// Every rule of SPEC.md is cited by the name of a test, every cited rule exists, no number is used twice.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRules, specProblems } from './spec-rules.ts'
import { root } from './tools.ts'

const files = globSync('{packages,scenarios,bench,scripts,deploy}/**/*.{test,contract,scenario,soak}.ts', {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).sort()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const spec = read('SPEC.md')
const problems = specProblems(spec, new Map(files.map((path) => [path, read(path)])))
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else {
  console.log(`${readRules(spec).rules.length} rules, each cited by a test`)
}
