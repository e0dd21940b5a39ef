// Preferences on their way between a user's own devices: signed by the device that changed them, sealed for all that stand in
// the device list. The server that keeps them between can withhold or show old ones; preferences.ts notices the latter.

import type { z } from 'zod'
import { type DeviceAddress, deviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { RetrievedPreferences, SendPreferences } from '@doorpost/protocol/messages/preferences'
import { type Preferences, type SignedPreferences, signedPreferencesSchema } from '@doorpost/protocol/preferences'
import { openSigned, signJson } from '@doorpost/protocol/signature'
import type { Identity } from '../identity/identity-record.ts'
import { sealMessage, unseal } from '../identity/seal.ts'
import type { Random } from '../random.ts'

export type Slot = NonNullable<RetrievedPreferences['slot']>

export type OpenedSlot =
  | { readonly kind: 'opened'; readonly signed: SignedPreferences }
  /** Sealed before this device was in the list, or for other reasons not for it. */
  | { readonly kind: 'not-for-us' }
  /** Not whole, not signed by one of our devices that is not revoked, or under another number than the server says. */
  | { readonly kind: 'not-believed' }

type Me = Pick<Identity, 'user' | 'device' | 'address' | 'deviceKey' | 'ageIdentity'>

/** Throws Refusal `too-large`. */
export async function sealPreferences(
  preferences: Preferences,
  replaces: number,
  { me, own, random }: { readonly me: Me; readonly own: OpenedDeviceList; readonly random: Random },
): Promise<SendPreferences> {
  const id = toBase64url(random(16))
  const content: SignedPreferences = { v: 1, device: me.address, head: own.head, preferences }
  const { keys, body } = await sealMessage({
    signed: signJson('preferences', content, me.deviceKey),
    id,
    devices: activeDevices(own.list).map(({ name, recipient }) => ({
      device: deviceAddress(me.user, name),
      recipient,
    })),
    random,
  })
  const named = keys.map(({ device, key }) => ({ device: splitDevice(device).device, key }))
  return { sequence: preferences.sequence, replaces, id, sealed: { keys: named, body } }
}

/** Never throws for what stands in the slot. */
export async function openSlot(
  slot: Slot,
  { me, own }: { readonly me: Me; readonly own: OpenedDeviceList },
): Promise<OpenedSlot> {
  const { id, sealed } = slot
  if (sealed.key === undefined) return { kind: 'not-for-us' }
  const opened = await unseal({ id, sealed: { key: sealed.key, body: sealed.body } }, me.ageIdentity)
  if (opened.kind === 'unreadable')
    return { kind: opened.fault === 'not-for-this-device' ? 'not-for-us' : 'not-believed' }
  const signed = openSigned('preferences', opened.signed, signedPreferencesSchema as z.ZodType<SignedPreferences>)
  if (!signed || signed.preferences.sequence !== slot.sequence) return { kind: 'not-believed' }
  return isOurs(signed.device, opened.signed.key, me, own) ? { kind: 'opened', signed } : { kind: 'not-believed' }
}

function isOurs(by: DeviceAddress, key: string, me: Me, own: OpenedDeviceList): boolean {
  const { user, device } = splitDevice(by)
  return user === me.user && activeDevices(own.list).some((each) => each.name === device && each.key === key)
}
