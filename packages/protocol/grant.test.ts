import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { DeviceAddress } from './address.ts'
import { fromBase64url, toBase64url } from './bytes.ts'
import {
  formatGrantLink,
  type Grant,
  grantKeys,
  holderAddress,
  isVouchedFor,
  openGrant,
  openSealedGrant,
  parseGrantLink,
  pieceProof,
  sealGrant,
  signGrant,
  slotOfHolder,
  vouchFor,
} from './grant.ts'
import { generateSigningKey, type Signed } from './signature.ts'

interface Vectors {
  readonly links: readonly {
    readonly origin: string
    readonly secret: string
    readonly fingerprint: string
    readonly link: string
    readonly slot: string
    readonly seal: string
    readonly accessKey: string
  }[]
  readonly invalid: readonly string[]
  readonly sealed: { readonly content: { grant: Signed; deviceList: Signed }; readonly sealed: string }
  readonly vouched: { readonly browserKey: string; from: DeviceAddress; id: string; readonly vouched: string }
  readonly proof: { readonly browserKey: string; readonly piece: string; readonly proof: string }
}
const vectors = JSON.parse(readFileSync(new URL('./vectors/grant.json', import.meta.url), 'utf8')) as Vectors
const [first] = vectors.links
if (!first) throw new Error('no vectors')
const link = { secret: fromBase64url(first.secret), fingerprint: first.fingerprint }
const keys = grantKeys(link)

test('[LNK1] vectors/grant.json: links, and what is derived from them', () => {
  for (const { origin, secret, fingerprint, link: written, slot, seal, accessKey } of vectors.links) {
    const one = { origin, secret: fromBase64url(secret), fingerprint }
    expect(formatGrantLink(one)).toBe(written)
    expect(parseGrantLink(written)).toEqual(one)
    const derived = grantKeys(one)
    expect([derived.slot, toBase64url(derived.seal), toBase64url(derived.access.public)]).toEqual([
      slot,
      seal,
      accessKey,
    ])
  }
  for (const written of vectors.invalid) expect(parseGrantLink(written), written).toBeUndefined()
})

test('[LNK1] another fingerprint gives other keys altogether, and no key leads to another', () => {
  const other = grantKeys({ ...link, fingerprint: toBase64url(new Uint8Array(32).fill(9)) })
  expect(other.slot).not.toBe(keys.slot)
  const all = [keys, other].flatMap(({ slot, seal, access }) => [slot, toBase64url(seal), toBase64url(access.secret)])
  expect(new Set(all).size).toBe(6)
})

test('[LNK2] vectors/grant.json: what is sealed opens under its link and slot alone, and not altered', () => {
  const { content, sealed } = vectors.sealed
  expect(sealGrant(keys, content)).toBe(sealed)
  expect(openSealedGrant(keys, sealed)).toEqual(content)
  expect(openSealedGrant({ ...keys, slot: 'f'.repeat(32) }, sealed)).toBeUndefined()
  expect(openSealedGrant(grantKeys({ ...link, secret: new Uint8Array(16) }), sealed)).toBeUndefined()
  const altered = fromBase64url(sealed)
  altered[3] = (altered[3] as number) ^ 1
  expect(openSealedGrant(keys, toBase64url(altered))).toBeUndefined()
  expect(openSealedGrant(keys, '%')).toBeUndefined()
})

test('[LNK2] a grant is what was signed, as a grant and nothing else', () => {
  const key = generateSigningKey(() => new Uint8Array(32).fill(3))
  const grant: Grant = {
    v: 1,
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    from: 'alice@example.org/laptop' as DeviceAddress,
    fromAccount: first.fingerprint,
    accessKey: first.accessKey,
    date: '2026-11-21T12:00:00.000Z',
    expires: '2026-11-28T12:00:00.000Z',
    head: { sequence: 1, hash: first.fingerprint },
    content: { media: [] },
  }
  const signed = signGrant(grant, key)
  expect(openGrant(signed)).toEqual(grant)
  const body = toBase64url(fromBase64url(signed.body).with(8, 0x32))
  expect(openGrant({ ...signed, body })).toBeUndefined()
})

test('[LNK8] vectors/grant.json: the access key vouches for one browser and one message', () => {
  const { browserKey, from, id, vouched } = vectors.vouched
  const browser = fromBase64url(browserKey)
  expect(vouchFor(browser, { from, id }, keys.access.secret)).toBe(vouched)
  const holds = (key: Uint8Array, message: { from: DeviceAddress; id: string }, by = first.accessKey) =>
    isVouchedFor(key, message, vouched, by)
  expect(holds(browser, { from, id })).toBe(true)
  expect(
    holds(
      browser.map((byte) => byte ^ 1),
      { from, id },
    ),
  ).toBe(false)
  expect(holds(browser, { from, id: 'BBBBBBBBBBBBBBBBBBBBBA' })).toBe(false)
  expect(holds(browser, { from, id }, browserKey)).toBe(false)
})

test('[LNK8] vectors/grant.json: the proof of a piece is each browser’s own', () => {
  const { browserKey, piece, proof } = vectors.proof
  expect(pieceProof(fromBase64url(browserKey), fromBase64url(piece))).toBe(proof)
  expect(pieceProof(new Uint8Array(32), fromBase64url(piece))).not.toBe(proof)
})

test('[LNK4] link holders have names of their own', () => {
  const address = holderAddress(keys.slot, 'example.org')
  expect(address).toBe(`link.${keys.slot}@example.org/browser`)
  expect(slotOfHolder(address)).toBe(keys.slot)
  expect([slotOfHolder('alice@example.org'), slotOfHolder(`link.${keys.slot}x@h`)]).toEqual([undefined, undefined])
})
