// What stands inside sealed messages: location messages, notes, receipts, and what their signatures hold together.

import { expect, test } from 'vitest'
import type { DeviceAddress } from './address.ts'
import { toBase64url } from './bytes.ts'
import { openDeviceList } from './device-list.ts'
import type { DeliveredEnvelope } from './envelope.ts'
import { locationMessageSchema } from './location-message.ts'
import { noteSchema } from './note.ts'
import { openReceipt, type Receipt, signReceipt } from './receipt.ts'
import { alice, bob, filled, signedAt } from './sample-people.ts'
import { fingerprintOf, signJson } from './signature.ts'
import { agreesWith, openMessage, openNote, type SignedMessage, signMessage, signNote } from './signed-message.ts'

const head = openDeviceList(alice.deviceList)?.head ?? { sequence: 0, hash: '' }
const bobsHead = openDeviceList(bob.deviceList)?.head ?? { sequence: 0, hash: '' }
const laptopKey = toBase64url(alice.laptop.public)
const content = {
  inReplyTo: filled(9, 16),
  title: 'The wedding',
  date: '2026-11-21',
  time: '14:02',
  copyright: '© Alice',
  text: 'Sunday cut\nwith sound',
  who: 'Alice and Bob',
  what: 'a wedding',
  when: 'last Sunday',
  where: 'Görlitz',
  why: 'love',
  media: [],
}
const message: SignedMessage = {
  v: 1,
  id: filled(1, 16),
  from: alice.laptopAddress,
  fromAccount: fingerprintOf(alice.first.accountKey),
  to: [{ address: bob.address, accountKey: fingerprintOf(bob.first.accountKey), seen: bobsHead }],
  date: signedAt,
  expires: '2026-12-21T12:00:00.000Z',
  head,
  content,
}
const envelope: DeliveredEnvelope = {
  v: 1,
  id: message.id,
  class: 'message',
  from: message.from,
  to: [bob.address],
  date: message.date,
  expires: message.expires,
  acceptedAt: signedAt,
  sealed: { key: 'AAAA', body: 'AAAA' },
}
const me = { user: bob.address, device: 'laptop', accountKey: fingerprintOf(bob.first.accountKey) }

test('[M3] every field of a location message comes back as it was set, and none is needed but media', () => {
  expect(locationMessageSchema.parse(JSON.parse(JSON.stringify(content)))).toEqual(content)
  expect(locationMessageSchema.parse({ media: [] })).toEqual({ media: [] })
  expect(locationMessageSchema.safeParse({}).success).toBe(false)
})

test('[M3] fields, text and media are bounded, and there is nothing else', () => {
  const fields = ['title', 'copyright', 'who', 'what', 'when', 'where', 'why']
  for (const field of fields) {
    expect(locationMessageSchema.safeParse({ media: [], [field]: 'x'.repeat(1000) }).success, field).toBe(true)
    expect(locationMessageSchema.safeParse({ media: [], [field]: 'x'.repeat(1001) }).success, field).toBe(false)
  }
  expect(locationMessageSchema.safeParse({ media: [], text: 'x'.repeat(100_001) }).success).toBe(false)
  expect(locationMessageSchema.safeParse({ media: Array.from({ length: 2001 }, () => ({})) }).success).toBe(false)
  expect(locationMessageSchema.safeParse({ media: [], subject: 'x' }).success).toBe(false)
})

test("[M4] a signed message opens under its device's key and as a message only", () => {
  const signed = signMessage(message, alice.laptop)
  expect(openMessage(signed, laptopKey)).toEqual(message)
  expect(openMessage(signed, toBase64url(alice.phone.public))).toBeUndefined()
  expect(openNote(signed, laptopKey)).toBeUndefined()
  const note = { ...message, content: { note: 'progress', messageId: filled(1, 16), state: 'fetching' } } as const
  const signedNote = signNote(note, alice.laptop)
  expect(openNote(signedNote, laptopKey)).toEqual(note)
  expect(openMessage(signedNote, laptopKey)).toBeUndefined()
  // The right kind of signature over the other kind of content.
  expect(openMessage(signJson('message', note, alice.laptop), laptopKey)).toBeUndefined()
  expect(() => signMessage({ ...message, to: [] }, alice.laptop)).toThrow('to')
})

