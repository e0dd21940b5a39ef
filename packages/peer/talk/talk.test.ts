// Whole devices of two and three people in one process talk to each other.

import { expect, test, vi } from 'vitest'
import type { Neighbour } from '../fake-neighbours.ts'
import { ask, playScene, text, troubleOf } from '../node/street-scene.ts'
import type { Conversation, Progress, TalkChange, TalkMessage } from '../operations.ts'

const scene = playScene()
/** As long as what happens by itself may take, ms. */
const PATIENCE_MS = 10_000

async function withWhom(who: Neighbour, ...others: string[]) {
  return await ask(who, 'conversation', { with: others })
}

async function talkOf(who: Neighbour, ...others: string[]): Promise<string[]> {
  return (await withWhom(who, ...others)).messages.map(({ text: words = '', mine }) => (mine ? `> ${words}` : words))
}

async function say(who: Neighbour, to: string[], words: string, inReplyTo?: string): Promise<string> {
  const { id } = await ask(who, 'talk.send', { to, text: words, ...(inReplyTo !== undefined && { inReplyTo }) })
  return id
}

function until(look: () => Promise<void>): Promise<void> {
  return vi.waitFor(look, PATIENCE_MS)
}

/** Hears everything until the test ends. */
function listen(who: Neighbour): { heard: TalkChange[]; stop(): void } {
  const stop = new AbortController()
  const heard: TalkChange[] = []
  const onProgress = (progress: Progress) => {
    if (progress.kind === 'talk') heard.push(progress.change)
  }
  ask(who, 'talk.watch', {}, { signal: stop.signal, onProgress }).catch(() => {})
  return { heard, stop: () => stop.abort() }
}

async function marksOf(who: Neighbour, other: string, id: string): Promise<string[]> {
  const { messages } = await withWhom(who, other)
  return messages.find((one) => one.id === id)?.marks?.map(({ state }) => state) ?? []
}

test('[TLK1] a conversation is the set of its people, the same for both, with what either said in the order of acceptance', async () => {
  const [alice, bob] = await scene.friends()
  const first = await say(alice, ['bob'], 'hello')
  await until(async () => expect(await talkOf(bob, 'alice')).toEqual(['hello']))
  const second = await say(bob, ['alice'], 'hello yourself', first)
  await until(async () => expect(await talkOf(alice, 'bob')).toEqual(['> hello', 'hello yourself']))
  expect(await talkOf(bob, 'alice')).toEqual(['hello', '> hello yourself'])
  const [ofAlice, ofBob] = [await withWhom(alice, 'bob'), await withWhom(bob, 'alice')]
  expect(ofAlice.conversation.id).toBe(ofBob.conversation.id)
  expect(ofAlice.conversation.people.map(({ address, me }) => [address, me ?? false])).toEqual([
    ['alice@example.org', true],
    ['bob@example.org', false],
  ])
  expect(ofAlice.messages.map(({ at }) => at)).toEqual(ofBob.messages.map(({ at }) => at))
  expect(ofAlice.messages[1]).toMatchObject({ id: second, inReplyTo: first, from: 'bob@example.org', mine: false })
  const [listed] = await ask(bob, 'conversations', {})
  expect(listed).toMatchObject({ unread: 1, count: 2, last: { line: 'hello yourself', mine: true }, request: false })
})

test('[TLK2] what was sent is delivered when a device took it in, and read when the person saw it; marks off tells neither', async () => {
  const [alice, bob] = await scene.friends()
  const id = await say(alice, ['bob'], 'hello')
  await until(async () => expect(await marksOf(alice, 'bob', id)).toEqual(['delivered']))
  const { conversation } = await withWhom(bob, 'alice')
  expect(conversation.unread).toBe(1)
  expect(await ask(bob, 'talk.mark', { conversation: conversation.id, upTo: id })).toEqual({ unread: 0 })
  await until(async () => expect(await marksOf(alice, 'bob', id)).toEqual(['read']))
  await ask(alice, 'prefs.change', { edits: [{ set: { marks: 'off' } }] })
  expect(await marksOf(alice, 'bob', id)).toEqual(['delivered'])
  await ask(alice, 'prefs.change', { edits: [{ set: { marks: 'on' } }] })
  await ask(bob, 'prefs.change', { edits: [{ set: { marks: 'off' } }] })
  const silent = await say(alice, ['bob'], 'and now')
  await until(async () => expect(await marksOf(alice, 'bob', silent)).toEqual(['delivered']))
  const notes = scene.street.accepted.length
  await ask(bob, 'talk.mark', { conversation: conversation.id, upTo: silent })
  await say(bob, ['alice'], 'read, and not told')
  await until(async () => expect(await talkOf(alice, 'bob')).toContain('read, and not told'))
  expect(await marksOf(alice, 'bob', silent)).toEqual(['delivered'])
  expect(
    scene.street.accepted.slice(notes).filter((one) => one.class === 'note' && one.from === bob.me.address),
  ).toEqual([])
})

