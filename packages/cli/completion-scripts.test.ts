import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { needs } from '../../scripts/needs.ts'
import { bashScript, type Completed, fishScript, zshScript } from './completion-scripts.ts'
import { fake } from './fake-surroundings.ts'
import { table } from './table.ts'

const commands: Completed[] = await Promise.all(table.map(async (entry) => ({ ...entry, row: await entry.load() })))
const bash = needs('bash')

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `${bashScript(commands)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_doorpost
printf '%s\\n' "\${COMPREPLY[@]}"`
  const answer = spawnSync(bash.path, ['--norc', '-c', script], { encoding: 'utf8' })
  expect(answer.stderr).toBe('')
  return answer.stdout.split('\n').filter((word) => word !== '')
}

test.skipIf(bash.missing)(`[X7] bash offers every command, option and choice${bash.reason}`, () => {
  expect(offered('doorpost', '').sort()).toEqual([...table.map(({ name }) => name), '--help', '--version'].sort())
  expect(offered('doorpost', 'in')).toEqual(['inbox', 'invite'])
  expect(offered('doorpost', 'send', '--file-')).toEqual(['--file-title', '--file-date'])
  expect(offered('doorpost', 'get', 'x', '--path', '')).toEqual(['direct', 'webrtc', 'tunnel'])
  expect(offered('doorpost', 'contacts', 'b')).toEqual(['block'])
  for (const { name, row } of commands) {
    const options = offered('doorpost', name, '--')
    expect(options).toEqual([...Object.keys(row.options), 'help'].map((option) => `--${option}`))
  }
})

test.skipIf(bash.missing)(`[X7] bash reads its script${bash.reason}`, () => {
  expect(spawnSync(bash.path, ['-n'], { input: bashScript(commands), encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  })
})

test('[X7] the scripts of zsh and fish name every command and option', () => {
  for (const script of [zshScript(commands), fishScript(commands)]) {
    for (const { name, row } of commands) {
      expect(script).toContain(name)
      for (const option of Object.keys(row.options)) expect(script).toMatch(new RegExp(`(--|-l )${option}\\b`))
    }
  }
})

test.each(['bash', 'zsh', 'fish'])('[X7] doorpost completion %s writes that script', async (shell) => {
  const it = fake()
  expect(await it.run('completion', shell)).toBe(0)
  expect(it.out()).toContain(`doorpost completion for ${shell}`)
  expect(it.err()).toBe('')
})
