// Preferences on their way between a user's own devices: signed by the device that changed them, sealed for all that stand in
// the device list. The server that keeps them between can withhold or show old ones; preferences.ts notices the latter.

import { z } from 'zod'
import { type DeviceAddress, deviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, headSchema, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import { deviceAddressSchema } from '@doorpost/protocol/handle'
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
  /** Signed by a device that this one knows nothing of, for a list of devices that it has not seen yet. */
  | { readonly kind: 'later-list' }
  /** Of one of our devices, whose program is newer. */
  | { readonly kind: 'not-understood' }

/** What any edition has, also of a program to come. */
const outlineSchema = z.looseObject({
  device: deviceAddressSchema,
  head: headSchema,
  preferences: z.looseObject({ sequence: z.int().min(0) }),
})

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
  const outline = openSigned('preferences', opened.signed, outlineSchema)
  if (!outline || outline.preferences.sequence !== slot.sequence) return { kind: 'not-believed' }
  if (!isOurs(outline.device, opened.signed.key, me, own)) {
    return { kind: outline.head.sequence > own.head.sequence ? 'later-list' : 'not-believed' }
  }
  const signed = signedPreferencesSchema.safeParse(outline)
  return signed.success ? { kind: 'opened', signed: signed.data } : { kind: 'not-understood' }
}

function isOurs(by: DeviceAddress, key: string, me: Me, own: OpenedDeviceList): boolean {
  const { user, device } = splitDevice(by)
  return user === me.user && activeDevices(own.list).some((each) => each.name === device && each.key === key)
}