test('[TLK3] nobody but a mutual contact is told what was read, or that somebody writes', async () => {
  const alice = await scene.move('alice')
  const bob = await scene.move('bob')
  await ask(bob, 'contacts.add', { who: 'alice' })
  await say(alice, ['bob'], 'do you know me')
  await until(async () => expect(await talkOf(bob, 'alice')).toEqual(['do you know me']))
  const { conversation, messages } = await withWhom(bob, 'alice')
  const before = scene.street.accepted.length
  expect(await ask(bob, 'talk.mark', { conversation: conversation.id, upTo: messages[0]?.id ?? '' })).toEqual({
    unread: 0,
  })
  await ask(bob, 'talk.typing', { conversation: conversation.id })
  await say(bob, ['alice'], 'we shall see')
  expect(scene.street.accepted.slice(before).map((one) => one.class)).toEqual(['message'])
})

test('[TLK4] whoever writes is seen writing for ten seconds at most, told every five, and on no disk', async () => {
  const [alice, bob] = await scene.friends()
  await say(alice, ['bob'], 'hello')
  await until(async () => expect(await talkOf(bob, 'alice')).toEqual(['hello']))
  const ear = listen(bob)
  const { conversation } = await withWhom(alice, 'bob')
  const before = scene.street.accepted.length
  await until(async () => {
    await ask(alice, 'talk.typing', { conversation: conversation.id })
    expect((await withWhom(bob, 'alice')).conversation.typing).toEqual(['alice@example.org'])
  })
  await ask(alice, 'talk.typing', { conversation: conversation.id })
  const told = scene.street.accepted.slice(before).filter((one) => one.from === alice.me.address)
  expect(told.map(({ date, expires }) => Date.parse(expires) - Date.parse(date))).toEqual([10_000])
  expect(await alice.store.all('outbox')).toEqual([])
  // What they wrote is here: they write no more.
  await say(alice, ['bob'], 'a long story')
  await until(async () => expect((await withWhom(bob, 'alice')).conversation.typing).toEqual([]))
  expect(ear.heard.flatMap((one) => (one.what === 'typing' ? [one.people] : []))).toEqual([['alice@example.org'], []])
  ear.stop()
})

test('[TLK5] a message to several is a conversation of them all; one person more is another', async () => {
  const [alice, bob] = await scene.friends()
  const carol = await scene.move('carol')
  await scene.street.befriend(alice, carol)
  await scene.street.befriend(bob, carol)
  await say(alice, ['bob', 'carol'], 'dinner?')
  for (const one of [bob, carol]) {
    await until(async () =>
      expect((await ask(one, 'conversations', {})).map(({ last }) => last?.line)).toEqual(['dinner?']),
    )
  }
  const [seen] = await ask(carol, 'conversations', {})
  await say(
    carol,
    (seen as Conversation).people.flatMap(({ address, me }) => (me ? [] : [address])),
    'yes',
  )
  for (const [one, others] of [
    [alice, ['bob', 'carol']],
    [bob, ['alice', 'carol']],
  ] as const) {
    await until(async () => expect(await talkOf(one, ...others)).toContain('yes'))
  }
  await say(alice, ['bob'], 'just us')
  const ids = (await ask(alice, 'conversations', {})).map(({ id }) => id)
  expect(new Set(ids).size).toBe(2)
})

test('[TLK6] strangers are requests apart, and junk and blocked people are not among the conversations', async () => {
  const alice = await scene.move('alice')
  const bob = await scene.move('bob')
  await say(bob, ['alice'], 'buy this')
  await until(async () => expect(await ask(alice, 'conversations', {})).toMatchObject([{ request: true, unread: 1 }]))
  await ask(alice, 'prefs.change', { edits: [{ add: 'junk', who: 'bob' }] })
  expect(await ask(alice, 'conversations', {})).toEqual([])
  expect(await ask(alice, 'talk.search', { words: 'buy' })).toEqual({ conversations: [], messages: [], more: false })
  await ask(alice, 'prefs.change', { edits: [{ remove: 'junk', who: 'bob' }] })
  await ask(alice, 'contacts.block', { address: 'bob' })
  expect(await ask(alice, 'conversations', {})).toEqual([])
  await ask(alice, 'contacts.unblock', { address: 'bob' })
  await ask(alice, 'contacts.add', { who: 'bob' })
  await until(async () => expect(await ask(alice, 'conversations', {})).toMatchObject([{ request: false }]))
})

test('[TLK7] words are found in texts, titles, names of files and people, newest first, whatever case and accents', async () => {
  const [alice, bob] = await scene.friends()
  const old = await say(alice, ['bob'], 'The Café is closed')
  await until(async () => expect(await talkOf(bob, 'alice')).toHaveLength(1))
  const film = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('cafe tour.mkv')], title: 'Sunday' })
  await until(async () => expect(await talkOf(bob, 'alice')).toHaveLength(2))
  for (const who of [alice, bob]) {
    const found = await ask(who, 'talk.search', { words: 'CAFE' })
    expect(found.messages.map(({ id }) => id)).toEqual([film.id, old])
    expect((await ask(who, 'talk.search', { words: 'closed the' })).messages.map(({ id }) => id)).toEqual([old])
    expect((await ask(who, 'talk.search', { words: 'closed sunday' })).messages).toEqual([])
  }
  expect((await ask(bob, 'talk.search', { words: 'alice' })).conversations).toHaveLength(1)
  expect(await ask(bob, 'talk.search', { words: 'cafe', limit: 1 })).toMatchObject({ more: true })
  expect(await ask(bob, 'talk.search', { words: ' ' })).toEqual({ conversations: [], messages: [], more: false })
})

