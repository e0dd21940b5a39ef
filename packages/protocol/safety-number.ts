// The safety number of two people: what both compare, side by side or by telephone, to know that nobody stands between them. Digits,
// since everybody can say them; the same for both, since it is of both keys in one order.

import { sha512 } from '@noble/hashes/sha2.js'
import { utf8 } from './bytes.ts'

/** Twelve groups of five digits: 199 bits, as many as a hash that nobody can meet twice needs at least. */
const GROUPS = 12
const GROUP_DIGITS = 5

export interface KeyHolder {
  /** `alice@example.org`. */
  readonly address: string
  /** Of their account key, base64url. */
  readonly fingerprint: string
}

/** `41893 02277 …`: twelve groups. */
export function safetyNumber(one: KeyHolder, other: KeyHolder): string {
  const both = [one, other].map(({ address, fingerprint }) => `${address} ${fingerprint}`).toSorted()
  const hash = sha512(utf8(`doorpost/safety-number/v1\0${both.join('\n')}`))
  let number = hash.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const groups: string[] = []
  const modulus = 10n ** BigInt(GROUP_DIGITS)
  for (let count = 0; count < GROUPS; count++) {
    groups.push((number % modulus).toString().padStart(GROUP_DIGITS, '0'))
    number /= modulus
  }
  return groups.join(' ')
}
