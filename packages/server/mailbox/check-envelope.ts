// Whether a value is an envelope, and the one text that stands for it. SEND is the server's busiest request and the
// schema takes most of its time, so ordinary envelopes are recognized by hand first. The schema stays the rule: what is
// not recognized goes through it, and a property test shows that nothing is recognized which it would refuse.

import { isBase64url } from '@doorpost/protocol/bytes'
import { type DeviceAddress, isDeviceAddress, isUserAddress } from '@doorpost/protocol/address'
import { type Envelope, envelopeSchema } from '@doorpost/protocol/envelope'
import {
  MESSAGE_BODY_BYTES_MAX,
  RECIPIENTS_MAX,
  SEALED_KEY_BYTES_MAX,
  SEALED_KEYS_MAX,
} from '@doorpost/protocol/limits'
import { checked } from '../bodies.ts'

/** base64url of 16 and of 32 bytes, characters. */
const ID_CHARACTERS = 22
const HASH_CHARACTERS = 43

/** Throws Refusal `malformed`; its detail names the first field that is off. */
export function checkedEnvelope(value: unknown): Envelope {
  return isPlainEnvelope(value) ? value : checked(value, envelopeSchema)
}

/**
 * The envelope as JSON with its fields in one order and no spaces: the same for the same envelope, however it was
 * written. Nothing in a checked envelope needs escaping in JSON: only base64url, addresses, dates and numbers.
 */
export function canonicalText({ id, class: kind, from, to, date, expires, heads, sealed }: Envelope): string {
  const headTexts = heads.map(({ sequence, hash }) => `{"sequence":${sequence},"hash":"${hash}"}`)
  const keyTexts = sealed.keys.map(({ device, key }) => `{"device":"${device}","key":"${key}"}`)
  return (
    `{"v":1,"id":"${id}","class":"${kind}","from":"${from}","to":["${to.join('","')}"],"date":"${date}",` +
    `"expires":"${expires}","heads":[${headTexts.join()}],"sealed":{"keys":[${keyTexts.join()}],"body":"${sealed.body}"}}`
  )
}

/** True only for what envelopeSchema takes as it is; false says nothing. */
export function isPlainEnvelope(value: unknown): value is Envelope {
  if (!isRecord(value, 9)) return false
  const { v, id, class: kind, from, to, date, expires, heads, sealed } = value
  return (
    v === 1 &&
    isBase64urlOf(id, ID_CHARACTERS) &&
    (kind === 'message' || kind === 'note') &&
    isDevice(from) &&
    isList(to, RECIPIENTS_MAX, isRecipient) &&
    isInstant(date) &&
    isInstant(expires) &&
    isList(heads, RECIPIENTS_MAX, isHead) &&
    isRecord(sealed, 2) &&
    isList(sealed.keys, SEALED_KEYS_MAX, isSealedKey) &&
    isSealed(sealed.body, MESSAGE_BODY_BYTES_MAX)
  )
}

/** An object of exactly so many own fields, from JSON. */
function isRecord(value: unknown, fields: number): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === fields
}

function isList(value: unknown, max: number, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length >= 1 && value.length <= max && value.every(isOne)
}

function isRecipient(value: unknown): boolean {
  return typeof value === 'string' && (isUserAddress(value) || isDeviceAddress(value))
}

function isDevice(value: unknown): value is DeviceAddress {
  return typeof value === 'string' && isDeviceAddress(value)
}

/** Written exactly as JavaScript writes it, in years of four digits. */
function isInstant(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== 24) return false
  const ms = Date.parse(value)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value
}

function isHead(value: unknown): boolean {
  return (
    isRecord(value, 2) &&
    Number.isSafeInteger(value.sequence) &&
    (value.sequence as number) >= 1 &&
    isBase64urlOf(value.hash, HASH_CHARACTERS)
  )
}

function isSealedKey(value: unknown): boolean {
  return isRecord(value, 2) && isDevice(value.device) && isSealed(value.key, SEALED_KEY_BYTES_MAX)
}

function isSealed(value: unknown, bytesMax: number): boolean {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= Math.ceil((bytesMax * 4) / 3) && isBase64url(value)
  )
}

function isBase64urlOf(value: unknown, characters: number): boolean {
  return typeof value === 'string' && value.length === characters && isBase64url(value)
}
