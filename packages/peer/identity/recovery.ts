// Recovery words: 128 bits as twelve words of BIP 39, and the Ed25519 key they stand for. It can sign one thing only, the
// list that replaces the account key. Neither words nor key are ever stored.

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { utf8 } from '@doorpost/protocol/bytes'
import { generateSigningKey } from '@doorpost/protocol/signature'
import type { SigningKey } from './identity-record.ts'

/** Bytes of entropy behind the words (DESIGN section 4): twelve words. */
const ENTROPY_BYTES = 16

export function newRecoveryWords(random: (bytes: number) => Uint8Array): string[] {
  return entropyToMnemonic(random(ENTROPY_BYTES), wordlist).split(' ')
}

/** Undefined when these are not twelve words of the list with the right checksum. Case and outer spaces do not count. */
export function recoveryKeyOf(words: readonly string[]): SigningKey | undefined {
  let entropy: Uint8Array
  try {
    entropy = mnemonicToEntropy(words.map((word) => word.trim().toLowerCase()).join(' '), wordlist)
  } catch {
    // Not words of the list, or a slip in one of them: the checksum tells.
    return undefined
  }
  if (entropy.length !== ENTROPY_BYTES) return undefined
  const seed = hkdf(sha256, entropy, undefined, utf8('doorpost/recovery/v1'), 32)
  return generateSigningKey(() => seed)
}
