// Reads the meaning of a request's head: which bytes belong to its body, whom it is for, what happens after it.
// Where two readers could disagree (request smuggling), the request is refused. Lines and bytes are http1-parser's.

import { addField, FIELD_VALUE, isHost, listOfTokens, type Refusal, TOKEN, trimOws } from './fields.ts'
import { type DoorLimits, METHOD_BYTES } from './limits.ts'
import { isRelayed } from './relayed.ts'
import { parseTarget, splitAbsoluteForm, type Target } from './target.ts'

export interface RequestLine {
  readonly method: string
  readonly target: string
  readonly minorVersion: 0 | 1
}

export interface RequestHead extends Target {
  readonly method: string
  readonly minorVersion: 0 | 1
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body, or that it comes in chunks; 0 is no body. */
  readonly bodyLength: number | 'chunked'
  /** The caller allows another request on this connection. */
  readonly keepAlive: boolean
  /** The caller waits for 100 before it sends the body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean
  /** The caller asks to go on as a WebSocket (RFC 6455 section 4.1). */
  readonly upgradesToWebSocket: boolean
}

const REQUEST_LINE = /^([^ ]+) ([\x21-\x7e]+) HTTP\/([0-9])\.([0-9])$/

/** RFC 9112 section 3: method SP request-target SP HTTP-version, and nothing else. */
export function parseRequestLine(line: string): RequestLine | Refusal {
  const match = REQUEST_LINE.exec(line)
  if (!match) return bad('The request line must be: method, one space, target, one space, HTTP/1.1.')
  const [, method = '', target = '', major, minor] = match
  if (!TOKEN.test(method)) return bad('The method is not a token.')
  if (major !== '1') return { status: 505, detail: `HTTP/${major}.${minor} is not spoken here; HTTP/1.1 is.` }
  if (method.length > METHOD_BYTES) {
    return { status: 501, detail: `A method has at most ${METHOD_BYTES} characters here.` }
  }
  return { method, target, minorVersion: minor === '0' ? 0 : 1 }
}

/** Adds one header or trailer line, without its line end, to `fields` (RFC 9112 section 5). */
export function parseFieldLine(line: string, fields: Map<string, string>): Refusal | undefined {
  const first = line.charCodeAt(0)
  if (first === 0x20 || first === 0x09) return bad('A header line may not be folded (RFC 9112 section 5.2).')
  const colon = line.indexOf(':')
  if (colon < 0) return bad('A header line has no colon.')
  const name = line.slice(0, colon)
  if (!TOKEN.test(name)) return bad('A header name is not a token, or has a space before its colon.')
  const value = trimOws(line.slice(colon + 1))
  if (!FIELD_VALUE.test(value)) return bad('A header value holds a control character.')
  return addField(fields, name.toLowerCase(), value)
}

/** Trailer fields are checked and dropped; these would change what was said before them (RFC 9110 section 6.5.1). */
const FORBIDDEN_TRAILERS = [
  'content-length',
  'transfer-encoding',
  'host',
  'authorization',
  'trailer',
  'content-encoding',
]

export function checkTrailers(trailers: ReadonlyMap<string, string>): Refusal | undefined {
  const found = FORBIDDEN_TRAILERS.find((name) => trailers.has(name))
  return found === undefined ? undefined : bad(`The field ${found} may not stand in a trailer.`)
}

