// Reads the fields of an HTTP/2 request (RFC 9113 section 8.3) into what HTTP/1.1 gives, by the same rules.
// nghttp2 has checked their syntax; we read them raw, because Node's own object keeps the first of two silently.

import { addField, isHost, type Refusal } from './fields.ts'
import { isRelayed } from './relayed.ts'
import { bodyTooLarge } from './http1-framing.ts'
import { type DoorLimits, H2_PSEUDO_FIELDS, METHOD_BYTES } from './limits.ts'
import { parseTarget, type Target } from './target.ts'

export interface Http2Head extends Target {
  readonly method: string
  readonly headers: ReadonlyMap<string, string>
  /** What the caller announced; undefined when it did not. */
  readonly bodyLength: number | undefined
  readonly expectsContinue: boolean
}

/** `raw`: names and values in turn, pseudo-fields among them. */
export function readHttp2Head(raw: readonly string[], limits: DoorLimits): Http2Head | Refusal {
  const pseudo = new Map<string, string>()
  const headers = new Map<string, string>()
  if (raw.length / 2 > limits.headerFields + H2_PSEUDO_FIELDS) {
    return { status: 431, detail: `A request has at most ${limits.headerFields} header fields here.` }
  }
  let bytes = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    // Counted as HTTP/1.1 would write them. The size in our settings is advice to the caller; nghttp2 enforces twice that.
    bytes += name.length + value.length + 4
    if (bytes > limits.headerBlockBytes) {
      return { status: 431, detail: `The header fields have at most ${limits.headerBlockBytes} bytes here.` }
    }
    const refusal = addField(name.startsWith(':') ? pseudo : headers, name, value)
    if (refusal) return refusal
  }
  const method = pseudo.get(':method') ?? ''
  const path = pseudo.get(':path') ?? ''
  if (method.length > METHOD_BYTES) {
    return { status: 501, detail: `A method has at most ${METHOD_BYTES} characters here.` }
  }
  if (method === 'CONNECT') return { status: 501, detail: 'CONNECT is not done here.' }
  if (path.length > limits.requestLineBytes) {
    return { status: 414, detail: `The request line has at most ${limits.requestLineBytes} bytes here.` }
  }
  const authority = pseudo.get(':authority')
  const host = headers.get('host')
  if (authority !== undefined && host !== undefined && authority !== host) {
    return bad('The fields :authority and host differ.')
  }
  const name = authority ?? host
  if (name === undefined) return bad('The field :authority is missing.')
  if (!isHost(name)) return bad('The field :authority is not a host name with an optional port.')
  headers.set('host', name)
  if (path === '*') return { status: 501, detail: 'The asterisk-form is not done here.' }
  const target = parseTarget(path)
  if (typeof target === 'string') return bad(target)
  const length = headers.get('content-length')
  const bodyLength = length === undefined ? undefined : Number(length)
  const isTooLarge = bodyLength !== undefined && bodyLength > limits.bodyBytes
  if (isTooLarge && !isRelayed(method, target.path)) return bodyTooLarge(limits.bodyBytes)
  const expect = headers.get('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return { status: 417, detail: 'The only expectation met here is 100-continue.' }
  }
  return { method, path: target.path, query: target.query, headers, bodyLength, expectsContinue: expect !== undefined }
}

function bad(detail: string): Refusal {
  return { status: 400, detail }
}
