// One of the two devices of the tunnel benchmark, as its process is told: who it is, and how it reaches the server.

import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { Identity } from '@doorpost/peer/identity/identity-record'
import type { LoginKey } from '@doorpost/peer/session/login'

/** On a command line. */
export interface DeviceOrder {
  readonly origin: string
  readonly address: DeviceAddress
  /** base64url. */
  readonly secret: string
}

export function orderOf({ origin, address, deviceKey }: Identity): DeviceOrder {
  return { origin, address, secret: toBase64url(deviceKey.secret) }
}

export function loginKeyOf({ address, secret }: DeviceOrder): LoginKey {
  const key = fromBase64url(secret)
  return { address, deviceKey: { secret: key, public: ed25519.getPublicKey(key) } }
}
