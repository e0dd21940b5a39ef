// stub
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { DeliveredEnvelope, Envelope } from '@doorpost/protocol/envelope'
import type { Signed } from '@doorpost/protocol/signature'

export interface SealFor {
  readonly device: DeviceAddress
  /** Its hybrid age recipient. */
  readonly recipient: string
}

/** What can be wrong with a sealed message; whoever made it, it is not shown. */
export type SealFault = 'not-for-this-device' | 'malformed' | 'altered'

/** Seals one signed message for all these devices: the body once, its key per device. Throws Refusal `too-large`. */
export async function sealMessage(_message: {
  readonly signed: Signed
  readonly id: string
  readonly devices: readonly SealFor[]
}): Promise<Envelope['sealed']> {
  throw new Error('not yet')
}

export type Unsealed =
  | { readonly kind: 'signed'; readonly signed: Signed }
  | { readonly kind: 'unreadable'; readonly fault: SealFault }

/** Opens what was sealed for this device. Nothing in it is verified yet but that it is whole. Never throws for what is in it. */
export async function unseal(_envelope: DeliveredEnvelope, _ageIdentity: string): Promise<Unsealed> {
  throw new Error('not yet')
}
