// Makes the keys of a new account and its first device, and the first device list; and those of a further device. Storing
// and registering them is join.ts's business, linking link-accept.ts's.

import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import type { UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { countersign, type Device, openDeviceList, signDeviceList } from '@doorpost/protocol/device-list'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { type Identity, identityOf, type SigningKey } from './identity-record.ts'
import { newRecoveryWords, recoveryKeyOf } from './recovery.ts'

/** The keys of one new device, and its entry for a list, countersigned. */
export interface NewDevice {
  readonly deviceKey: SigningKey
  readonly ageIdentity: string
  readonly entry: Device
}

/** `device`: its name. Nothing of it is kept or told here. */
export async function createDevice(
  user: UserAddress,
  device: string,
  { random, nowMs }: { readonly random: (bytes: number) => Uint8Array; readonly nowMs: number },
): Promise<NewDevice> {
  const deviceKey = generateSigningKey(random)
  // Hybrid only: an X25519 recipient anywhere would lose what ML-KEM is for.
  const ageIdentity = await generateHybridIdentity()
  const recipient = await identityToRecipient(ageIdentity)
  const unsigned = {
    name: device,
    key: toBase64url(deviceKey.public),
    recipient,
    createdAt: new Date(nowMs).toISOString(),
  }
  return { deviceKey, ageIdentity, entry: countersign(user, unsigned, deviceKey.secret) }
}

export interface NewIdentity {
  readonly identity: Identity
  /** Signs device lists; lives on the primary device alone. */
  readonly accountKey: SigningKey
  /** To be shown once, and kept nowhere. */
  readonly recoveryWords: readonly string[]
}

/** The first device of a new account, with everything that the account begins with. Nothing of it is kept or told here. */
export async function createIdentity({
  user,
  device,
  origin,
  random,
  nowMs,
}: {
  readonly user: UserAddress
  readonly device: string
  /** Of the server, as dialled. */
  readonly origin: string
  readonly random: (bytes: number) => Uint8Array
  readonly nowMs: number
}): Promise<NewIdentity> {
  const now = new Date(nowMs).toISOString()
  const accountKey = generateSigningKey(random)
  const recoveryWords = newRecoveryWords(random)
  const recoveryKey = recoveryKeyOf(recoveryWords)
  if (!recoveryKey) throw new Error('recovery words that were just made do not read back')
  const { deviceKey, ageIdentity, entry } = await createDevice(user, device, { random, nowMs })
  const deviceList = signDeviceList(
    {
      v: 1,
      user,
      sequence: 1,
      previous: null,
      accountKey: toBase64url(accountKey.public),
      recoveryKey: toBase64url(recoveryKey.public),
      devices: [entry],
      signedAt: now,
    },
    accountKey,
  )
  const opened = openDeviceList(deviceList)
  if (!opened) throw new Error('a device list that was just signed does not open')
  const identity = identityOf({ device, origin, deviceKey, ageIdentity, deviceList, opened })
  return { identity, accountKey, recoveryWords }
}
