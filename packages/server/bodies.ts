// JSON in and out of the rooms: reading a request's body against its schema, and writing answers.
// What a refusal looks like on the wire is here too, so that every door and room says it alike.

import { fromUtf8 } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import type { z } from 'zod'
import { type Answer, BodyTooLarge, type Exchange } from './listen/exchange.ts'

/** Nothing a room says may be kept by a cache on the way: the same target answers differently to different callers. */
const NO_STORE = { 'cache-control': 'no-store' } as const

/** Longest value quoted from a schema's complaint, characters: enough for a field's path and its reason. */
const COMPLAINT_LENGTH_MAX = 300

export function json(status: number, value: object): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE },
    body: JSON.stringify(value),
  }
}

export function text(status: number, body: string, type = 'text/plain; charset=utf-8'): Answer {
  return { status, headers: { 'content-type': type, ...NO_STORE }, body }
}

export function nothing(status: 201 | 204): Answer {
  return { status, headers: NO_STORE }
}

/** Body of a request, parsed. Throws Refusal `too-large` or `malformed`; its detail names the first field that is off. */
export async function readJson<T>(exchange: Exchange, schema: z.ZodType<T>, bytesMax: number): Promise<T> {
  return checked((await readValue(exchange, bytesMax)).value, schema)
}

/** Body of a request as a JSON value nobody has checked yet, and its size, bytes or a little more. Throws as readJson. */
export async function readValue(
  { body }: Pick<Exchange, 'body'>,
  bytesMax: number,
): Promise<{ readonly value: unknown; readonly size: number }> {
  // A session's body came parsed: writing and parsing it again would cost more than handling it.
  if (body.parsed && body.parsed.size <= bytesMax) return body.parsed
  const bytes = await readBytes({ body }, bytesMax)
  return { value: jsonOf(bytes), size: bytes.length }
}

export function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>): T {
  return checked(jsonOf(bytes), schema)
}

/** Throws Refusal `malformed`; its detail names the first field that is off. */
export function checked<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  const complaint = `${field === '' ? 'The body' : field}: ${issue?.message ?? 'not as the schema says'}`
  throw new Refusal('malformed', { detail: complaint.slice(0, COMPLAINT_LENGTH_MAX) })
}

/** Body of a request as bytes; throws Refusal `too-large`. */
export async function readBytes({ body }: Pick<Exchange, 'body'>, bytesMax: number): Promise<Uint8Array> {
  try {
    return await body.bytes(bytesMax)
  } catch (error) {
    if (error instanceof BodyTooLarge) throw tooLarge(error)
    throw error
  }
}

export function tooLarge(cause: BodyTooLarge): Refusal {
  return new Refusal('too-large', { detail: `At most ${cause.limitBytes} bytes are taken here.` }, cause)
}

/** A refusal as problem details (RFC 9457), with Retry-After in whole seconds (RFC 9110 section 10.2.3). */
export function refused(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Answer {
  const { problem } = refusal
  const wait = problem.retryAfterMs
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...NO_STORE,
      ...(wait !== undefined && { 'retry-after': String(Math.ceil(wait / 1000)) }),
      ...(problem.status === 401 && { 'www-authenticate': 'Doorpost' }),
      ...headers,
    },
    body: JSON.stringify(problem),
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch (error) {
    throw new Refusal('malformed', { detail: 'The body is not JSON in UTF-8.' }, error)
  }
}