/** Puts request line and fields together. `bodyLimitBytes` is the door's own bound on an announced body. */
export function readHead(
  line: RequestLine,
  fields: Map<string, string>,
  bodyLimitBytes: number,
): RequestHead | Refusal {
  const target = readTarget(line, fields)
  if ('status' in target) return target
  const bodyLength = readBodyLength(line, fields)
  if (typeof bodyLength === 'object') return bodyLength
  const isTooLarge = typeof bodyLength === 'number' && bodyLength > bodyLimitBytes
  if (isTooLarge && !isRelayed(line.method, target.path)) return bodyTooLarge(bodyLimitBytes)
  const expect = fields.get('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return { status: 417, detail: 'The only expectation met here is 100-continue.' }
  }
  const connection = listOfTokens(fields.get('connection'))
  return {
    method: line.method,
    path: target.path,
    query: target.query,
    minorVersion: line.minorVersion,
    headers: fields,
    bodyLength,
    // RFC 9112 section 9.3. We do not keep HTTP/1.0 connections: its keep-alive was never safe behind proxies.
    keepAlive: line.minorVersion === 1 && !connection.includes('close'),
    // RFC 9110 section 10.1.1: a 1.0 caller cannot know 100; without a body there is nothing to wait for.
    expectsContinue: expect !== undefined && line.minorVersion === 1 && bodyLength !== 0,
    upgradesToWebSocket:
      line.method === 'GET' &&
      line.minorVersion === 1 &&
      connection.includes('upgrade') &&
      listOfTokens(fields.get('upgrade')).includes('websocket'),
  }
}

export function bodyTooLarge(limitBytes: number): Refusal {
  return { status: 413, detail: `A request body has at most ${limitBytes} bytes here.` }
}

export function lateBody(limits: Pick<DoorLimits, 'bodyIdleMs' | 'requestMs'>): Refusal {
  const bounds = `${limits.bodyIdleMs / 1000} s of silence or ${limits.requestMs / 1000} s in all`
  return { status: 408, detail: `The request did not complete its body within ${bounds}.` }
}

export function lateHead(limits: Pick<DoorLimits, 'headMs'>): Refusal {
  return { status: 408, detail: `The request did not complete its headers within ${limits.headMs / 1000} s.` }
}

function readTarget(line: RequestLine, fields: Map<string, string>): Target | Refusal {
  const host = fields.get('host')
  if (host === undefined) {
    if (line.minorVersion === 1) return bad('The field host is missing (RFC 9112 section 3.2).')
  } else if (!isHost(host)) return bad('The field host is not a host name with an optional port.')
  if (line.method === 'CONNECT') return { status: 501, detail: 'CONNECT is not done here.' }
  if (line.target === '*') return { status: 501, detail: 'The asterisk-form is not done here.' }
  let originForm = line.target
  if (!originForm.startsWith('/')) {
    const absolute = splitAbsoluteForm(originForm)
    if (!absolute) return bad('The request target is neither a path nor an http or https URI.')
    if (!isHost(absolute.authority))
      return bad('The authority of the request target is not a host with an optional port.')
    // RFC 9112 section 3.2.2: the authority of an absolute-form target replaces the Host field.
    fields.set('host', absolute.authority)
    originForm = absolute.originForm
  }
  const target = parseTarget(originForm)
  return typeof target === 'string' ? bad(target) : target
}

const DIGITS = /^[0-9]{1,15}$/
const CODINGS = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+([\t ]*,[\t ]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/

/** RFC 9112 section 6.3, with every doubtful case refused. */
function readBodyLength(line: RequestLine, fields: ReadonlyMap<string, string>): number | 'chunked' | Refusal {
  const length = fields.get('content-length')
  const coding = fields.get('transfer-encoding')
  if (coding === undefined) {
    if (length === undefined) return 0
    if (!DIGITS.test(length)) return bad('Content-Length must be 1 to 15 decimal digits.')
    return Number(length)
  }
  if (length !== undefined) return bad('Content-Length and Transfer-Encoding may not stand in one request.')
  if (line.minorVersion === 0) return bad('HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1).')
  // Names of codings ignore case (RFC 9112 section 7).
  if (coding.toLowerCase() === 'chunked') return 'chunked'
  const codings = listOfTokens(coding)
  const isUnknownCoding = CODINGS.test(coding) && codings.indexOf('chunked') === codings.length - 1
  if (isUnknownCoding) return { status: 501, detail: 'The only transfer coding done here is chunked.' }
  return bad('Transfer-Encoding must be exactly: chunked.')
}

function bad(detail: string): Refusal {
  return { status: 400, detail }
}