test('[M5] a message agrees with its envelope in id, sender, recipients and dates, and names me under my key', () => {
  expect(agreesWith(message, envelope, me)).toBe(true)
  const envelopes: Partial<DeliveredEnvelope>[] = [
    { id: filled(2, 16) },
    { from: bob.laptopAddress },
    { date: '2026-11-21T12:00:00.001Z' },
    { expires: '2026-12-22T12:00:00.000Z' },
    { to: [alice.address] },
    { to: [bob.address, alice.address] },
    { to: [bob.laptopAddress] },
  ]
  for (const change of envelopes)
    expect(agreesWith(message, { ...envelope, ...change }, me), JSON.stringify(change)).toBe(false)
  expect(agreesWith(message, envelope, { ...me, user: alice.address })).toBe(false)
  expect(agreesWith(message, envelope, { ...me, accountKey: fingerprintOf(alice.first.accountKey) })).toBe(false)
})

test('[M5] a message for one device is for that device alone', () => {
  const [recipient] = message.to
  if (!recipient) throw new Error('nobody')
  const forLaptop = { ...message, to: [{ ...recipient, address: bob.laptopAddress }] }
  const itsEnvelope = { ...envelope, to: [bob.laptopAddress] }
  expect(agreesWith(forLaptop, itsEnvelope, me)).toBe(true)
  expect(agreesWith(forLaptop, itsEnvelope, { ...me, device: 'phone' })).toBe(false)
})

test('[M6] notes are a closed set', () => {
  const kinds = noteSchema.options.map((option) => option.shape.note.value)
  expect(kinds.join(' ')).toBe(
    'receipt progress contact copy open reminder gone lend lent hand-over handed link contacts mark typing seen sent history-wanted history path live-key live-path',
  )
  const receipt = { body: 'AAAA', key: filled(1), signature: filled(1, 64) }
  const notes = [
    { note: 'receipt', receipt },
    { note: 'progress', messageId: filled(1, 16), state: 'announced' },
    { note: 'contact' },
    { note: 'contact', token: filled(1, 16) },
    { note: 'live-key', broadcast: filled(1, 16), epoch: 0, key: filled(1) },
  ]
  for (const note of notes) expect(noteSchema.parse(note)).toEqual(note)
  const others = [
    { note: 'advert' },
    { note: 'progress', messageId: filled(1, 16), state: 'ready' },
    { note: 'contact', token: filled(1, 15) },
    { note: 'contact', more: 1 },
    { note: 'live-key', broadcast: filled(1, 16), epoch: 2 ** 32, key: filled(1) },
    { note: 'live-path', broadcast: filled(1, 16), attempt: filled(1, 16), signal: { step: 'dial', addresses: [] } },
    { note: 'receipt', receipt: { ...receipt, body: 'A' } },
    {},
  ]
  for (const note of others) expect(noteSchema.safeParse(note).success, JSON.stringify(note)).toBe(false)
})

test("[M7] a receipt opens under the recipient device's key, and binds message, media, device, list and time", () => {
  const receipt: Receipt = {
    v: 1,
    messageId: message.id,
    messageHash: filled(4),
    root: filled(5),
    sizeBytes: 80_000_000_000,
    sender: alice.address,
    device: bob.laptopAddress,
    head: bobsHead,
    storedAt: signedAt,
  }
  const signed = signReceipt(receipt, bob.laptop)
  expect(openReceipt(signed, toBase64url(bob.laptop.public))).toEqual(receipt)
  expect(openReceipt(signed, laptopKey)).toBeUndefined()
  expect(openReceipt({ ...signed, key: laptopKey }, laptopKey)).toBeUndefined()
  expect(openReceipt(signJson('note', receipt, bob.laptop), toBase64url(bob.laptop.public))).toBeUndefined()
  for (const field of Object.keys(receipt)) {
    const { [field as keyof Receipt]: _without, ...rest } = receipt
    expect(openReceipt(signJson('receipt', rest, bob.laptop), toBase64url(bob.laptop.public)), field).toBeUndefined()
  }
  expect(() => signReceipt({ ...receipt, device: 'bob' as DeviceAddress }, bob.laptop)).toThrow('device')
})
