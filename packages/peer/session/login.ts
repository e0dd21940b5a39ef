// stub
import type { DeviceAddress } from '@doorpost/protocol/address'

/** Who logs in. */
export interface LoginKey {
  readonly address: DeviceAddress
  readonly deviceKey: { readonly secret: Uint8Array; readonly public: Uint8Array }
}
