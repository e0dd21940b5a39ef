// The strict HTTP/1.1 request parser (RFC 9112): bytes are fed in, events are taken out one at a time.
// Pure: no sockets, no clock. Who takes no events makes nothing happen, and that is how callers are held back.
// What the head means is http1-framing's; what to do with it is http1-connection's.

import type { Refusal } from './fields.ts'
import {
  bodyTooLarge,
  checkTrailers,
  parseFieldLine,
  parseRequestLine,
  type RequestHead,
  type RequestLine,
  readHead,
} from './http1-framing.ts'
import { CHUNK_EXTENSION_BYTES, CHUNK_LINE_BYTES, type DoorLimits } from './limits.ts'
import { isRelayed } from './relayed.ts'

export type ParserEvent =
  | { readonly kind: 'head'; readonly head: RequestHead }
  /** A part of the body; a view of the bytes that were fed. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  /** Nothing follows: the connection must be closed after this refusal is sent. */
  | { readonly kind: 'refusal'; readonly status: number; readonly detail: string }

export type ParserLimits = Pick<DoorLimits, 'requestLineBytes' | 'headerBlockBytes' | 'headerFields' | 'bodyBytes'>

/**
 * Order of events per request: one `head`, any number of `data`, one `end`; or a `refusal` at any point, which is
 * the last event. The events depend on the bytes alone, never on how they were cut.
 */
export interface RequestParser {
  /** Hands in bytes; the caller must not change them afterwards. Feed when `next` has given undefined. */
  feed(bytes: Uint8Array): void
  /** The next event, or undefined when more bytes are needed or after a refusal. */
  next(): ParserEvent | undefined
  /** Bytes fed and not yet looked at. */
  readonly heldBytes: number
  /** Between requests: not one byte of the next has been looked at. */
  readonly isIdle: boolean
  /** Body bytes still to come; undefined when chunked and not known. */
  readonly bodyBytesLeft: number | undefined
  /** Ends parsing and gives back the bytes not looked at, for whoever takes the connection over. */
  takeRest(): Uint8Array
}

type State =
  | 'request-line'
  | 'fields'
  | 'sized-body'
  | 'chunk-line'
  | 'chunk-data'
  | 'chunk-data-end'
  | 'trailers'
  | 'body-end'
  | 'dead'

const CR = 0x0d
const LF = 0x0a
const TAB = 0x09
const SPACE = 0x20
const DELETE = 0x7f
const EMPTY = Buffer.alloc(0)
/** Size, then extensions of which nothing is used (RFC 9112 section 7.1); no space may stand before or after the size. */
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})(;[\t\x20-\x7e\x80-\xff]*)?$/

