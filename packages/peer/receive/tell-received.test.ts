import { createHash } from 'node:crypto'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { DAY_MS } from '@doorpost/protocol/day'
import { Refusal, type RefusalCode } from '@doorpost/protocol/errors'
import { DELIVERED_UNIT_BYTES } from '@doorpost/protocol/messages/delivered'
import { signReceipt } from '@doorpost/protocol/receipt'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { beforeEach, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { givenReceiptKey } from './receipt.ts'
import { tellReceived } from './tell-received.ts'

const NOON = Date.parse('2026-11-21T12:00:00.000Z')
const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
const deviceKey = generateSigningKey((bytes) => new Uint8Array(bytes).fill(1))
const strangersKey = generateSigningKey((bytes) => new Uint8Array(bytes).fill(2))

let store: Store
let nowMs: number
let wanted: boolean
let online: boolean
let refusal: RefusalCode | undefined
let chance: number
let told: unknown[]

beforeEach(() => {
  store = openMemoryStore()
  nowMs = NOON
  wanted = true
  online = true
  refusal = undefined
  chance = 0.5
  told = []
})

async function received(name: string, sizeBytes: number, storedAt: string, key = deviceKey): Promise<void> {
  const receipt = {
    v: 1 as const,
    messageId: hash(name).slice(0, 22).replace(/.$/, 'A'),
    messageHash: hash(name),
    root: hash(`root ${name}`),
    sizeBytes,
    sender: 'bob@example.org' as UserAddress,
    device: 'alice@example.org/laptop' as DeviceAddress,
    head: { sequence: 1, hash: hash('head') },
    storedAt,
  }
  await store.write([
    { put: 'receipts', key: givenReceiptKey(receipt.messageId, receipt.root), value: signReceipt(receipt, key) },
  ])
}

const tend = () =>
  tellReceived({
    store,
    line: {
      get state() {
        return online ? ('online' as const) : ('offline' as const)
      },
      async call(method, target, options) {
        if (refusal) throw new Refusal(refusal)
        told.push([method, target, options?.body])
        return { status: 204, headers: {}, body: undefined }
      },
    },
    me: { deviceKey },
    clock: fakeClock(nowMs),
    random: (bytes) => new Uint8Array(bytes).fill(Math.floor(chance * 255)),
    wanted: () => wanted,
  })

test('[ADM33] a day is told of once it is over, by the receipts that this device signed in it', async () => {
  await tend()
  await received('film', 3 * DELIVERED_UNIT_BYTES, '2026-11-21T14:00:00.000Z')
  await received('clip', 2 * DELIVERED_UNIT_BYTES, '2026-11-21T23:59:59.999Z')
  await received('next', DELIVERED_UNIT_BYTES, '2026-11-22T00:00:00.000Z')
  await received('forged', DELIVERED_UNIT_BYTES, '2026-11-21T15:00:00.000Z', strangersKey)
  await tend()
  expect(told).toEqual([])
  nowMs += DAY_MS
  online = false
  await tend()
  expect(told).toEqual([])
  online = true
  await tend()
  await tend()
  expect(told).toEqual([['SEND', '/delivered', { day: '2026-11-21', units: 5 }]])
})

test('[ADM33] nothing is told where its user did not turn it on, nor of what came before they did', async () => {
  wanted = false
  await received('old', DELIVERED_UNIT_BYTES, '2026-11-20T14:00:00.000Z')
  await received('film', DELIVERED_UNIT_BYTES, '2026-11-21T14:00:00.000Z')
  nowMs += 2 * DAY_MS
  await tend()
  wanted = true
  await tend()
  expect(told).toEqual([])
  await received('after', DELIVERED_UNIT_BYTES, '2026-11-23T14:00:00.000Z')
  nowMs += DAY_MS
  await tend()
  expect(told).toEqual([['SEND', '/delivered', { day: '2026-11-23', units: 1 }]])
  wanted = false
  await tend()
  await received('off', DELIVERED_UNIT_BYTES, '2026-11-24T14:00:00.000Z')
  nowMs += 2 * DAY_MS
  wanted = true
  await tend()
  expect(told).toHaveLength(1)
})

test('[ADM33] parts of a unit are rounded by chance, as often up as they are large', async () => {
  await tend()
  await received('film', 1.25 * DELIVERED_UNIT_BYTES, '2026-11-21T14:00:00.000Z')
  const unitsWith = async (luck: number) => {
    chance = luck
    told = []
    nowMs = NOON + DAY_MS
    await store.write([{ put: 'settings', key: 'received-told', value: Math.floor(NOON / DAY_MS) - 1 }])
    await tend()
    return (told as [string, string, { units: number }][]).map(([, , { units }]) => units)
  }
  expect([await unitsWith(0), await unitsWith(0.24), await unitsWith(0.26), await unitsWith(1)]).toEqual([
    [2],
    [2],
    [1],
    [1],
  ])
  await received('small', 1000, '2026-11-22T14:00:00.000Z')
  nowMs = NOON + 2 * DAY_MS
  told = []
  await tend()
  expect(told).toEqual([])
})

test('[ADM33] a server that does not count is not asked again for that day; one that is busy is', async () => {
  await tend()
  await received('film', DELIVERED_UNIT_BYTES, '2026-11-21T14:00:00.000Z')
  nowMs += DAY_MS
  refusal = 'too-many'
  await expect(tend()).rejects.toThrow('Too Many Requests')
  refusal = 'not-found'
  await tend()
  refusal = undefined
  await tend()
  expect(told).toEqual([])
  nowMs += 20 * DAY_MS
  await received('late', DELIVERED_UNIT_BYTES, '2026-11-25T14:00:00.000Z')
  await tend()
  expect(told).toEqual([])
})

test('[ADM33] what was fetched by a link of this user’s is told of by the device that made it: nobody else can', async () => {
  const grant = {
    media: [
      { root: 'a', name: 'film', sizeBytes: 3 * DELIVERED_UNIT_BYTES },
      { root: 'b', name: 'other', sizeBytes: 50 * DELIVERED_UNIT_BYTES },
    ],
    stored: [{ root: 'a', at: '2026-11-22T10:00:00.000Z' }],
  }
  await tend()
  await store.write([{ put: 'grants', key: 'm1', value: grant }])
  await received('a film', DELIVERED_UNIT_BYTES, '2026-11-22T11:00:00.000Z')
  nowMs = NOON + 2 * DAY_MS
  await tend()
  expect(told).toEqual([['SEND', '/delivered', { day: '2026-11-22', units: 4 }]])
})
