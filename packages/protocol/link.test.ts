import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from './bytes.ts'
import {
  formatLinkCode,
  hashOfPart,
  type LinkPart,
  linkAnswerSchema,
  linkKeys,
  linkPartSchema,
  linkUrl,
  macPart,
  openPart,
  parseLinkCode,
  parseLinkUrl,
} from './link.ts'

interface Vectors {
  codes: {
    code: string
    written: string
    link: string
    slot: string
    macKeys: Record<'offer' | 'request' | 'answer', string>
    answer: LinkPart
  }[]
  alsoRead: { text: string; code: string }[]
  invalid: string[]
}
const vectors = JSON.parse(readFileSync(new URL('./vectors/link.json', import.meta.url), 'utf8')) as Vectors
const no = { v: 1, said: 'no', request: 'A'.repeat(43) } as const

test('[DEV3] [DEV6] vectors/link.json', () => {
  for (const { code, written, link, slot, macKeys, answer } of vectors.codes) {
    const bytes = fromBase64url(code)
    expect(formatLinkCode(bytes)).toBe(written)
    expect(parseLinkCode(written)).toEqual(bytes)
    expect(linkUrl('https://example.org', bytes)).toBe(link)
    expect(parseLinkUrl(link)).toEqual({ origin: 'https://example.org', code: bytes })
    const keys = linkKeys(bytes)
    expect(keys.slot).toBe(slot)
    for (const role of ['offer', 'request', 'answer'] as const) expect(toBase64url(keys[role])).toBe(macKeys[role])
    expect(macPart('answer', no, keys)).toEqual(answer)
    expect(openPart('answer', answer, linkAnswerSchema, keys)).toEqual(no)
  }
  for (const { text, code } of vectors.alsoRead) expect(parseLinkCode(text)).toEqual(fromBase64url(code))
  for (const text of vectors.invalid) expect([text, parseLinkCode(text)]).toEqual([text, undefined])
})

test('[DEV3] a part opens for its role, its code and its exact bytes alone, and nothing throws', () => {
  const keys = linkKeys(new Uint8Array(16).fill(1))
  const part = macPart('answer', no, keys)
  expect(openPart('offer', part, linkAnswerSchema, keys)).toBeUndefined()
  expect(openPart('answer', part, linkAnswerSchema, linkKeys(new Uint8Array(16).fill(2)))).toBeUndefined()
  const other = macPart('answer', { ...no, request: `B${no.request.slice(1)}` }, keys)
  expect(openPart('answer', { ...part, body: other.body }, linkAnswerSchema, keys)).toBeUndefined()
  expect(hashOfPart(other)).not.toBe(hashOfPart(part))
  // Rightly MACed, and none of the shapes.
  expect(openPart('answer', macPart('answer', { v: 1 } as never, keys), linkAnswerSchema, keys)).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), fc.string(), (body, mac) => {
      expect(openPart('answer', { body, mac }, linkAnswerSchema, keys)).toBeUndefined()
      expect(() => linkPartSchema.safeParse({ body, mac })).not.toThrow()
    }),
    { numRuns: 200 },
  )
})

test('[DEV6] no text makes reading a code or a link throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      parseLinkCode(text)
      parseLinkUrl(text)
      parseLinkUrl(`https://example.org/link#v1.${text}`)
    }),
    { numRuns: 300 },
  )
  const { link } = vectors.codes[1] ?? { link: '' }
  for (const wrong of [
    `${link}x`,
    link.replace('https', 'ftp'),
    link.replace('#', '?'),
    link.replace('v1', 'v2'),
    `a ${link}`,
  ]) {
    expect(parseLinkUrl(wrong)).toBeUndefined()
  }
})
