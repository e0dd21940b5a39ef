// Nonces that a device signs to log in: 60 s, one use. A nonce carries its own expiry and a MAC over the device it was
// given to, so giving one out keeps nothing, and unknown users get one by the very same work. What is kept are the
// nonces that logged somebody in, until they would be over anyway.
// A server that shares its users with others must share the secret too; today each process draws its own.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { NONCE_LIFE_MS } from '@doorpost/protocol/limits'
import type { Clock } from '../listen/clock.ts'

/** Nonces remembered as used at once: 800 logins a second for 60 s, two entries each. About 10 MB. */
const USED_MAX = 100_000
/** 6 bytes of expiry, 10 of randomness, 16 of MAC: 32 bytes, as the protocol has it. */
const EXPIRY_BYTES = 6
const HEAD_BYTES = 16
const MAC_BYTES = 16

export interface Challenges {
  issue(device: string): { readonly nonce: string; readonly expiresAtMs: number }
  /** Whether this nonce was given to this device, is not over and logged nobody in yet. */
  isOpen(device: string, nonce: string): boolean
  /** Uses up both nonces. `replayed`: one of them was used before. `full`: too many logins within 60 s to remember. */
  use(device: string, serverNonce: string, deviceNonce: string): 'used' | 'replayed' | 'full'
}

export function openChallenges(clock: Clock, usedMax = USED_MAX): Challenges {
  const secret = randomBytes(32)
  /** What was used, and when it may be forgotten. All live equally long, so the order of insertion is the order of ends. */
  const used = new Map<string, number>()

  const macOf = (head: Uint8Array, device: string) =>
    createHmac('sha256', secret).update(head).update(device).digest().subarray(0, MAC_BYTES)

  function forget(nowMs: number): void {
    for (const [key, untilMs] of used) {
      if (untilMs > nowMs) break
      used.delete(key)
    }
  }

  return {
    issue(device) {
      const expiresAtMs = clock.wallMs() + NONCE_LIFE_MS
      const head = randomBytes(HEAD_BYTES)
      head.writeUIntBE(expiresAtMs, 0, EXPIRY_BYTES)
      return { nonce: Buffer.concat([head, macOf(head, device)]).toString('base64url'), expiresAtMs }
    },

    isOpen(device, nonce) {
      const bytes = Buffer.from(nonce, 'base64url')
      if (bytes.length !== HEAD_BYTES + MAC_BYTES) return false
      const head = bytes.subarray(0, HEAD_BYTES)
      const authentic = timingSafeEqual(bytes.subarray(HEAD_BYTES), macOf(head, device))
      return authentic && head.readUIntBE(0, EXPIRY_BYTES) > clock.wallMs() && !used.has(`server ${nonce}`)
    },

    use(device, serverNonce, deviceNonce) {
      const nowMs = clock.wallMs()
      forget(nowMs)
      const keys = [`server ${serverNonce}`, `device ${device} ${deviceNonce}`]
      if (keys.some((key) => used.has(key))) return 'replayed'
      if (used.size + keys.length > usedMax) return 'full'
      for (const key of keys) used.set(key, nowMs + NONCE_LIFE_MS)
      return 'used'
    },
  }
}
