// One of the two devices of the tunnel benchmark, as its process is told: who it is, and how it reaches the server.

import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { Identity } from '@doorpost/peer/identity/identity-record'
import type { LoginKey } from '@doorpost/peer/session/login'

/** On a command line. */
export interface DeviceOrder {
  readonly origin: string
  readonly address: DeviceAddress
  /** The device key, base64url. */
  readonly secret: string
  readonly public: string
}

export function orderOf({ origin, address, deviceKey }: Identity): DeviceOrder {
  return { origin, address, secret: toBase64url(deviceKey.secret), public: toBase64url(deviceKey.public) }
}

export function loginKeyOf(order: DeviceOrder): LoginKey {
  const deviceKey = { secret: fromBase64url(order.secret), public: fromBase64url(order.public) }
  return { address: order.address, deviceKey }
}
