// How a browser that holds a link and the device that gives it out find a webrtc path, where both agreed that they see each other's
// network address: an offer beside a signed request through the tunnel, and the answer to it. Both are sealed under a key that the
// link's secret gives, so that the server reads no address in them; the answer is signed by the device. Who may ask is
// peer/send/grants.ts's to say.

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { z } from 'zod'
import { concat, fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { pathSignalSchema, type PathSignal } from './path-signal.ts'
import { base64urlOf, keySchema, openSigned, signedSchema, signJson } from './signature.ts'

/** Bytes of the number drawn for each sealing (draft-irtf-cfrg-xchacha-03 section 2.3.1): as long as to be drawn by chance. */
export const GRANT_PATH_NONCE_BYTES = 24

/** Whom it is between, and about what: sealed for another, it does not open. */
export interface GrantPathContext {
  /** The device that gives the link's media out. */
  readonly source: string
  /** The link's message. */
  readonly id: string
  /** Drawn by the browser, 16 bytes as base64url: one offer and one answer. */
  readonly attempt: string
  /** The browser's own key. */
  readonly browser: Uint8Array
}

const [offerSchema, answerSchema] = pathSignalSchema.options
export type GrantPathOffer = Extract<PathSignal, { step: 'offer' }>
export type GrantPathAnswer = Extract<PathSignal, { step: 'answer' }>

/** What the device signs: this answer, to that browser's attempt. */
export const grantPathAnswerSchema = z.strictObject({
  v: z.literal(1),
  source: deviceAddressSchema,
  id: messageIdSchema,
  attempt: base64urlOf(16),
  browser: keySchema,
  answer: answerSchema,
})

/** By the browser, whose signature is the request's it stands in. base64url. */
export function sealGrantOffer(
  key: Uint8Array,
  context: GrantPathContext,
  offer: GrantPathOffer,
  nonce: Uint8Array,
): string {
  return toBase64url(seal(key, aboutWhat('offer', context), offerSchema.parse(offer), nonce))
}

/** Undefined for what was not sealed under this link, for this context, or altered since. Never throws. */
export function openGrantOffer(key: Uint8Array, context: GrantPathContext, sealed: string): GrantPathOffer | undefined {
  try {
    return offerSchema.safeParse(open(key, aboutWhat('offer', context), fromBase64url(sealed))).data
  } catch {
    return undefined
  }
}

/** Signed by the device that the grant names, sealed for that browser and that attempt alone. `nonce`: never used before under this key. Throws on what is no answer. */
export function sealGrantAnswer(
  key: Uint8Array,
  context: GrantPathContext,
  answer: GrantPathAnswer,
  deviceKey: { readonly secret: Uint8Array; readonly public: Uint8Array },
  nonce: Uint8Array,
): Uint8Array {
  const { source, id, attempt, browser } = context
  const said = grantPathAnswerSchema.parse({ v: 1, source, id, attempt, browser: toBase64url(browser), answer })
  return seal(key, aboutWhat('answer', context), signJson('grant-path', said, deviceKey), nonce)
}

/** Undefined unless this very device signed it for this very attempt. `deviceKey`: the source's, from its user's list. Never throws. */
export function openGrantAnswer(
  key: Uint8Array,
  context: GrantPathContext,
  sealed: Uint8Array,
  deviceKey: Uint8Array,
): GrantPathAnswer | undefined {
  try {
    const signed = signedSchema.parse(open(key, aboutWhat('answer', context), sealed))
    const said = openSigned('grant-path', signed, grantPathAnswerSchema)
    const { source, id, attempt, browser } = context
    const isIt =
      signed.key === toBase64url(deviceKey) &&
      said?.source === source &&
      said.id === id &&
      said.attempt === attempt &&
      said.browser === toBase64url(browser)
    return isIt ? said.answer : undefined
  } catch {
    return undefined
  }
}

function aboutWhat(step: 'offer' | 'answer', { source, id, attempt, browser }: GrantPathContext): Uint8Array {
  return utf8(JSON.stringify({ step, source, id, attempt, browser: toBase64url(browser) }))
}

function seal(key: Uint8Array, about: Uint8Array, value: unknown, nonce: Uint8Array): Uint8Array {
  return concat(nonce, xchacha20poly1305(key, nonce, about).encrypt(utf8(JSON.stringify(value))))
}

/** Throws on anything else. */
function open(key: Uint8Array, about: Uint8Array, sealed: Uint8Array): unknown {
  const nonce = sealed.subarray(0, GRANT_PATH_NONCE_BYTES)
  const plain = xchacha20poly1305(key, nonce, about).decrypt(sealed.subarray(GRANT_PATH_NONCE_BYTES))
  return JSON.parse(fromUtf8(plain))
}
