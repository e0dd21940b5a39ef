// Two people with fixed keys, for tests and vectors. Nobody uses these keys for anything else.

import { deviceAddress, type UserAddress } from './address.ts'
import { toBase64url } from './bytes.ts'
import { countersign, type DeviceList, openDeviceList, signDeviceList } from './device-list.ts'
import { generateSigningKey, type Signed } from './signature.ts'

/** A key pair whose secret is 32 times this byte. */
export const seededKey = (byte: number) => generateSigningKey((length) => new Uint8Array(length).fill(byte))

/** `bytes` of this byte, base64url. */
export const filled = (byte: number, bytes = 32) => toBase64url(new Uint8Array(bytes).fill(byte))

/** The shape of a hybrid recipient, which this package only looks at; nobody can seal to it. */
export const fakeRecipient = (letter: string) => `age1pq1${letter.repeat(1952)}`

export const signedAt = '2026-11-21T12:00:00.000Z'

function person(user: string, firstByte: number) {
  const address = user as UserAddress
  const account = seededKey(firstByte)
  const recovery = seededKey(firstByte + 1)
  const laptop = seededKey(firstByte + 2)
  const phone = seededKey(firstByte + 3)
  const entry = (name: string, key: typeof laptop, letter: string) =>
    countersign(
      address,
      { name, key: toBase64url(key.public), recipient: fakeRecipient(letter), createdAt: signedAt },
      key.secret,
    )
  const first: DeviceList = {
    v: 1,
    user: address,
    sequence: 1,
    previous: null,
    accountKey: toBase64url(account.public),
    recoveryKey: toBase64url(recovery.public),
    devices: [entry('laptop', laptop, 'q')],
    signedAt,
  }
  return {
    address,
    account,
    recovery,
    laptop,
    phone,
    laptopAddress: deviceAddress(address, 'laptop'),
    phoneEntry: entry('phone', phone, 'p'),
    first,
    deviceList: signDeviceList(first, account),
  }
}

export const alice = person('alice@example.org', 10)
export const bob = person('bob@example.org', 20)

/** The list after `signed`, with these changes, signed by `key`. */
export function listAfter(
  signed: Signed,
  key: ReturnType<typeof seededKey>,
  changes: Partial<DeviceList> = {},
): Signed {
  const opened = openDeviceList(signed)
  if (!opened) throw new Error('this list does not open')
  const { list, head } = opened
  return signDeviceList({ ...list, sequence: list.sequence + 1, previous: head.hash, ...changes }, key)
}
