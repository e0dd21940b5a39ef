// What conversations cost a device that has many: what is read, counted.

import { expect, test, vi } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import { ask, playScene, text } from '../node/street-scene.ts'
import { countedStore } from '../store/counted-store.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { createSearched } from './searched.ts'
import type { Line } from './talk-index.ts'

const scene = playScene()
const MESSAGES = 24
/** Of one message: its record, what it says, and what is looked up to take it in. */
const ONE_MESSAGE = 12

test('[SCA2] a list of conversations is read once, and a message that comes costs its own reading, however many there are', async () => {
  const store = countedStore(openMemoryStore())
  const [alice, bob] = await scene.friends({ store })
  const sendUntil = async (count: number) => {
    for (let number = await held(); number < count; number++) await ask(alice, 'send', text(['bob'], `word ${number}`))
    await vi.waitFor(async () => expect(await held()).toBe(count), 10_000)
  }
  const held = async () => (await ask(bob, 'conversations', {}))[0]?.count ?? 0
  const look = async () => {
    await ask(bob, 'conversations', {})
    return await ask(bob, 'conversation', { with: ['alice'], limit: MESSAGES })
  }
  await sendUntil(MESSAGES)
  await look()
  store.taken()
  await look()
  const { inbox: again = 0, talk: talkAgain = 0, sent: sentAgain = 0, people: peopleAgain = 0 } = store.taken()
  expect([again, talkAgain, sentAgain, peopleAgain]).toEqual([0, 0, 0, 0])
  await sendUntil(MESSAGES + 1)
  const { messages } = await look()
  expect(messages.at(-1)?.text).toBe(`word ${MESSAGES}`)
  const { inbox = 0, talk = 0 } = store.taken()
  expect(inbox + talk).toBeLessThanOrEqual(ONE_MESSAGE)
})

test('[SCA4] a conversation is read around a message in its middle, and says that there are earlier and later ones', async () => {
  const [alice, bob] = await scene.friends()
  const ids: string[] = []
  for (let number = 0; number < 9; number++) ids.push((await ask(alice, 'send', text(['bob'], String(number)))).id)
  const part = async (around: string | undefined, limit: number) => {
    const asked = { with: ['alice'], limit, ...(around !== undefined && { around }) }
    const { messages, more, later } = await ask(bob, 'conversation', asked)
    return [messages.map((one) => one.text).join(''), more, later ?? false]
  }
  await vi.waitFor(async () => expect(await part(undefined, 9)).toEqual(['012345678', false, false]), 10_000)
  expect(await part(ids[4], 3)).toEqual(['345', true, true])
  expect(await part(ids[0], 4)).toEqual(['012', false, true])
  expect(await part(ids[8], 4)).toEqual(['5678', true, false])
  expect(await part('AAAAAAAAAAAAAAAAAAAAAA', 2)).toEqual(['78', true, false])
})

const ALICE = 'alice@example.org' as UserAddress
const idOf = (number: number) => String(number).padStart(22, 'm')
const lineOf = (number: number): Line => ({
  id: idOf(number),
  conversation: 'c',
  place: `2026-11-21T12:00:00.000Z ${idOf(number)}`,
  from: ALICE,
})

async function searching(count: number, charactersMax?: number) {
  const store = countedStore(openMemoryStore())
  const say = async (number: number, words: string) => {
    const value =
      number % 2 === 0 ? { text: words, media: [] } : { id: idOf(number), content: { text: words, media: [] } }
    const put = number % 2 === 0 ? ('inbox' as const) : ('talk' as const)
    await store.write([{ put, key: `${number % 2 === 0 ? 'content' : 'own'} ${idOf(number)}`, value }])
  }
  for (let number = 0; number < count; number++) await say(number, `Wort ${number} im Café`)
  const searched = createSearched({
    store,
    turn: async () => {},
    ...(charactersMax !== undefined && { charactersMax }),
  })
  let lines = Array.from({ length: count }, (_, number) => lineOf(number))
  return {
    store,
    searched,
    async add(number: number, words: string) {
      await say(number, words)
      lines = [...lines, lineOf(number)]
    },
    async find(...words: string[]) {
      const found = await searched.linesWith(words, lines, new AbortController().signal)
      return found.map(({ id }) => Number(id.replace(/^m+/, ''))).sort((a, b) => a - b)
    },
  }
}

test('[SCA3] what a search looks through is read once, and of what comes later that alone', async () => {
  const { store, find, add } = await searching(40)
  expect(await find('wort', '7')).toEqual([7, 17, 27, 37])
  expect(store.taken()).toEqual({ inbox: 20, talk: 20 })
  expect(await find('cafe', '12')).toEqual([12])
  expect(await find('alice', '39')).toEqual([39])
  expect(store.taken()).toEqual({})
  await add(40, 'something else')
  expect(await find('something')).toEqual([40])
  expect(store.taken()).toEqual({ inbox: 1 })
  expect(await find('something')).toEqual([40])
  expect(store.taken()).toEqual({})
})

test('[SCA3] what does not fit in memory is found all the same, and what was forgotten is not kept in it', async () => {
  const few = await searching(40, 100)
  expect(await few.find('wort', '7')).toEqual([7, 17, 27, 37])
  expect(await few.find('wort', '38')).toEqual([38])
  const { store, searched, find } = await searching(2)
  expect(await find('wort')).toEqual([0, 1])
  await store.write([{ drop: 'inbox', key: `content ${idOf(0)}` }])
  searched.forget([idOf(0)])
  expect(await find('wort')).toEqual([1])
})
