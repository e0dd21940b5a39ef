// What a broadcaster seals opens for whoever was told its key, and for nobody else.

import { decodeHeader } from '@doorpost/protocol/live/frame'
import { toBase64url } from '@doorpost/protocol/bytes'
import { expect, test } from 'vitest'
import { systemRandom } from '../random.ts'
import { createKeyRing } from './key-ring.ts'
import { createSealer, type EpochKey } from './sealer.ts'
import type { EncodedFrame } from './source.ts'

const BROADCAST = toBase64url(new Uint8Array(16).fill(1))
const frame = (kind: EncodedFrame['kind'], isKey: boolean): EncodedFrame => ({
  kind,
  isKey,
  layer: 0,
  capturedAtUs: 5,
  bytes: Uint8Array.of(7, 8, 9),
})
const note = ({ epoch, key }: EpochKey) =>
  ({ note: 'live-key', broadcast: BROADCAST, epoch, key: toBase64url(key) }) as const

test('[LVP10] a new key is used from the next key frame on, which counts from 0 again; sound goes on under the old one until then', () => {
  const sealer = createSealer(systemRandom)
  const where = (one: EncodedFrame) => {
    const { epoch, sequence } = sealer.seal(one).header
    return [epoch, sequence]
  }
  expect(where(frame('picture', true))).toEqual([0, 0])
  expect(where(frame('audio', false))).toEqual([0, 1])
  const first = sealer.newest
  expect(sealer.renew().key).not.toEqual(first.key)
  expect(where(frame('picture', false))).toEqual([0, 2])
  expect(where(frame('audio', true))).toEqual([0, 3])
  expect(where(frame('picture', true))).toEqual([1, 0])
  sealer.renew()
  sealer.renew()
  expect(where(frame('still', true))).toEqual([3, 0])
})

test('[LVP10] who was put out cannot open what comes under the next key', () => {
  const sealer = createSealer(systemRandom)
  const [stays, out] = [createKeyRing(), createKeyRing()]
  for (const ring of [stays, out]) ring.take('alice@a.example/laptop', note(sealer.newest))
  const before = sealer.seal(frame('picture', true)).bytes
  expect(out.open('alice@a.example/laptop', BROADCAST, before)).toEqual(Uint8Array.of(7, 8, 9))
  stays.take('alice@a.example/laptop', note(sealer.renew()))
  const after = sealer.seal(frame('picture', true)).bytes
  expect(stays.open('alice@a.example/laptop', BROADCAST, after)).toEqual(Uint8Array.of(7, 8, 9))
  expect(out.open('alice@a.example/laptop', BROADCAST, after)).toBeUndefined()
})

test('[LVP11] a key counts for the device that told it and for its broadcast; the first that was told for an epoch stays', () => {
  const sealer = createSealer(systemRandom)
  const ring = createKeyRing()
  ring.take('mallory@a.example/x', note(sealer.newest))
  const { bytes } = sealer.seal(frame('picture', true))
  expect(ring.open('alice@a.example/laptop', BROADCAST, bytes)).toBeUndefined()
  ring.take('alice@a.example/laptop', note(sealer.newest))
  ring.take('alice@a.example/laptop', note({ epoch: 0, key: new Uint8Array(32) }))
  expect(ring.open('alice@a.example/laptop', BROADCAST, bytes)).toBeDefined()
  expect(ring.open('alice@a.example/laptop', toBase64url(new Uint8Array(16)), bytes)).toBeUndefined()
  // Its header says when it was made, and whether it is a key frame: neither can be changed on the way.
  expect(decodeHeader(bytes)).toMatchObject({ keyFrame: true, capturedAtUs: 5 })
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(ring.open('alice@a.example/laptop', BROADCAST, changed), `byte ${at}`).toBeUndefined()
  }
})

test('[LVP11] notes fill no memory: the newest 8 broadcasts of a user are remembered, and 8 keys of each', () => {
  const ring = createKeyRing()
  for (let number = 0; number < 40; number++) {
    const broadcast = toBase64url(new Uint8Array(16).fill(number))
    for (let epoch = 0; epoch < 10; epoch++) {
      ring.take('alice@a.example/laptop', { note: 'live-key', broadcast, epoch, key: toBase64url(new Uint8Array(32)) })
    }
  }
  const has = (number: number, epoch: number) =>
    ring.has('alice@a.example/laptop', toBase64url(new Uint8Array(16).fill(number)), epoch)
  expect([has(31, 9), has(32, 9), has(39, 9), has(39, 1), has(39, 2)]).toEqual([false, true, true, false, true])
})

test('[SEC9] whoever sends many keys drives out nobody else’s', () => {
  const ring = createKeyRing()
  const key = toBase64url(new Uint8Array(32))
  ring.take('alice@a.example/laptop', { note: 'live-key', broadcast: BROADCAST, epoch: 0, key })
  for (let number = 0; number < 1_000; number++) {
    const broadcast = toBase64url(Uint8Array.from({ length: 16 }, (_, at) => (number >> at) & 1))
    ring.take(`mallory@a.example/x${number % 16}`, { note: 'live-key', broadcast, epoch: 0, key })
  }
  expect(ring.has('alice@a.example/laptop', BROADCAST, 0)).toBe(true)
})

test('[SEC13] what was opened once is not opened again, nor what came before it, whoever watches anew', () => {
  const sealer = createSealer(systemRandom)
  const ring = createKeyRing()
  ring.take('alice@a.example/laptop', note(sealer.newest))
  const sent = [frame('picture', true), frame('audio', false), frame('picture', true), frame('audio', false)].map(
    (one) => sealer.seal(one).bytes,
  )
  const open = (at: number) => ring.open('alice@a.example/laptop', BROADCAST, sent[at] as Uint8Array) !== undefined
  // Sound overtakes pictures and is overtaken: each has its own order.
  expect([open(3), open(0), open(2)]).toEqual([true, true, true])
  expect([open(0), open(1), open(2), open(3)]).toEqual([false, false, false, false])
})
