// The new device's side of a link: makes its keys for the account that the code leads to, says them once through the
// slot, and is in when the list that comes back has them. What the code does not vouch for is not believed. Between those
// steps the process may die: the keys are kept, and linking again goes on with them.

import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, newDeviceSchema, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { hashOfPart, linkAnswerSchema, linkKeys, linkOfferSchema, macPart, openPart } from '@doorpost/protocol/link'
import { CLOCK_SKEW_MS } from '@doorpost/protocol/limits'
import { type LinkSlot, linkSlotSchema } from '@doorpost/protocol/messages/links'
import { serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { fingerprintOf, generateSigningKey } from '@doorpost/protocol/signature'
import { z } from 'zod'
import { type Clock, systemClock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import { brokeProtocol } from '../session/answer.ts'
import { openHttpLine } from '../session/http-line.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import { wantsHistory } from '../talk/history-take.ts'
import { deviceChange, type Identity, identityOf } from './identity-record.ts'
import { createDevice } from './keys.ts'
import { LOOK_EVERY_MS, orLater, pause } from './link-offer.ts'
import { checkNobodyIsHere, typedDevice, typedOrigin } from './new-home.ts'
import { PRIMARY } from './next-list.ts'

/** Room `identity`: the keys of a device that is not linked yet, by its address. */
const PENDING = 'linking/'

const pendingRecord = z.strictObject({
  v: z.literal(1),
  secret: z.string(),
  ageIdentity: z.string(),
  entry: newDeviceSchema,
})
type Pending = z.infer<typeof pendingRecord>

export interface LinkDeviceOptions {
  readonly store: Store
  readonly origin: string
  /** 16 bytes: protocol/link.ts reads what was typed. */
  readonly code: Uint8Array
  /** What the new device is called. */
  readonly device: string
  /** Told when the device waits for its user to say yes on the other one. */
  readonly onWaiting: (asks: {
    readonly user: UserAddress
    readonly name: string
    readonly fingerprint: string
  }) => void
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  /** A line to that origin without a login; one over HTTP where nothing is said. */
  readonly openLine?: (origin: string) => Line
}

/**
 * Throws Trouble `not-available` (this home is somebody's already, the code is void, was used, or was answered no),
 * `bad-address`, `server-unreachable`, `server-broke-protocol`.
 */
export async function linkDevice(options: LinkDeviceOptions): Promise<Identity> {
  const { store, signal, clock = systemClock, random = systemRandom } = options
  await checkNobodyIsHere(store)
  const origin = typedOrigin(options.origin)
  const name = typedDevice(options.device)
  const keys = linkKeys(options.code)
  await using line = (options.openLine ?? ((at) => openHttpLine({ origin: at, clock, random })))(origin)

  const first = await readSlot(line, keys.slot, signal)
  const offer = openPart('offer', first.offer, linkOfferSchema, keys)
  // The slot has this code's name, so its maker knew the code: what does not open was changed on the way.
  if (!offer) throw notVouchedFor()
  if (Date.parse(offer.expiresAt) + CLOCK_SKEW_MS < clock.nowMs()) throw voidCode()
  const facts = serverFactsSchema.safeParse((await line.call('FINGER', '/', { signal })).body)
  const { user, accountKey } = offer
  if (!facts.success || facts.data.domain !== user.slice(user.indexOf('@') + 1)) throw notVouchedFor()

  const address = deviceAddress(user, name)
  const pending = await keysFor(store, user, name, { random, nowMs: clock.nowMs() })
  const request = macPart('request', { v: 1, offer: hashOfPart(first.offer), device: pending.entry }, keys)
  await askOnce(line, keys.slot, request, signal)
  options.onWaiting({ user, name, fingerprint: fingerprintOf(pending.entry.key) })

  for (;;) {
    const answer = (await orLater(() => readSlot(line, keys.slot, signal)))?.answer
    const said = answer && openPart('answer', answer, linkAnswerSchema, keys)
    if (answer && (!said || said.request !== hashOfPart(request))) throw notVouchedFor()
    if (said?.said === 'no') {
      await store.write([{ drop: 'identity', key: `${PENDING}${address}` }])
      throw new Trouble('not-available', 'The other device said no, so nothing was linked.')
    }
    if (said) {
      const opened = openDeviceList(said.deviceList)
      const listed = opened && activeDevices(opened.list).find((one) => one.name === name)
      const isIt =
        opened?.list.user === user &&
        opened.list.accountKey === accountKey &&
        opened.signedBy === 'account' &&
        listed?.key === pending.entry.key &&
        listed.recipient === pending.entry.recipient
      if (!opened || !isIt) throw notVouchedFor()
      const deviceKey = generateSigningKey(() => fromBase64url(pending.secret))
      const { ageIdentity } = pending
      const identity = identityOf({ device: name, origin, deviceKey, ageIdentity, deviceList: said.deviceList, opened })
      await store.write([
        deviceChange(identity),
        { put: 'identity', key: PRIMARY, value: said.primary },
        wantsHistory(deviceAddress(user, said.primary)),
        { drop: 'identity', key: `${PENDING}${address}` },
      ])
      return identity
    }
    await pause(LOOK_EVERY_MS, signal, clock)
  }
}

/** The keys of an earlier try for the same account and name, or new ones, kept before anybody hears of them. */
async function keysFor(
  store: Store,
  user: UserAddress,
  name: string,
  making: { readonly random: Random; readonly nowMs: number },
): Promise<Pending> {
  const key = `${PENDING}${deviceAddress(user, name)}`
  const kept = await store.get('identity', key)
  if (kept !== undefined) return pendingRecord.parse(kept)
  const { deviceKey, ageIdentity, entry } = await createDevice(user, name, making)
  const value: Pending = { v: 1, secret: toBase64url(deviceKey.secret), ageIdentity, entry }
  await store.write([{ put: 'identity', key, value }])
  return value
}

async function readSlot(line: Line, slot: string, signal: AbortSignal): Promise<LinkSlot> {
  try {
    const read = linkSlotSchema.safeParse((await line.call('RETRIEVE', `/links/${slot}`, { signal })).body)
    if (!read.success) throw brokeProtocol('The server answered with something else than a slot.', read.error)
    return read.data
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-found') throw voidCode(error)
    throw error
  }
}

async function askOnce(line: Line, slot: string, request: object, signal: AbortSignal): Promise<void> {
  try {
    await line.call('SEND', `/links/${slot}/request`, { body: { request }, signal })
  } catch (error) {
    if (error instanceof Refusal && error.code === 'conflict') {
      throw new Trouble('not-available', 'Another device has used this code already.', {
        todo: 'If that was not you, say no on the first device. Make another code there: doorpost devices add',
        cause: error,
      })
    }
    if (error instanceof Refusal && error.code === 'not-found') throw voidCode(error)
    throw error
  }
}

function voidCode(cause?: unknown): Trouble {
  return new Trouble(
    'not-available',
    'This code is not in use: its ten minutes are over, or it is for another server.',
    {
      todo: 'Make another code on the first device: doorpost devices add',
      cause,
    },
  )
}

function notVouchedFor(): Trouble {
  return new Trouble(
    'server-broke-protocol',
    'What came back is not vouched for by this code, so nothing was believed and nothing was linked.',
    { todo: 'Make another code on the first device. If it happens again, tell whoever runs the server.' },
  )
}
