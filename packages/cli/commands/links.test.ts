// `send --link` and `links`: what is asked of the device, and what people and programs read.

import type { LinkStatus } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { fake, NOW } from '../fake-surroundings.ts'

const made: LinkStatus = {
  id: 'AbCdEf1234567890abcdeg',
  link: 'https://example.org/l#v1.AgICAgICAgICAgICAgICAg.AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
  title: 'The wedding\u001b[2J',
  date: new Date(NOW).toISOString(),
  expires: '2026-05-10T14:02:00.000Z',
  sizeBytes: 5_000_000,
  state: 'waiting',
  open: true,
  media: [{ root: 'r', name: 'film.mp4', sizeBytes: 5_000_000 }],
}

test('[LNK16] send --link answers the link alone, and nobody is written to', async () => {
  const it = fake({ answers: { 'links.make': () => made }, cwd: '/films' })
  expect(await it.run('send', 'film.mp4', '--link', '--title', 'The wedding', '--expires', '2d')).toBe(0)
  expect(it.out()).toBe(`${made.link}\n`)
  expect(it.asked).toEqual([
    {
      name: 'links.make',
      args: { files: ['/films/film.mp4'], title: 'The wedding', lifetimeMs: 2 * 24 * 3600_000 },
    },
  ])
  expect(it.err()).toContain('doorpost links revoke AbCdEf12')
  const json = fake({ answers: { 'links.make': () => made } })
  await json.run('send', 'film.mp4', '--link', '--json')
  expect(JSON.parse(json.out())).toEqual(made)
})

test('[LNK23] with --show-address it may be fetched straight from here, which is said; for mail there is no such word', async () => {
  const it = fake({ answers: { 'links.make': () => ({ ...made, opens: true }) }, cwd: '/films' })
  expect(await it.run('send', 'film.mp4', '--link', '--show-address')).toBe(0)
  expect(it.asked[0]?.args).toMatchObject({ opens: true })
  expect(it.err()).toContain("they see this device's network address")
  const mail = fake()
  expect([await mail.run('send', 'film.mp4', '--to', 'bob', '--show-address'), mail.asked]).toEqual([64, []])
})

test('[LNK30] a link is handed to another device, and what became of that is said with what became of it', async () => {
  const handed = { device: 'tower', at: made.date } as const
  const it = fake({
    answers: {
      'links.handOver': () => ({ ...made, handed: { ...handed, state: 'asked' } }),
      'links.list': () => [{ ...made, handed: { ...handed, state: 'gives' } }],
    },
  })
  expect(await it.run('links', 'hand-over', 'AbCdEf12', 'tower')).toBe(0)
  expect(it.asked).toEqual([{ name: 'links.handOver', args: { id: 'AbCdEf12', device: 'tower' } }])
  expect(it.out()).toContain('tower is asked to give it out, and this device has to stay until it does')
  await it.run('links')
  expect(it.out()).toContain('tower gives it out, and this device may go')
  expect([await it.run('links', 'hand-over', 'AbCdEf12'), await it.run('links', 'revoke', 'x', 'tower')]).toEqual([
    64, 64,
  ])
})

test('[LNK16] what is for somebody by name does not go with it', async () => {
  for (const words of [
    ['--to', 'bob'],
    ['--copy'],
    ['--watch', 'card'],
    ['--when-fetched', 'delete'],
    ['--in-reply-to', 'AbCdEf12'],
  ]) {
    const it = fake()
    expect([words, await it.run('send', ...(words[0] === '--watch' ? [] : ['film.mp4']), '--link', ...words)]).toEqual([
      words,
      64,
    ])
    expect(it.asked).toEqual([])
  }
  expect(await fake().run('send', '--link', '--text', 'hello')).toBe(64)
})

test('[LNK16] without an agent it stays until it is fetched, and says what becomes of it', async () => {
  const fetched: LinkStatus = { ...made, state: 'fetched', at: made.date }
  const it = fake({
    agent: false,
    answers: {
      'links.make': () => made,
      'links.wait': (_args, { progress }) => {
        progress({ kind: 'link', status: { ...made, state: 'fetching', at: made.date } })
        return fetched
      },
    },
  })
  expect(await it.run('send', 'film.mp4', '--link')).toBe(0)
  expect(it.err()).toMatch(/being fetched since .*, by the one browser that has it now/)
  const gone = fake({
    agent: false,
    answers: { 'links.make': () => made, 'links.wait': () => ({ ...made, state: 'expired' }) },
  })
  expect(await gone.run('send', 'film.mp4', '--link')).toBe(69)
  const brief = fake({ agent: false, answers: { 'links.make': () => made } })
  expect(await brief.run('send', 'film.mp4', '--link', '--no-wait')).toBe(0)
})

test('[LNK16] links lists them in words, nothing in them obeyed by a terminal, and takes one back', async () => {
  const it = fake({
    answers: {
      'links.list': () => [made],
      'links.revoke': () => ({ ...made, state: 'revoked', at: made.date, open: false }),
    },
  })
  expect(await it.run('links')).toBe(0)
  expect(it.out()).toMatch(/AbCdEf12\s+The wedding.*\s5\.0\sMB\s+not fetched yet, open until /)
  expect(it.out()).not.toContain('\u001b')
  expect(await it.run('links', 'revoke', 'AbCdEf12')).toBe(0)
  expect(it.out()).toContain('The link is taken back.')
  expect(it.asked.at(-1)).toEqual({ name: 'links.revoke', args: { id: 'AbCdEf12' } })
  expect([await it.run('links', 'revoke'), await it.run('links', 'list', 'x')]).toEqual([64, 64])
  const none = fake({ answers: { 'links.list': () => [] } })
  expect(await none.run('links')).toBe(0)
  expect(none.out()).toBe('')
})
