// Taking an account back with its recovery words, on a machine that has nothing of it: makes a new account key and a first
// device, and has the recovery key sign the list that puts them in place. The words are kept nowhere. Between those steps
// the process may die: the keys are kept, and recovering again goes on with them.

import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import {
  type DeviceList,
  newDeviceSchema,
  type OpenedDeviceList,
  openDeviceList,
  signDeviceList,
  signRecovered,
} from '@doorpost/protocol/device-list'
import { DEVICE_ENTRIES_MAX } from '@doorpost/protocol/limits'
import { Refusal } from '@doorpost/protocol/errors'
import { challengeSchema } from '@doorpost/protocol/messages/authorization'
import { recoveredSchema } from '@doorpost/protocol/messages/recovery'
import { recoveryBytes } from '@doorpost/protocol/recovery'
import { generateSigningKey, type Signed, sign } from '@doorpost/protocol/signature'
import { z } from 'zod'
import { type Clock, systemClock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import { brokeProtocol } from '../session/answer.ts'
import { openHttpLine } from '../session/http-line.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import { finger } from './finger.ts'
import { type Identity, identityOf, keepIdentity, type SigningKey } from './identity-record.ts'
import { createDevice } from './keys.ts'
import { askServerFacts, checkNobodyIsHere, typedDevice, typedOrigin, typedUser } from './new-home.ts'
import { recoveryKeyOf } from './recovery.ts'

/** Room `identity`: keys of an account that is being recovered, by the device's address. */
const PENDING = 'recovering/'
/** Room `identity`: contacts are still to be taken from the server's record. */
export const RESTORING = 'restoring'
const NONCE_BYTES = 32

const pendingRecord = z.strictObject({
  v: z.literal(1),
  account: z.string(),
  device: z.string(),
  ageIdentity: z.string(),
  entry: newDeviceSchema,
})
type Pending = z.infer<typeof pendingRecord>

export interface RecoverOptions {
  readonly store: Store
  readonly origin: string
  /** A bare name, or an address at that server's domain. */
  readonly user: string
  readonly device: string
  readonly words: readonly string[]
  readonly clock?: Clock
  readonly random?: Random
  readonly openLine?: (origin: string) => Line
}

export interface Recovered {
  readonly identity: Identity
  /** Names of devices that were this user's and are not any more. */
  readonly revoked: readonly string[]
}

/**
 * Throws Trouble `wrong-secret` (no such words, or another account's), `not-available` (this home is somebody's),
 * `bad-address`, `no-such-user`, `server-unreachable`, or the server's Refusal.
 */
export async function recoverAccount(options: RecoverOptions): Promise<Recovered> {
  const { store, clock = systemClock, random = systemRandom } = options
  await checkNobodyIsHere(store)
  const recoveryKey = recoveryKeyOf(options.words)
  if (!recoveryKey) throw wrongWords('These are not twelve recovery words: one is missing, or has a slip in it.')
  const origin = typedOrigin(options.origin)
  const name = typedDevice(options.device)
  await using line = (options.openLine ?? ((at) => openHttpLine({ origin: at, clock, random })))(origin)
  const user = typedUser(options.user, (await askServerFacts(line)).domain)
  const { signed: shownList, opened: shown } = await show(line, user)
  if (shown.list.recoveryKey !== toBase64url(recoveryKey.public)) {
    throw wrongWords(`These recovery words are not those of ${user}.`)
  }

  const pending = await keysFor(store, user, name, { random, nowMs: clock.nowMs() })
  const accountKey = generateSigningKey(() => fromBase64url(pending.account))
  // An answer that was lost: the account has our key already.
  const isDone = shown.list.accountKey === toBase64url(accountKey.public)
  const list = isDone ? shownList : nextList(shown, pending, accountKey, recoveryKey)
  if (!isDone) await handIn(line, { list, user, origin, recoveryKey, random })
  const opened = openDeviceList(list)
  if (!opened) throw new Error('a device list that was just signed does not open')
  const deviceKey = generateSigningKey(() => fromBase64url(pending.device))
  const { ageIdentity } = pending
  const identity = identityOf({ device: name, origin, deviceKey, ageIdentity, deviceList: list, opened })
  await store.write([
    ...keepIdentity(identity, accountKey),
    { put: 'identity', key: RESTORING, value: true },
    { drop: 'identity', key: pendingKey(user, name) },
  ])
  const revoked = opened.list.devices.filter(({ revokedAt }) => revokedAt === pending.entry.createdAt)
  return { identity, revoked: revoked.map((device) => device.name) }
}

/** The same list however often it is made of the same keys and the same list before: no two of one number. */
function nextList(
  { list, head }: OpenedDeviceList,
  { entry }: Pending,
  accountKey: SigningKey,
  recoveryKey: SigningKey,
): Signed {
  const sequence = list.sequence + 1
  const at = entry.createdAt
  const named = { user: list.user, accountKey: toBase64url(accountKey.public) }
  const gone = list.devices
    .filter((device) => device.name !== entry.name)
    .map((device) => ({ ...device, revokedAt: device.revokedAt ?? at }))
    .slice(-(DEVICE_ENTRIES_MAX - 1))
  const next: DeviceList = {
    ...list,
    ...named,
    sequence,
    previous: head.hash,
    devices: [...gone, entry],
    signedAt: at,
    recovered: signRecovered(named, sequence, recoveryKey.secret),
  }
  return signDeviceList(next, recoveryKey)
}

async function handIn(
  line: Line,
  made: {
    readonly list: Signed
    readonly user: UserAddress
    readonly origin: string
    readonly recoveryKey: SigningKey
    readonly random: Random
  },
): Promise<void> {
  const { list, user, origin, recoveryKey, random } = made
  const target = `/recoveries/${encodeURIComponent(user.slice(0, user.indexOf('@')))}`
  const challenge = challengeSchema.safeParse((await line.call('AUTHORIZATION', target)).body)
  const opened = openDeviceList(list)
  if (!challenge.success || !opened) throw brokeProtocol('The server gave no challenge to recover with.')
  const deviceNonce = toBase64url(random(NONCE_BYTES))
  const proof = { origin, user, list: opened.head.hash, serverNonce: challenge.data.nonce, deviceNonce }
  const signature = toBase64url(sign('recovery', recoveryBytes(proof), recoveryKey.secret))
  const { serverNonce } = proof
  const body = { deviceList: list, origin, serverNonce, deviceNonce, signature }
  const said = recoveredSchema.safeParse((await line.call('AUTHORIZATION', target, { body })).body)
  if (!said.success || said.data.head.hash !== opened.head.hash) {
    throw brokeProtocol('The server answered a recovery with something else.', said.error)
  }
}

function pendingKey(user: UserAddress, name: string): string {
  return `${PENDING}${deviceAddress(user, name)}`
}

async function keysFor(
  store: Store,
  user: UserAddress,
  name: string,
  making: { readonly random: Random; readonly nowMs: number },
): Promise<Pending> {
  const key = pendingKey(user, name)
  const kept = await store.get('identity', key)
  if (kept !== undefined) return pendingRecord.parse(kept)
  const account = generateSigningKey(making.random)
  const { deviceKey, ageIdentity, entry } = await createDevice(user, name, making)
  const value: Pending = {
    v: 1,
    account: toBase64url(account.secret),
    device: toBase64url(deviceKey.secret),
    ageIdentity,
    entry,
  }
  await store.write([{ put: 'identity', key, value }])
  return value
}

async function show(line: Line, user: UserAddress): ReturnType<typeof finger> {
  try {
    return await finger(line, user)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-found') {
      throw new Trouble('no-such-user', `Nobody is called ${user}.`, { cause: error })
    }
    throw error
  }
}

function wrongWords(detail: string): Trouble {
  return new Trouble('wrong-secret', detail, { todo: 'Compare them with your paper: twelve words, in their order.' })
}