export function createRequestParser(limits: ParserLimits): RequestParser {
  let state: State = 'request-line'
  let buffer: Buffer = EMPTY
  let at = 0

  let lineStart = ''
  let lineBytes = 0
  let sawCr = false

  let skippedEmptyLine = false
  let requestLine: RequestLine | undefined
  let fields = new Map<string, string>()
  let fieldCount = 0
  let blockBytes = 0
  /** Bytes left of a sized body or of the chunk being read. */
  let left = 0
  let bodyBytes = 0
  let isBodyBounded = true
  let extensionBytes = 0

  function refuse(refusal: Refusal): ParserEvent {
    state = 'dead'
    buffer = EMPTY
    at = 0
    lineStart = ''
    return { kind: 'refusal', status: refusal.status, detail: refusal.detail }
  }

  /** A whole line without its CRLF, undefined while it is incomplete. `tooLong` is refused past `limitBytes`, CRLF included. */
  function takeLine(limitBytes: number, tooLong: Refusal): string | Refusal | undefined {
    const from = at
    while (at < buffer.length) {
      const byte = buffer[at] as number
      if (++lineBytes > limitBytes) return tooLong
      at++
      if (sawCr) {
        if (byte !== LF) return { status: 400, detail: 'A carriage return stands without its line feed.' }
        // The CR may have come in the bytes fed before: then it is the last character of lineStart.
        const end = at - 2
        const line = end < from ? lineStart.slice(0, lineStart.length - 1) : lineStart + latin1(from, end)
        lineStart = ''
        lineBytes = 0
        sawCr = false
        return line
      }
      if (byte === CR) sawCr = true
      else if (byte === LF) return { status: 400, detail: 'A line ends in a bare line feed; it must be CR LF.' }
      else if ((byte < SPACE && byte !== TAB) || byte === DELETE) {
        return { status: 400, detail: 'A line holds a control character.' }
      }
    }
    lineStart += latin1(from, at)
    return undefined
  }

  function latin1(from: number, to: number): string {
    return from === to ? '' : buffer.toString('latin1', from, to)
  }

  function readRequestLine(): ParserEvent | undefined {
    const line = takeLine(limits.requestLineBytes, {
      status: 414,
      detail: `The request line has at most ${limits.requestLineBytes} bytes here.`,
    })
    if (line === undefined) return undefined
    if (typeof line === 'object') return refuse(line)
    if (line === '') {
      // RFC 9112 section 2.2: one empty line before a request is an old client's mistake; more is not.
      if (skippedEmptyLine)
        return refuse({ status: 400, detail: 'More than one empty line stands before the request.' })
      skippedEmptyLine = true
      return undefined
    }
    const parsed = parseRequestLine(line)
    if ('status' in parsed) return refuse(parsed)
    requestLine = parsed
    startFields('fields')
    return undefined
  }

  function startFields(next: 'fields' | 'trailers'): void {
    fields = new Map()
    fieldCount = 0
    blockBytes = 0
    state = next
  }

  /** One line of headers or trailers into `fields`; true at the empty line that ends them. */
  function readField(): boolean | Refusal | undefined {
    const line = takeLine(limits.headerBlockBytes - blockBytes, {
      status: 431,
      detail: `The header fields have at most ${limits.headerBlockBytes} bytes here.`,
    })
    if (typeof line !== 'string') return line
    if (line === '') return true
    blockBytes += line.length + 2
    if (++fieldCount > limits.headerFields) {
      return { status: 431, detail: `A request has at most ${limits.headerFields} header fields here.` }
    }
    return parseFieldLine(line, fields) ?? false
  }

  function readHeaders(): ParserEvent | undefined {
    const done = readField()
    if (typeof done === 'object') return refuse(done)
    if (!done) return undefined
    const head = readHead(requestLine as RequestLine, fields, limits.bodyBytes)
    if ('status' in head) return refuse(head)
    fields = new Map()
    bodyBytes = 0
    isBodyBounded = !isRelayed(head.method, head.path)
    extensionBytes = 0
    if (head.bodyLength === 'chunked') state = 'chunk-line'
    else {
      left = head.bodyLength
      state = left === 0 ? 'body-end' : 'sized-body'
    }
    return { kind: 'head', head }
  }

  function readChunkLine(): ParserEvent | undefined {
    const line = takeLine(CHUNK_LINE_BYTES, {
      status: 400,
      detail: `A chunk-size line has at most ${CHUNK_LINE_BYTES} bytes here.`,
    })
    if (line === undefined) return undefined
    if (typeof line === 'object') return refuse(line)
    const match = CHUNK_LINE.exec(line)
    if (!match) return refuse({ status: 400, detail: 'A chunk size must be 1 to 13 hexadecimal digits.' })
    extensionBytes += match[2]?.length ?? 0
    if (extensionBytes > CHUNK_EXTENSION_BYTES) {
      return refuse({ status: 400, detail: `Chunk extensions have at most ${CHUNK_EXTENSION_BYTES} bytes here.` })
    }
    left = Number.parseInt(match[1] as string, 16)
    bodyBytes += left
    if (isBodyBounded && bodyBytes > limits.bodyBytes) return refuse(bodyTooLarge(limits.bodyBytes))
    if (left === 0) startFields('trailers')
    else state = 'chunk-data'
    return undefined
  }

  function readTrailers(): ParserEvent | undefined {
    const done = readField()
    if (typeof done === 'object') return refuse(done)
    if (!done) return undefined
    const refusal = checkTrailers(fields)
    if (refusal) return refuse(refusal)
    state = 'body-end'
    return undefined
  }

  function takeData(whenDone: State): ParserEvent {
    const end = Math.min(buffer.length, at + left)
    const bytes = buffer.subarray(at, end)
    left -= bytes.length
    at = end
    if (left === 0) state = whenDone
    return { kind: 'data', bytes }
  }

  function readChunkDataEnd(): ParserEvent | undefined {
    const byte = buffer[at++]
    if (byte !== (sawCr ? LF : CR)) return refuse({ status: 400, detail: 'A chunk is not as long as its size says.' })
    if (sawCr) state = 'chunk-line'
    sawCr = !sawCr
    return undefined
  }

  function endRequest(): ParserEvent {
    state = 'request-line'
    skippedEmptyLine = false
    requestLine = undefined
    return { kind: 'end' }
  }

  function step(): ParserEvent | undefined {
    switch (state) {
      case 'request-line':
        return readRequestLine()
      case 'fields':
        return readHeaders()
      case 'sized-body':
        return takeData('body-end')
      case 'chunk-line':
        return readChunkLine()
      case 'chunk-data':
        return takeData('chunk-data-end')
      case 'chunk-data-end':
        return readChunkDataEnd()
      case 'trailers':
        return readTrailers()
      default:
        return undefined
    }
  }

  return {
    feed(bytes) {
      if (state === 'dead' || bytes.length === 0) return
      const more = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      buffer = at === buffer.length ? more : Buffer.concat([buffer.subarray(at), more])
      at = 0
    },
    next() {
      if (state === 'body-end') return endRequest()
      while (at < buffer.length) {
        const event = step()
        if (event) return event
        if ((state as State) === 'body-end') return endRequest()
      }
      buffer = EMPTY
      at = 0
      return undefined
    },
    get heldBytes() {
      return buffer.length - at
    },
    get isIdle() {
      return state === 'request-line' && lineBytes === 0
    },
    get bodyBytesLeft() {
      if (state === 'sized-body') return left
      return state === 'request-line' || state === 'body-end' ? 0 : undefined
    },
    takeRest() {
      const rest = buffer.subarray(at)
      state = 'dead'
      buffer = EMPTY
      at = 0
      return rest
    },
  }
}
