import { Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { ID } from './fake-messages.ts'
import { fake } from './fake-surroundings.ts'

test('[ELS9] send --watch tells each file that was sent, and ends with 130 on Ctrl-C', async () => {
  const it = fake({
    answers: {
      'send.watch': (_args, { progress }) => {
        progress({ kind: 'watched', name: 'a.mov', id: ID, accepted: true })
        progress({ kind: 'left-out', name: 'b.mov', reason: 'It is too large.' })
        it.stop()
        throw new Trouble('cancelled', 'Stopped.')
      },
    },
  })
  const code = await it.run(
    'send',
    '--watch',
    'drop',
    '--to',
    'bob',
    '--pattern',
    '*.mov',
    '--settle',
    '5s',
    '--take',
    '--title',
    'Rushes',
  )
  expect(code).toBe(130)
  expect(it.asked).toEqual([
    {
      name: 'send.watch',
      args: {
        folder: '/work/films/drop',
        draft: { to: ['bob'], title: 'Rushes' },
        pattern: '*.mov',
        settleMs: 5000,
        take: true,
      },
    },
  ])
  expect(it.out()).toBe(`${ID}\n`)
  expect(it.err()).toContain('a.mov is on its way')
  expect(it.err()).toContain('b.mov is not sent. It is too large.')
  expect(it.err()).toContain('Stopped watching.')
})

test.each([
  ['send', 'film.mov', '--watch', 'drop', '--to', 'bob'],
  ['send', '--watch', 'drop'],
  ['send', 'film.mov', '--to', 'bob', '--pattern', '*.mov'],
  ['send', 'film.mov', '--to', 'bob', '--take'],
  ['send', '--watch', 'drop', '--to', 'bob', '--take', '--copy'],
  ['send', '--watch', 'drop', '--to', 'bob', '--settle', 'long'],
  ['send', '--watch', 'drop', '--to', 'bob', '--when-fetched', 'delete'],
])('[ELS9] %s %s %s %s %s %s is a mistake that is told before anything is opened', async (...words) => {
  const it = fake()
  expect(await it.run(...words.filter((word) => word !== undefined))).toBe(64)
  expect(it.homes).toEqual([])
})
