import { expect, test, vi } from 'vitest'
import type { Conversation, Operations, Progress, TalkMessage } from '@doorpost/peer/operations'
import { fake, NOW } from '../fake-surroundings.ts'

const ME = 'ann@localhost:8025'
const BOB = 'bob@localhost:8025'
const CONVERSATION = 'c'.repeat(43)
const at = new Date(NOW).toISOString()

const conversation: Conversation = {
  id: CONVERSATION,
  people: [
    { address: ME, me: true },
    { address: BOB, contact: 'mutual', online: true },
  ],
  request: false,
  unread: 1,
  count: 1,
  muted: false,
  typing: [],
}
const message = (id: string, text: string, more: Partial<TalkMessage> = {}): TalkMessage => ({
  id: id.repeat(22),
  conversation: CONVERSATION,
  from: BOB,
  fromDevice: 'phone',
  mine: false,
  to: [ME],
  at,
  text,
  media: [],
  ...more,
})
const mine = (id: string, text: string, state: 'accepted' | 'delivered' | 'read'): TalkMessage =>
  message(id, text, { mine: true, from: ME, to: [BOB], marks: [{ address: BOB, state }] })

/** A device with one conversation in it, and somebody who types. */
function talking(options: { terminal?: boolean; input?: string } = {}) {
  const messages = [message('a', 'are you there', { unread: true })]
  const typed = Promise.withResolvers<string | undefined>()
  const later: (string | undefined | Promise<string | undefined>)[] = [typed.promise]
  let tell: (progress: Progress) => void = () => {}
  const watching = Promise.withResolvers<void>()
  const it = fake({
    ...options,
    ...(options.input === undefined && {
      lines: (async function* () {
        for (const one of later) {
          const line = await one
          if (line === undefined) return
          yield line
        }
      })(),
    }),
    answers: {
      whoami: () => ({ address: ME }) as Operations['whoami']['result'],
      conversation: () => ({ conversation, messages: [...messages], more: false }),
      'talk.mark': () => ({ unread: 0 }),
      'talk.send': ({ text }) => {
        messages.push(mine('b', text, 'accepted'))
        return { id: 'b'.repeat(22), conversation: CONVERSATION, accepted: true }
      },
      'talk.watch': (_, { progress, signal }) => {
        tell = progress
        watching.resolve()
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        })
      },
    },
  })
  return {
    it,
    watching: watching.promise,
    hears: (change: Extract<Progress, { kind: 'talk' }>['change']) => tell({ kind: 'talk', change }),
    types(line: string) {
      const next = Promise.withResolvers<string | undefined>()
      later.push(next.promise)
      typed.resolve(line)
      return { leaves: () => next.resolve(undefined) }
    },
    leaves: () => typed.resolve(undefined),
  }
}

test('[TLK13] chat shows what was said, marks it as read, sends what is typed and shows at its end how far it got', async () => {
  const { it, hears, types, watching } = talking({ terminal: true })
  const ending = it.run('chat', 'bob')
  await watching
  await vi.waitFor(() => expect(it.out()).toMatch(/\d\d:\d\d bob: are you there\n$/))
  expect(it.out()).toMatch(/^A conversation with bob, on-line\. Ctrl-D leaves\.\n/)
  await vi.waitFor(() =>
    expect(it.asked).toContainEqual({
      name: 'talk.mark',
      args: { conversation: CONVERSATION, upTo: 'a'.repeat(22) },
    }),
  )
  const { leaves } = types('I am')
  await vi.waitFor(() => expect(it.out()).toMatch(/you: I am {2}· sent\n$/))
  hears({ what: 'message', message: mine('b', 'I am', 'read') })
  expect(it.out()).toMatch(/again: \d\d:\d\d you: I am {2}· read\n$/)
  hears({ what: 'typing', conversation: CONVERSATION, people: [BOB] })
  expect(it.err()).toContain('(bob writes) > ')
  leaves()
  expect(await ending).toBe(0)
  expect(it.asked).toContainEqual({ name: 'talk.send', args: { to: [BOB], text: 'I am' } })
})

test('[TLK13] chat --json writes every message and change as a line; what belongs to other conversations is left out', async () => {
  const { it, hears, leaves, watching } = talking()
  const ending = it.run('chat', 'bob', '--json')
  await watching
  await vi.waitFor(() => expect(it.out()).not.toBe(''))
  hears({ what: 'message', message: message('d', 'two\nlines') })
  hears({ what: 'message', message: message('e', 'elsewhere', { conversation: 'x'.repeat(43) }) })
  hears({ what: 'typing', conversation: CONVERSATION, people: [BOB] })
  leaves()
  expect(await ending).toBe(0)
  const said = it
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; message?: TalkMessage })
  expect(said.map(({ what, message: one }) => one?.text ?? what)).toEqual(['are you there', 'two\nlines', 'typing'])
})

test('[TLK13] chat --once sends standard input as one message, and answers its id', async () => {
  const { it } = talking({ input: 'first\nsecond\n' })
  expect(await it.run('chat', 'bob', '--once')).toBe(0)
  expect(it.asked).toEqual([{ name: 'talk.send', args: { to: ['bob'], text: 'first\nsecond' } }])
  expect(it.out()).toBe(`${'b'.repeat(22)}\n`)
  const silent = talking({ input: '' })
  expect(await silent.it.run('chat', 'bob', '--once')).toBe(64)
})

test('[TLK13] Ctrl-C leaves chat at once; what a friend writes cannot move the cursor', async () => {
  const { it, hears, watching } = talking({ terminal: true })
  const ending = it.run('chat', 'bob')
  await watching
  await vi.waitFor(() => expect(it.out()).not.toBe(''))
  hears({ what: 'message', message: message('d', 'a\u001b[2Jb\u202ec') })
  expect(it.out()).toContain('bob: a\ufffd[2Jb\ufffdc')
  it.stop()
  expect(await ending).toBe(130)
})
