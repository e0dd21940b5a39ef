import { expect, test } from 'vitest'
import type { TalkMessage } from '../device-connection.ts'
import { en } from '../words/en.ts'
import { formatsOf } from '../words/formats.ts'
import { arrange, marksSentence } from './arrange.ts'
import { nameOf, namesOf } from './names.ts'

const formats = formatsOf('en-GB', 'UTC')
const now = Date.parse('2026-05-13T15:00:00Z')
const said = (from: string, at: string): TalkMessage => ({
  id: at,
  conversation: 'c',
  from,
  fromDevice: `${from}/laptop`,
  mine: from === 'me',
  to: [],
  at,
  media: [],
})

test('[SCR6] messages stand by day, and what one said in one go together', () => {
  const days = arrange(
    [
      said('ann', '2026-05-12T23:58:00Z'),
      said('ann', '2026-05-13T00:01:00Z'),
      said('ann', '2026-05-13T00:05:59Z'),
      said('ann', '2026-05-13T00:11:00Z'),
      said('me', '2026-05-13T00:11:30Z'),
    ],
    formats,
    now,
  )
  expect(days.map(({ name, goes }) => [name, goes.map(({ from, messages }) => [from, messages.length])])).toEqual([
    ['Yesterday', [['ann', 1]]],
    [
      'Today',
      [
        ['ann', 2],
        ['ann', 1],
        ['me', 1],
      ],
    ],
  ])
  expect(arrange([], formats, now)).toEqual([])
})

test("[SCR6] one's own message says in words how far it is", () => {
  const name = (address: string) => nameOf(address, 'me@x.example')
  const of = (...states: ('accepted' | 'delivered' | 'read' | 'fetched' | 'waiting' | 'refused')[]) =>
    marksSentence(
      { marks: states.map((state, index) => ({ address: `${'abc'[index]}@x.example`, state })) },
      en.talk,
      name,
    )
  expect(marksSentence({ waits: true }, en.talk, name)).toBe('Waiting here for the server')
  expect(of('accepted')).toBe('Sent')
  expect(of('delivered')).toBe('Delivered')
  expect(of('read')).toBe('Read')
  expect(of('read', 'delivered', 'accepted')).toBe('Read by a')
  expect(of('delivered', 'accepted')).toBe('Delivered to a')
  expect(of('read', 'fetched')).toBe('Read')
  expect(of()).toBe('Sent')
})

test("[SCR6] people of one's own server are called by their name, others by their address", () => {
  expect(nameOf('ann@post.example', 'mia@post.example')).toBe('ann')
  expect(nameOf('ann@post.example.org', 'mia@post.example')).toBe('ann@post.example.org')
  const people = [{ address: 'mia@x', me: true as const }, { address: 'bob@x' }]
  expect(namesOf({ people }, 'mia@x')).toEqual(['bob'])
})
