// What the recovery key signs to put a new device list in place without a login: the server's nonce and origin, so that
// it is worth nothing elsewhere or later, and which list. The list itself is signed by the same key.

import type { UserAddress } from './address.ts'
import { utf8 } from './bytes.ts'

export interface RecoveryProof {
  /** Origin as it was dialled; the server compares it with its configuration. */
  readonly origin: string
  readonly user: UserAddress
  /** Hash of the list that is to take the place of the newest. */
  readonly list: string
  readonly serverNonce: string
  readonly deviceNonce: string
}

/** The bytes signed under kind `recovery`. */
export function recoveryBytes({ origin, user, list, serverNonce, deviceNonce }: RecoveryProof): Uint8Array {
  return utf8(JSON.stringify({ method: 'RECOVER', origin, user, list, serverNonce, deviceNonce }))
}
