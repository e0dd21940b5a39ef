// A folder with documents that claim too much, and what the check says of each claim.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { script } from './tools.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-documents-'))
  for (const each of ['packages/cli', 'packages/server/listen', 'scenarios', 'docs/decisions']) {
    mkdirSync(join(folder, each), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: '', scenario: '' } }))
  writeFileSync(join(folder, 'scenarios/mail-story.scenario.ts'), '')
  writeFileSync(join(folder, 'packages/server/listen/door.ts'), '')
  writeFileSync(
    join(folder, 'packages/cli/main.ts'),
    `console.log(process.argv[2] === '--help' ? 'commands: send, inbox' : 'options: --to ADDRESS, --token-file FILE')`,
  )
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function check(readme: string): { status: number | null; problems: string[] } {
  writeFileSync(join(folder, 'README.md'), readme)
  const [command, ...args] = script('check-documents.ts')
  const result = spawnSync(command, [...args, folder], { encoding: 'utf8' })
  return { status: result.status, problems: result.stderr.split('\n').filter((line) => line.startsWith('README.md:')) }
}

test('[REPO3] true documents pass', () => {
  const readme = [
    '# Title',
    '`npm start`, `npm run scenario -- mail-story`, `server/listen/door.ts`, `packages/*/main.ts`, [up](#title)',
    '```sh',
    'doorpost send film.mp4 --to bob@localhost:8025',
    '```',
  ].join('\n')
  expect(check(readme)).toEqual({ status: 0, problems: [] })
})

test.each([
  ['npm run missing', '`npm run missing`', 'package.json has no script missing'],
  ['scenario', '`npm run scenario -- sad-story`', 'no scenario is called sad-story'],
  ['command', '`doorpost fly`', 'doorpost has no command fly'],
  ['option', '`doorpost send --token x`', 'doorpost send has no option --token'],
  ['path', '`server/listen/window.ts`', 'server/listen/window.ts does not exist'],
  ['file', '`window.ts`', 'no file is called window.ts'],
  ['link', '[x](docs/nothing.md)', 'the link to docs/nothing.md leads nowhere'],
  ['anchor', '[x](#nothing)', 'README.md has no heading for #nothing'],
])('[REPO3] a false %s is reported with its line', (_what, claim, problem) => {
  expect(check(`# Title\n\n${claim}\n`)).toEqual({ status: 1, problems: [`README.md:3: ${problem}`] })
})
