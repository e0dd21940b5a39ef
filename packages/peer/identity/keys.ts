// Makes the keys of a new account and its first device, and the first device list. Storing and registering them is
// join.ts's business.

import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { countersign, openDeviceList, signDeviceList } from '@doorpost/protocol/device-list'
import { fingerprintOf, generateSigningKey } from '@doorpost/protocol/signature'
import type { Identity, SigningKey } from './identity-record.ts'
import { newRecoveryWords, recoveryKeyOf } from './recovery.ts'

export interface NewIdentity {
  readonly identity: Identity
  /** Signs device lists; lives on the primary device alone. */
  readonly accountKey: SigningKey
  /** To be shown once, and kept nowhere. */
  readonly recoveryWords: readonly string[]
}

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
  const deviceKey = generateSigningKey(random)
  const recoveryWords = newRecoveryWords(random)
  const recoveryKey = recoveryKeyOf(recoveryWords)
  if (!recoveryKey) throw new Error('recovery words that were just made do not read back')
  // Hybrid only: an X25519 recipient anywhere would lose what ML-KEM is for.
  const ageIdentity = await generateHybridIdentity()
  const recipient = await identityToRecipient(ageIdentity)
  const entry = countersign(
    user,
    { name: device, key: toBase64url(deviceKey.public), recipient, createdAt: now },
    deviceKey.secret,
  )
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
  const identity = {
    user,
    device,
    address: deviceAddress(user, device),
    origin,
    deviceKey,
    ageIdentity,
    accountKey: opened.list.accountKey,
    fingerprint: fingerprintOf(opened.list.accountKey),
    deviceList,
    opened,
  }
  return { identity, accountKey, recoveryWords }
}
