// Pushing to devices that are on-line, through the whole handler table over memory storage.

import { PUSH_AGAIN_MS } from '@doorpost/protocol/limits'
import { messagePushSchema } from '@doorpost/protocol/messages/mailbox'
import { beforeEach, expect, test, vi } from 'vitest'
import { inMemoryServer, type InMemoryServer, type Person, type TriedSession } from '../in-memory-server.ts'
import { turnedClock } from '../listen/turned-clock.ts'
import { memoryStorage } from '../storage/memory.ts'
import { AMPLE, device, sampleMail } from '../storage/sample-mail.ts'
import { openDelivery, type PushSession } from './delivery.ts'
import { keyOf, letter } from './letters.ts'

let server: InMemoryServer
let alice: Person
let bob: Person

beforeEach(async () => {
  server = inMemoryServer()
  alice = await server.join('alice')
  bob = await server.join('bob')
})

async function send(number: number) {
  const envelope = letter(alice, [bob], number)
  expect((await alice.ask('SEND', '/messages', envelope)).status).toBe(202)
  return envelope
}

/** Ids of the mail that was pushed, in order. */
function mailOf({ pushed }: TriedSession): string[] {
  return pushed.flatMap((push) => {
    const parsed = messagePushSchema.safeParse(push)
    return parsed.success ? [parsed.data.envelope.id] : []
  })
}

/** Until everything that was to happen at once has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('[S12] what waits is pushed when the device comes, what is accepted then after it, each once', async () => {
  const [one, two] = [await send(1), await send(2)]
  const session = await bob.comeOnline()
  await settled()
  const three = await send(3)
  await settled()
  expect(mailOf(session)).toEqual([one.id, two.id, three.id])
})

test('[S12] every session of a device that said "on-line" is pushed to, and no other', async () => {
  const [first, second] = [await bob.comeOnline(), await bob.comeOnline()]
  const others = await alice.comeOnline()
  const one = await send(1)
  await settled()
  expect([mailOf(first), mailOf(second), mailOf(others)]).toEqual([[one.id], [one.id], []])
})

test('[S13] what is not removed is pushed again within 30 s, what is removed is not', async () => {
  const session = await bob.comeOnline()
  const [one, two] = [await send(1), await send(2)]
  await settled()
  await bob.ask('REMOVE', '/messages', { messages: [keyOf(one)] })
  server.clock.turn(PUSH_AGAIN_MS - 2_000)
  await settled()
  expect(mailOf(session)).toEqual([one.id, two.id])
  server.clock.turn(2_000)
  await settled()
  expect(mailOf(session)).toEqual([one.id, two.id, two.id])
})

test('[S13] a device that went is pushed nothing, and everything again when it is back', async () => {
  const session = await bob.comeOnline()
  const one = await send(1)
  await settled()
  session.breakOff()
  server.clock.turn(PUSH_AGAIN_MS)
  const two = await send(2)
  await settled()
  expect(mailOf(session)).toEqual([one.id])
  const back = await bob.comeOnline()
  await settled()
  expect(mailOf(back)).toEqual([one.id, two.id])
})

test('[S15] mail of a blocked sender is never pushed, and is once the block is gone', async () => {
  await bob.ask('SEND', '/blocks', { address: alice.address })
  const session = await bob.comeOnline()
  const one = await send(1)
  server.clock.turn(PUSH_AGAIN_MS)
  await settled()
  expect(mailOf(session)).toEqual([])
  await bob.ask('REMOVE', '/blocks', { addresses: [alice.address] })
  server.clock.turn(PUSH_AGAIN_MS)
  await settled()
  expect(mailOf(session)).toEqual([one.id])
})

/** A delivery over sessions that take what `takes` says. */
function tried(takes: () => boolean) {
  const { mail } = memoryStorage()
  const clock = turnedClock()
  const pushed: string[] = []
  const faults: unknown[] = []
  const phone = device('bob/phone')
  const session: PushSession = {
    push(message) {
      if (!takes()) return false
      pushed.push((message as { envelope: { id: string } }).envelope.id)
      return true
    },
  }
  const presence = { sessionsOf: () => [session], onOnline: () => {} }
  const delivery = openDelivery({
    store: mail,
    presence,
    clock,
    onPush: () => {},
    onFault: (error) => faults.push(error),
  })
  async function accept(number: number) {
    const one = { ...sampleMail({ number }), expiresAtMs: clock.wallMs() + 3_600_000 }
    await mail.accept(one, AMPLE)
    delivery.arrived([phone])
    await settled()
    return keyOf(one.envelope)
  }
  return { mail, clock, pushed, faults, delivery, phone, accept }
}

test('[S14] a session that takes no more is left alone until a REMOVE or the next sweep', async () => {
  let takes = true
  const { accept, pushed, delivery, phone, clock } = tried(() => takes)
  const one = await accept(1)
  takes = false
  const two = await accept(2)
  takes = true
  const three = await accept(3)
  expect(pushed).toEqual([one.id])
  delivery.removed(phone, [one])
  await settled()
  expect(pushed).toEqual([one.id, two.id, three.id])
  takes = false
  const four = await accept(4)
  takes = true
  clock.turn(1_000)
  await settled()
  expect(pushed).toEqual([one.id, two.id, three.id, four.id])
})

test('[S14] at most 64 messages are out to a device at a time', async () => {
  const { accept, pushed, delivery, phone } = tried(() => true)
  const keys = []
  for (let number = 0; number < 70; number++) keys.push(await accept(number))
  expect(pushed).toEqual(keys.slice(0, 64).map(({ id }) => id))
  delivery.removed(phone, keys.slice(0, 5))
  await settled()
  expect(pushed).toEqual(keys.slice(0, 69).map(({ id }) => id))
})

test('[S12] a fault while reading mail is reported, and delivery goes on', async () => {
  const { accept, pushed, faults, mail, clock } = tried(() => true)
  vi.spyOn(mail, 'waiting').mockRejectedValueOnce(new Error('disk'))
  const one = await accept(1)
  expect([pushed, faults]).toEqual([[], [new Error('disk')]])
  clock.turn(1_000)
  await settled()
  expect(pushed).toEqual([one.id])
})

test('[S12] a closed delivery pushes nothing', async () => {
  const { accept, pushed, delivery, clock } = tried(() => true)
  delivery.close()
  await accept(1)
  clock.turn(PUSH_AGAIN_MS)
  await settled()
  expect(pushed).toEqual([])
})
