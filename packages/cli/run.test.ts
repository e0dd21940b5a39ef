// A command line in; out come what a person reads, what a program reads and the exit code. The device behind it is made up.

import { Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'
import { fake } from './fake-surroundings.ts'
import { firstExamples } from './help.ts'
import { entryOf, table } from './table.ts'

test.each([
  [['snd'], 'Did you mean send?'],
  [['inbx', '--json'], 'Did you mean inbox?'],
  [['frobnicate'], 'has no command "frobnicate"'],
  [['send', '--titel', 'x'], 'doorpost send has no option --titel. Did you mean --title?'],
  [['send', '-x'], 'has no option -x'],
  [['contacts', 'ad', 'bob'], 'Did you mean add?'],
  [['get'], 'doorpost get needs ID'],
  [['get', 'a', 'b'], 'does not know what to do with "b"'],
  [['get', 'latest', '--path', 'pigeon'], '--path takes direct, webrtc or tunnel, not "pigeon"'],
  [['get', 'latest', '--out'], '--out needs a value: --out DIR'],
  [['get', 'latest', '--out='], '--out needs a value: --out DIR'],
  [['get', 'latest', '--json=yes'], '--json takes no value'],
  [['help', 'sned'], 'Did you mean send?'],
])('[X1] doorpost %j is answered with what was probably meant', async (words, told) => {
  const it = fake()
  expect(await it.run(...words)).toBe(64)
  expect(it.err()).toContain(told)
  expect(it.out()).toBe('')
  expect(it.asked).toEqual([])
})

test('[X2] a trouble is told in sentences with its code under Details, and ends in its exit code', async () => {
  const it = fake({
    answers: {
      whoami: () => {
        throw new Trouble('no-identity', 'Nobody has joined from /home/ann/.doorpost.', { cause: new Error('ENOENT') })
      },
    },
  })
  expect(await it.run('whoami')).toBe(78)
  expect(it.err()).toBe(
    'Nobody has joined from /home/ann/.doorpost.\n' +
      'Join one first: doorpost join http://localhost:8025 YOUR-NAME\n' +
      'Details: no-identity: ENOENT\n',
  )
})

test('[X83] somebody who said no is told what did not happen', async () => {
  const it = fake({ reply: 'n' })
  expect(await it.run('contacts', 'open', 'bob')).toBe(130)
  expect(it.err()).toMatch(/\nIs that meant\? Type yes: Nothing was changed\.\n$/)
})

test.each([
  ['EISDIR', 66, 'That is a folder, and a file is needed.\nName a file.\n'],
  ['ENAMETOOLONG', 66, 'That name is longer than this system takes.\n'],
  ['ENOSPC', 74, 'The disk is full.'],
])('[X2] %s of the system is no fault of this program', async (code, exit, told) => {
  const it = fake({ answers: { whoami: () => Promise.reject(Object.assign(new Error(code), { code })) } })
  expect(await it.run('whoami')).toBe(exit)
  expect(it.err()).toContain(told)
})

test('[X2] what nobody expected is this program’s fault, and says so', async () => {
  const it = fake({ answers: { whoami: () => Promise.reject(new RangeError('\u001b[2Jout of range')) } })
  expect(await it.run('whoami')).toBe(70)
  expect(it.err()).toContain('RangeError: \ufffd[2Jout of range')
})

test('[X2] a port in use is told by its number, and a server that may not start by its own sentence', async () => {
  const it = fake({
    answers: { whoami: () => Promise.reject(Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 8025 })) },
  })
  expect(await it.run('whoami')).toBe(69)
  expect(it.err()).toContain('Another program is using port 8025.')
  const refused = Object.assign(new Error('Plain HTTP is for this machine alone.'), { name: 'StartRefused' })
  const other = fake({ answers: { whoami: () => Promise.reject(refused) } })
  expect(await other.run('whoami')).toBe(78)
  expect(other.err()).toBe('Plain HTTP is for this machine alone.\n')
})

test('[X4] --help lists every command after three examples', async () => {
  const it = fake()
  expect(await it.run('--help')).toBe(0)
  const lines = it.out().split('\n')
  expect(lines.slice(2, 5).map((line) => line.trim())).toEqual(firstExamples)
  for (const { name, summary } of table) expect(it.out()).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'))
  const bare = fake()
  expect(await bare.run()).toBe(0)
  expect(bare.out()).toBe(it.out())
})

test.each(table.map(({ name }) => name))('[X4] %s --help begins with three examples', async (name) => {
  const it = fake()
  expect(await it.run(name, '--help')).toBe(0)
  const { examples } = await entryOf(name).load()
  const lines = it.out().split('\n')
  expect(lines[0]).toMatch(new RegExp(`^doorpost ${name}: `))
  expect(lines.slice(2, 5).map((line) => line.trim())).toEqual(examples)
  expect(
    it
      .out()
      .split('\n')
      .every((line) => line.length <= 100 || line.includes('doorpost ')),
  ).toBe(true)
  expect(it.err()).toBe('')
})

/** The words of the `doorpost` command in a shell line, quotes taken off. */
function wordsOf(example: string): string[] {
  const own = (/(?:^|[\s(])doorpost\s(.*)/.exec(example)?.[1] ?? '').replace(/\s*[|>)].*$/, '')
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}

test.each(table.map(({ name }) => name))('[X4] the examples of %s are accepted as written', async (name) => {
  const { examples } = await entryOf(name).load()
  for (const example of [...examples, ...firstExamples]) {
    const [command = '', ...rest] = wordsOf(example)
    const entry = entryOf(command === '--version' ? 'version' : command)
    const row = await entry.load()
    expect(() =>
      readArguments(
        entry.name,
        row,
        rest.filter((word) => word !== '--help'),
      ),
    ).not.toThrow()
  }
})

test('[X22] the home is that of --home, else of DOORPOST_HOME, else ~/.doorpost, always absolute', async () => {
  const answers = { inbox: () => [] }
  const by = async (env: Record<string, string>, ...words: string[]) => {
    const it = fake({ answers, env })
    await it.run('inbox', ...words)
    return it.homes[0]
  }
  expect(await by({})).toBe('/home/ann/.doorpost')
  expect(await by({ DOORPOST_HOME: 'B' })).toBe('/work/films/B')
  expect(await by({ DOORPOST_HOME: '/srv/b' }, '--home', 'A')).toBe('/work/films/A')
  expect(await by({ DOORPOST_HOME: '' })).toBe('/home/ann/.doorpost')
})
