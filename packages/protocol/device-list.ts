// The signed list of one user's devices: who may speak for `alice@example.org`, each list chained to the one before.
// Remembering the highest head seen, and stopping when it moves back, is peer/identity's business.

import { z } from 'zod'
import { isDeviceName, isUserAddress, type UserAddress } from './address.ts'
import { fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts'
import { instantSchema } from './dates.ts'
import { DEVICE_ENTRIES_MAX, DEVICES_MAX } from './limits.ts'
import {
  hashOfSigned,
  hashSchema,
  keySchema,
  openSigned,
  type Signed,
  sign,
  signatureSchema,
  signJson,
  verify,
} from './signature.ts'

export const userAddressSchema = z
  .string()
  .refine(isUserAddress, 'must be user@domain') as unknown as z.ZodType<UserAddress>
export const deviceNameSchema = z.string().refine(isDeviceName, 'must be a device name')

/** age recipient of the hybrid kind (X25519 + ML-KEM-768) only: mixing kinds loses what the hybrid is for (FIELD). */
const recipientSchema = z
  .string()
  .max(2500)
  .regex(/^age1pq1[02-9ac-hj-np-z]+$/)

/** One device. `countersignature` is the device key's, over everything else here and the user: nobody else can enrol it. */
const deviceSchema = z.strictObject({
  name: deviceNameSchema,
  key: keySchema,
  recipient: recipientSchema,
  createdAt: instantSchema,
  revokedAt: instantSchema.optional(),
  countersignature: signatureSchema,
})
export type Device = z.infer<typeof deviceSchema>
/** A device that is not on any list yet. */
export const newDeviceSchema = deviceSchema.omit({ revokedAt: true })

export const deviceListSchema = z.strictObject({
  v: z.literal(1),
  user: userAddressSchema,
  sequence: z.int().min(1),
  /** Hash of the list before; null in the first. */
  previous: hashSchema.nullable(),
  accountKey: keySchema,
  /** May sign one thing only: the list that replaces the account key. */
  recoveryKey: keySchema,
  devices: z.array(deviceSchema).min(1).max(DEVICE_ENTRIES_MAX),
  signedAt: instantSchema,
  /**
   * The recovery key's word for this account key, from the list that brought it in and in every later one: who has not
   * seen that list can follow all the same. `sequence` is that list's.
   */
  recovered: z.strictObject({ sequence: z.int().min(2), signature: signatureSchema }).optional(),
})
export type DeviceList = z.infer<typeof deviceListSchema>

/** Which list was seen: its number and its hash. */
export const headSchema = z.strictObject({ sequence: z.int().min(1), hash: hashSchema })
export type Head = z.infer<typeof headSchema>

export interface OpenedDeviceList {
  readonly list: DeviceList
  readonly head: Head
  /** Who signed: the account key itself, or the recovery key replacing it. */
  readonly signedBy: 'account' | 'recovery'
}

/** Bytes a device key countersigns. */
function deviceBytes(user: UserAddress, device: Omit<Device, 'countersignature' | 'revokedAt'>): Uint8Array {
  const { name, key, recipient, createdAt } = device
  return utf8(JSON.stringify({ user, name, key, recipient, createdAt }))
}

/** The entry of a device, signed by its own key (`deviceSecret`, 32 bytes): that it is this user's, under this name. */
export function countersign(
  user: UserAddress,
  device: Omit<Device, 'countersignature' | 'revokedAt'>,
  deviceSecret: Uint8Array,
): Device {
  return { ...device, countersignature: toBase64url(sign('device', deviceBytes(user, device), deviceSecret)) }
}

/** Whether the device itself said that it is this user's, under this name. */
export function isCountersigned(user: UserAddress, device: Device): boolean {
  const { key, countersignature } = device
  return verify('device', deviceBytes(user, device), fromBase64url(countersignature), fromBase64url(key))
}

function recoveredBytes(list: Pick<DeviceList, 'user' | 'accountKey'>, sequence: number): Uint8Array {
  return utf8(JSON.stringify({ user: list.user, accountKey: list.accountKey, sequence }))
}

/** The recovery key's word that this user's account key is another from the list with this number on. */
export function signRecovered(
  list: Pick<DeviceList, 'user' | 'accountKey'>,
  sequence: number,
  recoverySecret: Uint8Array,
): NonNullable<DeviceList['recovered']> {
  return { sequence, signature: toBase64url(sign('recovery', recoveredBytes(list, sequence), recoverySecret)) }
}

/** Signed by the account key or, where it was recovered, by the recovery key. Throws on what is no list. */
export function signDeviceList(list: DeviceList, key: { secret: Uint8Array; public: Uint8Array }): Signed {
  return signJson('device-list', deviceListSchema.parse(list), key)
}

/**
 * Opens one list on its own: signature, schema, unique device names, every countersignature. A first list must be
 * signed by the account key it names. Undefined when anything is off. Whether it may follow another: mayFollow.
 */
export function openDeviceList(signed: Signed): OpenedDeviceList | undefined {
  const list = openSigned('device-list', signed, deviceListSchema)
  const signedBy = list && signerOf(list, signed)
  if (!list || !signedBy) return undefined
  if ((list.sequence === 1) !== (list.previous === null)) return undefined
  if (new Set(list.devices.map((device) => device.name)).size !== list.devices.length) return undefined
  if (activeDevices(list).length > DEVICES_MAX) return undefined
  const countersigned = list.devices.every((device) => isCountersigned(list.user, device))
  if (!countersigned || !isRightlyRecovered(list)) return undefined
  return { list, head: { sequence: list.sequence, hash: hashOfSigned(signed) }, signedBy }
}

/**
 * A list that this device opened before it kept it: its signatures were looked at then, which costs some milliseconds a list, and who could
 * change what a device keeps could give it another list with signatures of its own. Undefined when it is none.
 */
export function reopenDeviceList(signed: Signed): OpenedDeviceList | undefined {
  const parsed = deviceListSchema.safeParse(JSON.parse(fromUtf8(fromBase64url(signed.body))))
  const signedBy = parsed.data && signerOf(parsed.data, signed)
  if (!parsed.data || !signedBy) return undefined
  return { list: parsed.data, head: { sequence: parsed.data.sequence, hash: hashOfSigned(signed) }, signedBy }
}

/** Whose key it is, by what the list itself says. */
function signerOf(list: DeviceList, { key }: Signed): OpenedDeviceList['signedBy'] | undefined {
  if (key === list.accountKey) return 'account'
  return key === list.recoveryKey && list.sequence > 1 ? 'recovery' : undefined
}

function isRightlyRecovered(list: DeviceList): boolean {
  const { recovered, recoveryKey } = list
  if (!recovered) return true
  const bytes = recoveredBytes(list, recovered.sequence)
  const isSigned = verify('recovery', bytes, fromBase64url(recovered.signature), fromBase64url(recoveryKey))
  return isSigned && recovered.sequence <= list.sequence
}

/**
 * Whether `next` may take the place of `known`. `same`: nothing new. `follows`: the next list, or a later one whose
 * steps between were not seen. `recovered`: the account key changed and the recovery key of `known` signed it.
 * `older` and `forked` mean somebody shows a list that was replaced, or two lists under one number: stop.
 * `other-account`: another account key without the recovery key's word: stop and warn.
 */
export function mayFollow(
  known: OpenedDeviceList,
  next: OpenedDeviceList,
): 'same' | 'follows' | 'recovered' | 'older' | 'forked' | 'other-account' {
  if (next.list.user !== known.list.user) return 'other-account'
  const sameAccount = next.list.accountKey === known.list.accountKey
  // Newer than the word that brought in the key we know: an account key that was replaced cannot come back by its own.
  const isNewWord = (next.list.recovered?.sequence ?? 0) > (known.list.recovered?.sequence ?? 0)
  const recovered = (next.signedBy === 'recovery' || isNewWord) && next.list.recoveryKey === known.list.recoveryKey
  if (!sameAccount && !recovered) return 'other-account'
  if (sameAccount && next.signedBy !== 'account') return 'other-account'
  if (next.head.sequence < known.head.sequence) return 'older'
  if (next.head.sequence === known.head.sequence) return next.head.hash === known.head.hash ? 'same' : 'forked'
  if (next.head.sequence === known.head.sequence + 1 && next.list.previous !== known.head.hash) return 'forked'
  // A recovery key may not change in the list it signs, nor may an account key change it silently.
  if (sameAccount && next.list.recoveryKey !== known.list.recoveryKey) return 'other-account'
  return sameAccount ? 'follows' : 'recovered'
}

/** Devices that may speak and be sealed to. */
export function activeDevices(list: DeviceList): Device[] {
  return list.devices.filter((device) => device.revokedAt === undefined)
}
