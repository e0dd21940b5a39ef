// The slot of sealed preferences, as devices of its user and others see it.

import { DEVICES_MAX, PREFERENCES_BYTES_MAX } from '@doorpost/protocol/limits'
import { expect, test } from 'vitest'
import { inMemoryServer, MESSAGE_ID, type Person } from '../in-memory-server.ts'

const slot = (replaces: number, sequence: number, devices = ['laptop'], body = 'AAAA') => ({
  replaces,
  sequence,
  id: MESSAGE_ID,
  sealed: { keys: devices.map((device) => ({ device, key: 'AAAA' })), body },
})
const send = async (person: Person, body: unknown) => {
  const { status, json } = await person.ask('SEND', '/preferences', body)
  return [status, json]
}
const read = async (person: Person) => (await person.ask('RETRIEVE', '/preferences')).json

test('[RUL2] a device replaces what it names and nothing else, and each device gets its own sealed key', async () => {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  const bob = await server.join('bob')
  expect(await read(alice)).toEqual({ slot: null })
  expect(await send(alice, slot(0, 4))).toEqual([200, { sequence: 4 }])
  expect(await send(alice, slot(3, 5))).toMatchObject([409, { type: 'urn:doorpost:refusal:preferences-moved-on' }])
  expect(await read(alice)).toEqual({ slot: { sequence: 4, id: MESSAGE_ID, sealed: { key: 'AAAA', body: 'AAAA' } } })
  expect(await send(alice, slot(4, 5, ['phone']))).toEqual([200, { sequence: 5 }])
  expect(await read(alice)).toEqual({ slot: { sequence: 5, id: MESSAGE_ID, sealed: { body: 'AAAA' } } })
  expect(await read(bob)).toEqual({ slot: null })
})

test('[RUL2] a slot is bounded, and never takes a number that is not higher', async () => {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  const full = 'A'.repeat(Math.ceil((PREFERENCES_BYTES_MAX * 4) / 3))
  const names = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`)
  expect(await send(alice, slot(0, 1, names(DEVICES_MAX + 1)))).toMatchObject([400, {}])
  expect(await send(alice, slot(0, 1, ['laptop'], `${full}AAAA`))).toMatchObject([400, {}])
  expect(await send(alice, slot(0, 1, ['laptop'], 'A'.repeat(200_000)))).toMatchObject([413, {}])
  expect(await send(alice, slot(1, 1))).toMatchObject([400, {}])
  expect(await send(alice, slot(0, 1, names(DEVICES_MAX), full))).toEqual([200, { sequence: 1 }])
})

test('[RUL3] the sessions of that user are told that there is something new, and nobody else', async () => {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  const bob = await server.join('bob')
  const [hers, his] = [await alice.comeOnline(), await bob.comeOnline()]
  await send(alice, slot(0, 1))
  await send(alice, slot(7, 8))
  expect(hers.pushed).toEqual([{ kind: 'preferences', sequence: 1 }])
  expect(his.pushed).toEqual([])
})
