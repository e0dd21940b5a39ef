// Who this device is, as it is kept in the store's room `identity`: the device under one key, the account key under
// another, since later devices will not have it. Making an identity is keys.ts's business.

import { z } from 'zod'
import { deviceAddress, splitDevice, type DeviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, type OpenedDeviceList, openDeviceList } from '@doorpost/protocol/device-list'
import { deviceAddressSchema } from '@doorpost/protocol/handle'
import { base64urlOf, fingerprintOf, generateSigningKey, type Signed, signedSchema } from '@doorpost/protocol/signature'
import type { Change, Store } from '../store/store.ts'

/** An Ed25519 key pair, 32 bytes each. */
export interface SigningKey {
  readonly secret: Uint8Array
  readonly public: Uint8Array
}

export interface Identity {
  readonly user: UserAddress
  /** Name of this device alone: `laptop`. */
  readonly device: string
  readonly address: DeviceAddress
  /** The server's origin as it is dialled. */
  readonly origin: string
  readonly deviceKey: SigningKey
  /** `AGE-SECRET-KEY-PQ-1…`: opens what is sealed for this device. */
  readonly ageIdentity: string
  /** base64url of the account's public key. */
  readonly accountKey: string
  /** SHA-256 of it, base64url. */
  readonly fingerprint: string
  /** The newest list of one's own, as signed. */
  readonly deviceList: Signed
  readonly opened: OpenedDeviceList
}

const deviceRecord = z.strictObject({
  v: z.literal(1),
  address: deviceAddressSchema,
  origin: z.url(),
  secret: base64urlOf(32),
  ageIdentity: z.string().startsWith('AGE-SECRET-KEY-PQ-1'),
  deviceList: signedSchema,
})
const accountRecord = z.strictObject({ v: z.literal(1), secret: base64urlOf(32) })

/** Keys made for a name that may not be registered yet stand under this, so that joining again goes on with them. */
const PENDING = 'pending/'

function keysOf(pendingFor?: DeviceAddress): { device: string; account: string } {
  const place = pendingFor === undefined ? '' : `${PENDING}${pendingFor}/`
  return { device: `${place}device`, account: `${place}account` }
}

/** The device called `device` of the user whose list this is. */
export function identityOf(
  made: Pick<Identity, 'device' | 'origin' | 'deviceKey' | 'ageIdentity' | 'deviceList' | 'opened'>,
): Identity {
  const { user, accountKey } = made.opened.list
  return {
    ...made,
    user,
    address: deviceAddress(user, made.device),
    accountKey,
    fingerprint: fingerprintOf(accountKey),
  }
}

/** Undefined where nobody joined yet. Throws when what is stored is no identity. */
export async function readIdentity(store: Store, pendingFor?: DeviceAddress): Promise<Identity | undefined> {
  const stored = await store.get('identity', keysOf(pendingFor).device)
  if (stored === undefined) return undefined
  const { address, origin, secret, ageIdentity, deviceList } = deviceRecord.parse(stored)
  const opened = openDeviceList(deviceList)
  const deviceKey = generateSigningKey(() => fromBase64url(secret))
  const { user, device } = splitDevice(address)
  const inList = opened && activeDevices(opened.list).find(({ name }) => name === device)
  if (!opened || opened.list.user !== user || inList?.key !== toBase64url(deviceKey.public)) {
    throw new Error(`the stored identity of ${address} does not fit its own device list`)
  }
  return identityOf({ device, origin, deviceKey, ageIdentity, deviceList, opened })
}

/** Undefined on devices that are not the primary one. */
export async function readAccountKey(store: Store, pendingFor?: DeviceAddress): Promise<SigningKey | undefined> {
  const stored = await store.get('identity', keysOf(pendingFor).account)
  if (stored === undefined) return undefined
  const { secret } = accountRecord.parse(stored)
  return generateSigningKey(() => fromBase64url(secret))
}

/** What keeps an identity, in one write; as pending until its name is registered. */
export function keepIdentity(identity: Identity, accountKey: SigningKey, pendingFor?: DeviceAddress): Change[] {
  const keys = keysOf(pendingFor)
  return [
    deviceChange(identity, pendingFor),
    { put: 'identity', key: keys.account, value: { v: 1, secret: toBase64url(accountKey.secret) } },
  ]
}

/** The device alone, without an account key. */
export function deviceChange(identity: Identity, pendingFor?: DeviceAddress): Change {
  const { address, origin, deviceKey, ageIdentity, deviceList } = identity
  return {
    put: 'identity',
    key: keysOf(pendingFor).device,
    value: { v: 1, address, origin, secret: toBase64url(deviceKey.secret), ageIdentity, deviceList },
  }
}

export function dropPending(pendingFor: DeviceAddress): Change[] {
  const keys = keysOf(pendingFor)
  return [
    { drop: 'identity', key: keys.device },
    { drop: 'identity', key: keys.account },
  ]
}
