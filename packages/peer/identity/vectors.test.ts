// Checks sealing and recovery against packages/protocol/vectors, which other implementations use too.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import type { Signed } from '@doorpost/protocol/signature'
import { newRecoveryWords, recoveryKeyOf } from './recovery.ts'
import { sealBody, unseal } from './seal.ts'

function read<T>(name: string): T {
  const file = new URL(`../../protocol/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

test('[K10] vectors/envelope.json opens to what was signed, and its body is sealed again byte by byte', async () => {
  const vectors = read<{ delivered: DeliveredEnvelope; bob: { ageIdentity: string }; signed: Signed; bodyKey: string }>(
    'envelope',
  )
  const { delivered, signed } = vectors
  expect(await unseal(delivered, vectors.bob.ageIdentity)).toEqual({ kind: 'signed', signed })
  expect(toBase64url(sealBody(signed, delivered.id, fromBase64url(vectors.bodyKey)))).toBe(delivered.sealed.body)
})

test('[K3] vectors/recovery-words.json', () => {
  const vectors = read<{ keys: { entropy: string; words: string; public: string }[]; invalid: string[] }>(
    'recovery-words',
  )
  for (const { entropy, words, public: key } of vectors.keys) {
    expect(newRecoveryWords(() => fromBase64url(entropy)).join(' ')).toBe(words)
    expect(toBase64url(recoveryKeyOf(words.split(' '))?.public ?? new Uint8Array())).toBe(key)
  }
  for (const words of vectors.invalid) expect(recoveryKeyOf(words.split(' '))).toBeUndefined()
})