test('[TLK8] what is forgotten is gone from this device alone, comes back for ten minutes, and then its words are dropped', async () => {
  const [alice, bob] = await scene.friends()
  const words = await say(alice, ['bob'], 'burn after reading')
  await until(async () => expect(await talkOf(bob, 'alice')).toHaveLength(1))
  const film = await ask(alice, 'send', { to: ['bob'], files: [await scene.file('a.mkv')], title: 'secret title' })
  await until(async () => expect(await talkOf(bob, 'alice')).toHaveLength(2))
  const { conversation } = await withWhom(bob, 'alice')
  const { forgotten } = await ask(bob, 'talk.forget', { conversation: conversation.id, message: words })
  expect((await withWhom(bob, 'alice')).messages.map(({ id }) => id)).toEqual([film.id])
  await ask(bob, 'talk.recall', { forgotten })
  expect((await withWhom(bob, 'alice')).messages).toHaveLength(2)
  await ask(bob, 'talk.draft', { conversation: conversation.id, text: 'half a thought' })
  const whole = await ask(bob, 'talk.forget', { conversation: conversation.id })
  expect(await ask(bob, 'conversations', {})).toEqual([])
  expect(await talkOf(alice, 'bob')).toHaveLength(2)
  scene.later(11 * 60_000)
  expect((await troubleOf(ask(bob, 'talk.recall', whole))).code).toBe('not-available')
  await bob.close()
  const again = await scene.move('bob', { store: bob.store })
  expect(await ask(again, 'conversations', {})).toEqual([])
  const kept = JSON.stringify(await bob.store.all('inbox')) + JSON.stringify(await bob.store.all('talk'))
  expect(kept).not.toContain('burn after reading')
  expect(kept).not.toContain('secret title')
  expect(kept).not.toContain('half a thought')
  // The film itself can be had as before.
  expect((await ask(again, 'inbox', {})).map(({ media }) => media[0]?.name)).toEqual(['a.mkv'])
})

test('[TLK9] a draft stays on its device until it is sent, and a muted conversation stays muted, across a new start', async () => {
  const [alice, bob] = await scene.friends()
  const { conversation } = await withWhom(alice, 'bob')
  await ask(alice, 'talk.draft', { conversation: conversation.id, text: 'dear b' })
  await ask(alice, 'talk.mute', { conversation: conversation.id, muted: true })
  await alice.close()
  const again = await scene.move('alice', { store: alice.store })
  expect(await ask(again, 'conversations', {})).toMatchObject([{ draft: 'dear b', muted: true, count: 0 }])
  await say(again, ['bob'], 'dear bob')
  const [after] = await ask(again, 'conversations', {})
  expect(after).toMatchObject({ count: 1, muted: true })
  expect(after?.draft).toBeUndefined()
  await until(async () => expect(await talkOf(bob, 'alice')).toEqual(['dear bob']))
})

test('[TLK10] while there is no line what is said waits behind everything else, and takes its place when it is accepted', async () => {
  const [alice, bob] = await scene.friends()
  alice.line.become('offline')
  const sending = say(alice, ['bob'], 'from a tunnel')
  await until(async () => expect((await withWhom(alice, 'bob')).messages).toMatchObject([{ waits: true }]))
  const ear = listen(alice)
  await say(bob, ['alice'], 'where are you')
  alice.line.become('online')
  await sending
  await until(async () => expect(await talkOf(alice, 'bob')).toEqual(['where are you', '> from a tunnel']))
  expect((await withWhom(alice, 'bob')).messages[1]?.waits).toBeUndefined()
  await until(async () => {
    const told = ear.heard.flatMap((one): TalkMessage[] => (one.what === 'message' ? [one.message] : []))
    expect(told.some(({ mine, marks }) => mine && marks?.[0]?.state === 'delivered')).toBe(true)
  })
  ear.stop()
})

test('[TLK11] a long conversation is read page by page, without a gap or a message twice', async () => {
  const [alice, bob] = await scene.friends()
  for (let number = 0; number < 7; number++) await ask(alice, 'send', text(['bob'], String(number)))
  await until(async () => expect(await talkOf(bob, 'alice')).toHaveLength(7))
  const pages: string[][] = []
  let before: string | undefined
  for (let more = true; more; ) {
    const page = await ask(bob, 'conversation', { with: ['alice'], limit: 3, ...(before !== undefined && { before }) })
    pages.unshift(page.messages.map((one) => one.text ?? ''))
    before = page.messages[0]?.id
    more = page.more
  }
  expect(pages).toEqual([['0'], ['1', '2', '3'], ['4', '5', '6']])
})
