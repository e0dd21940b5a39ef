import { type Draft, type Operations, Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { entry, ID, media, sent } from '../fake-messages.ts'
import { fake } from '../fake-surroundings.ts'

type Sent = Operations['send']['result']
const accepted: Sent = { id: ID, to: ['bob@localhost:8025'], media: [media()], accepted: true }

test('[X13] send sets every field of a message, and each file’s own title and date', async () => {
  const it = fake({ answers: { send: () => accepted, inbox: () => [entry({ id: 'z'.repeat(22) })] } })
  const code = await it.run(
    ...['send', 'film.mp4', 'a=b', '/abs/photos', '--to', 'bob', '--to', 'carol@[::1]:8025'],
    ...['--title', 'The wedding', '--text', 'Sunday cut', '--date', '2026-05-03', '--time', '14:02'],
    ...['--copyright', '© Ann', '--who', 'w1', '--what', 'w2', '--when', 'w3', '--where', 'w4', '--why', 'w5'],
    ...['--in-reply-to', 'zzzzzz', '--file-title', 'a=b=First = dance', '--file-date', 'film.mp4=2026-05-01T10:00:00Z'],
    ...['--expires', '12h', '--json'],
  )
  expect(code).toBe(0)
  expect(it.asked.at(-1)).toEqual({
    name: 'send',
    args: {
      to: ['bob', 'carol@[::1]:8025'],
      files: ['/work/films/film.mp4', '/work/films/a=b', '/abs/photos'],
      title: 'The wedding',
      text: 'Sunday cut',
      date: '2026-05-03',
      time: '14:02',
      copyright: '© Ann',
      who: 'w1',
      what: 'w2',
      when: 'w3',
      where: 'w4',
      why: 'w5',
      inReplyTo: 'z'.repeat(22),
      fileTitles: { '/work/films/a=b': 'First = dance' },
      fileDates: { '/work/films/film.mp4': '2026-05-01T10:00:00Z' },
      lifetimeMs: 12 * 3600_000,
    } satisfies Draft,
  })
  expect(JSON.parse(it.out())).toMatchObject({ id: ID, accepted: true })
})

test('[X13] text comes from standard input by a dash, and a message needs no file', async () => {
  const it = fake({ answers: { send: () => ({ ...accepted, media: [] }) }, input: 'long\ntext\n', agent: false })
  expect(await it.run('send', '--to', 'bob', '--text', '-')).toBe(0)
  expect(it.asked).toEqual([{ name: 'send', args: { to: ['bob'], files: [], text: 'long\ntext\n' } }])
  expect(it.out()).toBe(`${ID}\n`)
})

test.each([
  [['film.mp4'], '--to ADDRESS'],
  [['--to', 'bob'], 'needs something to send'],
  [['--to', 'bob', '--text', 'x', '--expires', 'soon'], '--expires takes a time such as 12h or 30d'],
  [['--to', 'bob', '--text', 'x', '--expires', '91d'], '--expires takes at most 90 days'],
  [['--to', 'bob', '--text', 'x', '--date', '3 May'], '--date takes a date such as'],
  [['--to', 'bob', '--text', 'x', '--date', '2026-13-03'], '--date takes a date such as'],
  [['--to', 'bob', '--text', 'x', '--time', '25:00'], '--time takes a time such as 14:02'],
  [['f', '--to', 'bob', '--file-title', 'g=x'], 'FILE=VALUE with a FILE that is sent'],
  [['f', '--to', 'bob', '--file-date', 'f=May'], '--file-date takes a date such as'],
])('[X13] send %j is a mistake that is told before anything is opened', async (words, told) => {
  const it = fake()
  expect(await it.run('send', ...words)).toBe(64)
  expect(it.err()).toContain(told)
  expect(it.homes).toEqual([])
})

test('[X17] with an agent send returns when the message is accepted or kept in the outbox', async () => {
  const it = fake({ answers: { send: () => accepted } })
  expect(await it.run('send', 'film.mp4', '--to', 'bob')).toBe(0)
  expect(it.asked.map(({ name }) => name)).toEqual(['send'])
  expect(it.err().replaceAll('\u00a0', ' ')).toBe(
    'The message with one file, 1.0 MB, is on its way to bob@localhost:8025.\n',
  )
  const away = { ...accepted, accepted: false, heldBack: 'The server at localhost:8025 does not answer.' }
  const held = fake({ answers: { send: () => away } })
  expect(await held.run('send', 'film.mp4', '--to', 'bob')).toBe(0)
  expect(held.err()).toContain('waits here. The server at localhost:8025 does not answer.\n')
})

test('[X17] without an agent send stays until all have fetched, with a line per recipient and change', async () => {
  const line = (state: 'accepted' | 'fetching') =>
    sent({ recipients: [{ address: 'bob@localhost:8025', state, fetchedAt: null, receipt: 'none' }] })
  const done = sent({
    recipients: [
      { address: 'bob@localhost:8025', state: 'fetched', fetchedAt: '2026-05-03T13:02:00.000Z', receipt: 'verified' },
    ],
  })
  const it = fake({
    agent: false,
    answers: {
      send: () => accepted,
      'send.wait': (_, { progress }) => {
        for (const status of [line('accepted'), line('accepted'), line('fetching')]) progress({ kind: 'sent', status })
        return done
      },
    },
  })
  expect(await it.run('send', 'film.mp4', '--to', 'bob')).toBe(0)
  expect(it.asked.at(-1)).toEqual({ name: 'send.wait', args: { id: ID } })
  expect(it.err().split('\n').slice(2, -1)).toEqual([
    'bob@localhost:8025  waiting in their mailbox',
    'bob@localhost:8025  fetching',
    expect.stringMatching(/^bob@localhost:8025 {2}has it since \d\d:02$/),
  ])
})

test('[X17] send stays also when another command had the device open and ends', async () => {
  const fetched = sent({ recipients: [{ address: 'b@c', state: 'fetched', fetchedAt: null, receipt: 'verified' }] })
  let waits = 0
  const it = fake({
    agent: false,
    answers: {
      send: () => accepted,
      'send.wait': () => {
        waits += 1
        if (waits < 3) throw new Trouble(waits === 1 ? 'not-available' : 'cancelled', 'The agent ended.')
        return fetched
      },
    },
  })
  expect(await it.run('send', 'film.mp4', '--to', 'bob')).toBe(0)
  expect(it.homes).toHaveLength(3)
  const never = fake({
    agent: false,
    answers: { send: () => accepted, 'send.wait': () => Promise.reject(new Trouble('not-available', 'No.')) },
  })
  expect(await never.run('send', 'film.mp4', '--to', 'bob')).toBe(69)
  expect(never.homes).toHaveLength(3)
})

test('[X17] without an agent --no-wait ends at once and says how the files can be fetched', async () => {
  const it = fake({ agent: false, answers: { send: () => accepted } })
  expect(await it.run('send', 'film.mp4', '--to', 'bob', '--no-wait', '--home', 'A')).toBe(0)
  expect(it.asked.map(({ name }) => name)).toEqual(['send'])
  expect(it.err()).toContain('The files can be fetched while an agent runs: doorpost agent --home A\n')
})

test('[X17] somebody who did not fetch shows in the exit code', async () => {
  const refused = sent({
    recipients: [{ address: 'bob@localhost:8025', state: 'refused', fetchedAt: null, receipt: 'none' }],
  })
  const it = fake({ agent: false, answers: { send: () => accepted, 'send.wait': () => refused } })
  expect(await it.run('send', 'film.mp4', '--to', 'bob')).toBe(69)
})

test('[X81] what lies in a folder and does not go along is named, and no screen is filled with it', async () => {
  const leaving = (count: number) =>
    fake({
      answers: {
        send(_, { progress }) {
          for (let index = 0; index < count; index += 1) {
            progress({ kind: 'left-out', name: `/work/films/photos/link-${index}`, reason: 'Links are not followed.' })
          }
          return accepted
        },
      },
    })
  const one = leaving(1)
  expect(await one.run('send', 'photos', '--to', 'bob')).toBe(0)
  expect(one.err()).toContain('/work/films/photos/link-0 is left out. Links are not followed.\n')
  const many = leaving(5000)
  await many.run('send', 'photos', '--to', 'bob')
  expect(many.err().split('\n').slice(9, 12)).toEqual([
    '/work/films/photos/link-9 is left out. Links are not followed.',
    'More like these are left out.',
    expect.stringMatching(/^The message /),
  ])
})

test('[X10] Ctrl-C ends waiting for recipients and says what still works', async () => {
  const it = fake({
    agent: false,
    answers: {
      send: () => accepted,
      'send.wait': (_, { signal }) => {
        it.stop()
        signal?.throwIfAborted()
        return sent()
      },
    },
  })
  expect(await it.run('send', 'film.mp4', '--to', 'bob')).toBe(130)
  expect(it.err()).toMatch(
    /Stopped\. The message stays sent; its files can be fetched while an agent runs: doorpost agent\n$/,
  )
})
