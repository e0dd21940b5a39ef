// Challenge and response: what a device signs to log in (DESIGN section 4). Nonces' lives and one use are the server's
// business (accounts/), signing is the peer's.

import { type DeviceAddress } from './address.ts'
import { utf8 } from './bytes.ts'

export interface LoginProof {
  /** Origin as the device dialled it, e.g. `https://example.org`; the server compares it with its configuration. */
  readonly origin: string
  readonly device: DeviceAddress
  readonly serverNonce: string
  readonly deviceNonce: string
}

/** The bytes signed under kind `login`. The method stands in them so that a proof for logging in proves nothing else. */
export function loginBytes({ origin, device, serverNonce, deviceNonce }: LoginProof): Uint8Array {
  return utf8(JSON.stringify({ method: 'AUTHORIZATION', origin, device, serverNonce, deviceNonce }))
}
