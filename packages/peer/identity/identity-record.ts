// Who this device is, as it is kept in the store's room `identity`: the device under one key, the account key under
// another, since later devices will not have it. Making an identity is keys.ts's business.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { Signed } from '@doorpost/protocol/signature'
import type { Store } from '../store/store.ts'

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

/** Undefined where nobody joined yet. Throws when what is stored is no identity. */
export async function readIdentity(_store: Store): Promise<Identity | undefined> {
  throw new Error('not yet')
}
