// Which conversation a message belongs to: the set of users who wrote it or were named in it. Pure, and the same on every device
// of each of them.

import { sha256 } from '@noble/hashes/sha2.js'
import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import { toBase64url, utf8 } from '@doorpost/protocol/bytes'

const TAG = 'doorpost/conversation/v1'

/** By address, each once. Devices count for their users. */
export function membersOf(addresses: readonly (UserAddress | DeviceAddress)[]): UserAddress[] {
  return [...new Set(addresses.map(userOf))].sort()
}

/** 43 characters. `members`: as membersOf gives them. */
export function conversationId(members: readonly UserAddress[]): string {
  // No address holds a line end.
  return toBase64url(sha256(utf8([TAG, ...members].join('\n'))))
}

/**
 * Who is in a conversation that nothing was written in yet: with one of `others`, or with oneself. Undefined: it is none of those, and a
 * number does not tell who is in it.
 */
export function membersNamed(
  id: string,
  me: UserAddress,
  others: readonly UserAddress[],
): readonly UserAddress[] | undefined {
  return [me, ...others].map((other) => membersOf([me, other])).find((members) => conversationId(members) === id)
}
