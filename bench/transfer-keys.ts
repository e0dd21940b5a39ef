// The two devices of the transfer benchmark, with keys that both processes can derive: nothing else about them matters.

import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '@doorpost/protocol/bytes'
import { generateSigningKey, sign, verify } from '@doorpost/protocol/signature'
import type { Sign, Verify } from '@doorpost/peer/node/direct-proof'

export function deviceOf(name: 'sender' | 'receiver') {
  const key = generateSigningKey(() => sha256(utf8(`bench ${name}`)))
  const signAs: Sign = (kind, body) => sign(kind, body, key.secret)
  return { address: `${name}@bench.example/box`, deviceKey: key.public, sign: signAs, verify: verify as Verify }
}

/** Any 16 bytes as base64url. */
export const MESSAGE_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
