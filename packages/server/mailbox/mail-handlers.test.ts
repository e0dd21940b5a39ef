// LIST, RETRIEVE and REMOVE /messages, through the whole handler table over memory storage.

import { listedSchema, removedSchema, retrievedSchema } from '@doorpost/protocol/messages/mailbox'
import { beforeEach, expect, test } from 'vitest'
import { inMemoryServer, type InMemoryServer, type Person } from '../in-memory-server.ts'
import { keyOf, letter } from './letters.ts'

let server: InMemoryServer
let alice: Person
let bob: Person

beforeEach(async () => {
  server = inMemoryServer()
  alice = await server.join('alice')
  bob = await server.join('bob')
})

async function sendSome(count: number, body?: string) {
  const letters = Array.from({ length: count }, (_, number) => {
    const plain = letter(alice, [bob], number)
    return body === undefined ? plain : { ...plain, sealed: { ...plain.sealed, body } }
  })
  for (const envelope of letters) expect((await alice.ask('SEND', '/messages', envelope)).status).toBe(202)
  return letters
}

async function list(query = '') {
  const reply = await bob.ask('LIST', `/messages${query}`)
  return listedSchema.parse(reply.json)
}

test('[S9] LIST tells what waits in pages, each behind the message named', async () => {
  const letters = await sendSome(5)
  const first = await list('?limit=2')
  expect(first.messages.map(({ id }) => id)).toEqual(letters.slice(0, 2).map(({ id }) => id))
  expect(first.more).toBe(true)
  const last = first.messages[1] as (typeof first.messages)[number]
  const after = encodeURIComponent(`${last.from} ${last.id}`)
  const second = await list(`?after=${after}&since=${last.acceptedAt}`)
  expect(second.messages.map(({ id }) => id)).toEqual(letters.slice(2).map(({ id }) => id))
  expect(second.more).toBe(false)
  expect((await list(`?since=${new Date(server.clock.wallMs() + 1).toISOString()}`)).messages).toEqual([])
})

test('[S9] one answer to LIST is bounded, whatever limit is asked for', async () => {
  await sendSome(101)
  const { messages, more } = await list('?limit=5000')
  expect([messages.length, more]).toEqual([100, true])
})

test.each(['?limit=0', '?limit=x', '?since=yesterday', '?after=alice', '?after=alice%20x%20y', '?after='])(
  '[S9] LIST /messages%s is malformed',
  async (query) => {
    expect((await bob.ask('LIST', `/messages${query}`)).status).toBe(400)
  },
)

test('[S10] RETRIEVE answers per id, in the order asked, with what waits for this device alone', async () => {
  const [one, two] = await sendSome(2)
  if (!one || !two) throw new Error('two were sent')
  const unknown = keyOf(letter(alice, [bob], 99))
  const asked = { messages: [keyOf(two), unknown, keyOf(one)] }
  const { messages } = retrievedSchema.parse((await bob.ask('RETRIEVE', '/messages', asked)).json)
  expect(messages.map(({ id, status }) => [id, status])).toEqual([
    [two.id, 200],
    [unknown.id, 404],
    [one.id, 200],
  ])
  const asAlice = retrievedSchema.parse((await alice.ask('RETRIEVE', '/messages', asked)).json)
  expect(asAlice.messages.map(({ status }) => status)).toEqual([404, 404, 404])
})

test('[S10] an answer to RETRIEVE ends when it is long enough; the rest is to be asked for again', async () => {
  const letters = await sendSome(4, 'A'.repeat(1_200_000))
  const keys = letters.map(keyOf)
  const first = retrievedSchema.parse((await bob.ask('RETRIEVE', '/messages', { messages: keys })).json)
  expect(first.messages.map(({ id }) => id)).toEqual(letters.slice(0, 2).map(({ id }) => id))
  const rest = await bob.ask('RETRIEVE', '/messages', { messages: keys.slice(first.messages.length) })
  expect(retrievedSchema.parse(rest.json).messages).toHaveLength(2)
})

test("[S11] REMOVE answers per id and leaves other devices' copies", async () => {
  const deviceList = bob.signNext(({ devices }) => ({ devices: [...devices, bob.newDevice('phone')] }))
  await bob.ask('SEND', '/devices', { deviceList })
  const phone = await bob.logIn({ device: 'phone' })
  const [one, two] = await sendSome(2)
  if (!one || !two) throw new Error('two were sent')
  const asked = { messages: [keyOf(one), keyOf(letter(alice, [bob], 99))] }
  const statuses = async (token?: string) => {
    const reply = await bob.ask('REMOVE', '/messages', asked, token === undefined ? {} : { token })
    return removedSchema.parse(reply.json).messages.map(({ status }) => status)
  }
  expect(await statuses()).toEqual([200, 404])
  expect(await statuses()).toEqual([404, 404])
  expect((await list()).messages.map(({ id }) => id)).toEqual([two.id])
  const onPhone = listedSchema.parse((await bob.ask('LIST', '/messages', undefined, { token: phone })).json)
  expect(onPhone.messages.map(({ id }) => id)).toEqual([one.id, two.id])
  expect(await statuses(phone)).toEqual([200, 404])
})

test('[S10] bodies that name no mail are malformed', async () => {
  for (const body of [{}, { messages: [] }, { messages: [{ id: 'x' }] }, Buffer.from('nonsense')]) {
    for (const method of ['RETRIEVE', 'REMOVE']) expect((await bob.ask(method, '/messages', body)).status).toBe(400)
  }
})

test('[S18] accepted messages, confirmed copies and bytes of mail are counted', async () => {
  const [one, two] = await sendSome(2)
  if (!one || !two) throw new Error('two were sent')
  await alice.ask('SEND', '/messages', one)
  await bob.ask('REMOVE', '/messages', { messages: [keyOf(one), keyOf(one), keyOf(letter(alice, [bob], 99))] })
  const { body } = await server.rooms.metrics.text()
  expect(body).toContain('doorpost_messages_accepted_total 2\n')
  expect(body).toContain('doorpost_messages_delivered_total 1\n')
  const bytes = /doorpost_message_bytes_total\{direction="in"\} (\d+)/.exec(body)?.[1]
  expect(Number(bytes)).toBeGreaterThan(3 * JSON.stringify(one).length)
})
