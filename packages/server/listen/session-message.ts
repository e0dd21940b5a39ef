// The text messages of a session: a call that comes in, the answer and the push that go out. Pure.

import { parseJson } from '@doorpost/protocol/json'
import type { Answer } from './exchange.ts'
import { addField, FIELD_VALUE, type Refusal, TOKEN, trimOws } from './fields.ts'
import { CALL_ID_CHARACTERS, METHOD_BYTES } from './limits.ts'
import { parseTarget, type Target } from './target.ts'

export type CallId = string | number

/** `{id, method, target, headers?, body?}`: one request. The id is the caller's, and comes back with the answer. */
export interface Call extends Target {
  readonly id: CallId
  readonly method: string
  readonly headers: Map<string, string>
  /** Any JSON value; undefined is no body. */
  readonly body: unknown
}

/** The message is no call and cannot even be answered: the session ends. */
export interface NoCall {
  readonly reason: string
}

/** The call has an id but is not right: it is answered. */
export interface RefusedCall extends Refusal {
  readonly id: CallId
}

/** Hand-written rather than by schema: this is the hot path of SEND, and four fields. */
export function parseCall(text: string, headerFieldLimit: number): Call | RefusedCall | NoCall {
  const message = parseJson(text)
  if (message === undefined) return { reason: 'A message is not JSON.' }
  if (!isRecord(message)) return { reason: 'A message is not a JSON object.' }
  const { id, method, target, headers, body } = message
  if (!isCallId(id))
    return { reason: `A call needs an id: an integer, or text of 1 to ${CALL_ID_CHARACTERS} characters.` }
  if (typeof method !== 'string' || !TOKEN.test(method)) return refused(id, 'The method is not a token.')
  if (method.length > METHOD_BYTES) {
    return { id, status: 501, detail: `A method has at most ${METHOD_BYTES} characters here.` }
  }
  const parsed = typeof target === 'string' ? parseTarget(target) : 'The call has no target.'
  if (typeof parsed === 'string') return refused(id, parsed)
  const fields = new Map<string, string>()
  if (headers !== undefined) {
    const refusal = readFields(headers, fields, headerFieldLimit)
    if (refusal) return { id, ...refusal }
  }
  return { id, method, path: parsed.path, query: parsed.query, headers: fields, body }
}

function readFields(headers: unknown, fields: Map<string, string>, limit: number): Refusal | undefined {
  if (!isRecord(headers)) return { status: 400, detail: 'The headers of a call are an object of strings.' }
  const names = Object.keys(headers)
  if (names.length > limit) return { status: 431, detail: `A request has at most ${limit} header fields here.` }
  for (const name of names) {
    const value = headers[name]
    if (!TOKEN.test(name)) return { status: 400, detail: 'A header name is not a token.' }
    if (typeof value !== 'string' || !FIELD_VALUE.test(value)) {
      return { status: 400, detail: 'A header value is not text, or holds a control character.' }
    }
    const refusal = addField(fields, name.toLowerCase(), trimOws(value))
    if (refusal) return refusal
  }
  return undefined
}

/**
 * `{id, status, headers?, body?}`. A JSON body stands in the message as the value it is, text as a string, anything else
 * as base64 with `encoding: "base64"`.
 */
export function answerMessage(id: CallId, answer: Answer, body: Uint8Array | string): string {
  let text = `{"id":${JSON.stringify(id)},"status":${answer.status}`
  let type = ''
  if (answer.headers) {
    const headers: Record<string, string> = {}
    for (const name in answer.headers) headers[name.toLowerCase()] = answer.headers[name] as string
    type = headers['content-type'] ?? ''
    text += `,"headers":${JSON.stringify(headers)}`
  }
  if (body.length === 0) return `${text}}`
  if (/^application\/(.+\+)?json\b/i.test(type)) {
    return `${text},"body":${typeof body === 'string' ? body : Buffer.from(body).toString()}}`
  }
  if (typeof body === 'string') return `${text},"body":${JSON.stringify(body)}}`
  if (/^text\//i.test(type)) return `${text},"body":${JSON.stringify(Buffer.from(body).toString())}}`
  return `${text},"encoding":"base64","body":"${Buffer.from(body).toString('base64')}"}`
}

export function pushMessage(message: object): string {
  return `{"push":${JSON.stringify(message)}}`
}

function isCallId(id: unknown): id is CallId {
  return typeof id === 'string' ? id.length > 0 && id.length <= CALL_ID_CHARACTERS : Number.isSafeInteger(id)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(id: CallId, detail: string): RefusedCall {
  return { id, status: 400, detail }
}
