// `npm run scenario -- NAME`: runs scenarios/NAME.scenario.ts alone; lists the names when none or a wrong one is given.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const SUFFIX = '.scenario.ts'
const names = readdirSync(join(root, 'scenarios'))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort()

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`No scenario is called ${JSON.stringify(name)}.`)
  console.error(`npm run scenario -- NAME, where NAME is one of:\n${names.map((each) => `  ${each}`).join('\n')}`)
  process.exit(64)
}

const result = spawnSync(
  process.execPath,
  [join(root, 'scripts/test.ts'), '--project', 'scenarios', `scenarios/${name}${SUFFIX}`, ...rest],
  { cwd: root, stdio: 'inherit', env: { ...process.env, DOORPOST_WHOLE_STORY: '1' } },
)
process.exitCode = result.status ?? 1
