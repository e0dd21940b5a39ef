import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRequestParser, type ParserEvent } from './http1-parser.ts'
import { CHUNK_EXTENSION_BYTES, DEFAULT_LIMITS } from './limits.ts'

const LIMITS = { ...DEFAULT_LIMITS, bodyBytes: 4096 }

/** All events of the bytes, cut where `cuts` say; parts of a body that touch are one. */
function eventsOf(bytes: Uint8Array, cuts: readonly number[] = [], limits = LIMITS): unknown[] {
  const parser = createRequestParser(limits)
  const events: unknown[] = []
  let body: Buffer[] = []
  const take = (event: ParserEvent): void => {
    if (event.kind === 'data') {
      body.push(Buffer.from(event.bytes))
      return
    }
    if (body.length > 0) events.push({ kind: 'data', text: Buffer.concat(body).toString('latin1') })
    body = []
    events.push(event)
  }
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
  for (let i = 1; i < edges.length; i++) {
    parser.feed(bytes.subarray(edges[i - 1], edges[i]))
    for (let event = parser.next(); event; event = parser.next()) take(event)
  }
  if (body.length > 0) events.push({ kind: 'data', text: Buffer.concat(body).toString('latin1') })
  return events
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** The status of the refusal that ends the bytes; 'none' when nothing is refused. */
function refusalOf(text: string): number | 'none' {
  const last = eventsOf(latin1(text)).at(-1) as ParserEvent | undefined
  return last?.kind === 'refusal' ? last.status : 'none'
}

const HEAD = 'SEND /mail HTTP/1.1\r\nHost: a\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

describe('what is refused', () => {
  const table: readonly [string, string, number | 'none', string][] = [
    // request line
    ['H3', 'two spaces after the method', 400, 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a space before the method', 400, ' GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a tab for a space', 400, 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a space after the version', 400, 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n'],
    ['H3', 'a space in the target', 400, 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'no version (HTTP/0.9)', 400, 'GET /\r\n\r\n'],
    ['H3', 'a version in small letters', 400, 'GET / http/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a version with two digits', 400, 'GET / HTTP/1.10\r\nHost: a\r\n\r\n'],
    ['H3', 'HTTP/2.0 in a request line', 505, 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['H3', 'HTTP/0.9 in a request line', 505, 'GET / HTTP/0.9\r\nHost: a\r\n\r\n'],
    ['H3', 'a method that is no token', 400, 'G{T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a method with a byte above 127', 400, 'G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a method of 65 letters', 501, `${'M'.repeat(65)} / HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['H3', 'two empty lines before the request', 400, '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H3', 'a request line of more than 8 KiB', 414, `GET /${'a'.repeat(8192)} HTTP/1.1\r\n`],
    ['H3', 'more than 8 KiB without any line end', 414, 'a'.repeat(9000)],
    ['H3', 'a TLS handshake', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    // line ends and control characters
    ['H4', 'a bare LF after the request line', 400, 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['H4', 'a bare LF after a field', 400, 'GET / HTTP/1.1\r\nHost: a\n\r\n'],
    ['H4', 'bare LFs throughout', 400, 'GET / HTTP/1.1\nHost: a\n\n'],
    ['H4', 'a bare LF at the end of the headers', 400, 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
    ['H4', 'a bare CR in the request line', 400, 'GET /\r HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H4', 'a bare CR in a field', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n'],
    ['H4', 'a bare CR that could pass for a line end', 400, 'GET / HTTP/1.1\rXHost: a\r\n\r\n'],
    ['H4', 'CR CR LF', 400, 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n'],
    ['H4', 'NUL in the request line', 400, 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H4', 'NUL in a field', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['H4', 'a vertical tab in a field', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n'],
    ['H4', 'DEL in a field', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n'],
    // fields
    ['H5', 'a space before the colon', 400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['H5', 'a tab before the colon', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n'],
    ['H5', 'a folded field', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['H5', 'a field folded with a tab', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n'],
    ['H5', 'white space before the first field', 400, 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
    ['H5', 'a field without colon', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n'],
    ['H5', 'a field without name', 400, 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n'],
    ['H5', 'a field name with a bracket', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX[1]: x\r\n\r\n'],
    ['H5', 'a field name above 127', 400, 'GET / HTTP/1.1\r\nHost: a\r\nX\xe4: x\r\n\r\n'],
    ['H5', '101 fields', 431, `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100)}\r\n`],
    ['H5', '100 fields are taken', 'none', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(99)}\r\n`],
    ['H5', 'one field of more than 32 KiB', 431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(33_000)}\r\n\r\n`],
    [
      'H5',
      'fields of more than 32 KiB',
      431,
      `GET / HTTP/1.1\r\nHost: a\r\n${`X: ${'y'.repeat(900)}\r\n`.repeat(40)}\r\n`,
    ],
    ['H5', 'a field line that never ends', 431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(40_000)}`],
    // host and target
    ['H6', 'no Host on HTTP/1.1', 400, 'GET / HTTP/1.1\r\n\r\n'],
    ['H6', 'two Hosts', 400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['H6', 'two Hosts on HTTP/1.0', 400, 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['H6', 'an empty Host', 400, 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['H6', 'a Host with a path', 400, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['H6', 'a Host with a user', 400, 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
    ['H6', 'a Host with a word for a port', 400, 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
    ['H6', 'absolute-form without Host', 400, 'GET http://a/ HTTP/1.1\r\n\r\n'],
    ['H6', 'absolute-form of another scheme', 400, 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H6', 'absolute-form with a user', 400, 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H6', 'a target that is no path', 400, 'GET users/bob HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H6', 'authority-form', 501, 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'],
    ['H6', 'asterisk-form', 501, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['H6', 'HTTP/1.0 without Host is taken', 'none', 'GET / HTTP/1.0\r\n\r\n'],
    // framing
    [
      'H7',
      'Content-Length and Transfer-Encoding',
      400,
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'H7',
      'Transfer-Encoding and Content-Length',
      400,
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['H7', 'Content-Length twice, alike', 400, `${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['H7', 'Content-Length twice, different', 400, `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['H7', 'a list in Content-Length', 400, `${HEAD}Content-Length: 5, 5\r\n\r\nhello`],
    ['H7', 'a signed Content-Length', 400, `${HEAD}Content-Length: +5\r\n\r\nhello`],
    ['H7', 'a negative Content-Length', 400, `${HEAD}Content-Length: -1\r\n\r\n`],
    ['H7', 'a hexadecimal Content-Length', 400, `${HEAD}Content-Length: 0x5\r\n\r\nhello`],
    ['H7', 'an empty Content-Length', 400, `${HEAD}Content-Length:\r\n\r\n`],
    ['H7', 'a Content-Length with a space inside', 400, `${HEAD}Content-Length: 1 0\r\n\r\n`],
    ['H7', 'a Content-Length with a fraction', 400, `${HEAD}Content-Length: 5.0\r\n\r\nhello`],
    ['H7', 'a Content-Length of 2^64', 400, `${HEAD}Content-Length: 18446744073709551616\r\n\r\n`],
    ['H7', 'chunked twice', 400, `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
    [
      'H7',
      'Transfer-Encoding twice',
      400,
      `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'H7',
      'chunked, then identity',
      400,
      `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    ],
    ['H7', 'chunked not last', 400, `${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['H7', 'a coding that is not chunked', 400, `${HEAD}Transfer-Encoding: identity\r\n\r\n`],
    ['H7', 'xchunked', 400, `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['H7', 'chunked in quotes', 400, `${HEAD}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
    ['H7', 'chunked with a vertical tab', 400, `${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['H7', 'chunked with a parameter', 400, `${HEAD}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`],
    ['H7', 'an empty Transfer-Encoding', 400, `${HEAD}Transfer-Encoding:\r\n\r\n`],
    [
      'H7',
      'a coding before chunked that we do not do',
      501,
      `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'H7',
      'Transfer-Encoding on HTTP/1.0',
      400,
      'SEND / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['H36', 'Authorization twice', 400, `${HEAD}Authorization: a\r\nAuthorization: b\r\n\r\n`],
    ['H15', 'an expectation we do not know', 417, `${HEAD}Expect: tea\r\n\r\n`],
    // chunks
    ['H8', 'a chunk size that is no number', 400, `${CHUNKED}g\r\n`],
    ['H8', 'an empty chunk size', 400, `${CHUNKED}\r\n`],
    ['H8', 'a chunk size with 0x', 400, `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a signed chunk size', 400, `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a chunk size with a space before it', 400, `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a chunk size with a space after it', 400, `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a chunk size with an underscore', 400, `${CHUNKED}5_0\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a chunk size of 14 digits', 400, `${CHUNKED}00000000000005\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a bare LF after a chunk size', 400, `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
    ['H8', 'a bare LF in a chunk extension', 400, `${CHUNKED}5;\nhello\r\n0\r\n\r\n`],
    ['H8', 'a bare CR in a chunk extension', 400, `${CHUNKED}5;\rhello\r\n0\r\n\r\n`],
    ['H8', 'chunk data that is too long', 400, `${CHUNKED}5\r\nhelloo\r\n0\r\n\r\n`],
    ['H8', 'chunk data that ends in a bare LF', 400, `${CHUNKED}5\r\nhello\n0\r\n\r\n`],
    ['H8', 'chunk data that ends in CR and something', 400, `${CHUNKED}5\r\nhello\rX`],
    ['H8', 'a long chunk extension', 400, `${CHUNKED}5;${'x'.repeat(300)}\r\nhello\r\n0\r\n\r\n`],
    [
      'H8',
      'many chunk extensions',
      400,
      `${CHUNKED}${`1;${'x'.repeat(200)}\r\nh\r\n`.repeat(CHUNK_EXTENSION_BYTES / 200 + 1)}0\r\n\r\n`,
    ],
    ['H8', 'a short chunk extension is taken', 'none', `${CHUNKED}5;a=b\r\nhello\r\n0\r\n\r\n`],
    ['H8', 'a trailer that frames', 400, `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`],
    ['H8', 'a trailer that authorizes', 400, `${CHUNKED}0\r\nAuthorization: x\r\n\r\n`],
    ['H8', 'a trailer without colon', 400, `${CHUNKED}0\r\nX\r\n\r\n`],
    ['H8', 'trailers of more than 32 KiB', 431, `${CHUNKED}0\r\n${`X: ${'y'.repeat(900)}\r\n`.repeat(40)}\r\n`],
    ['H8', '101 trailers', 431, `${CHUNKED}0\r\n${'X: y\r\n'.repeat(101)}\r\n`],
    ['H8', 'a trailer is taken', 'none', `${CHUNKED}5\r\nhello\r\n0\r\nX-Sum: y\r\n\r\n`],
    // body bound
    ['H9', 'a body announced larger than the bound', 413, `${HEAD}Content-Length: 4097\r\n\r\n`],
    ['H9', 'chunks that add up to more than the bound', 413, `${CHUNKED}fff\r\n${'x'.repeat(4095)}\r\n2\r\n`],
    ['H9', 'one chunk larger than the bound', 413, `${CHUNKED}fffffffffffff\r\n`],
    ['H9', 'a body of the bound is taken', 'none', `${HEAD}Content-Length: 4096\r\n\r\n${'x'.repeat(4096)}`],
  ]
  for (const [rule, name, status, text] of table) {
    test(`[${rule}] ${name}: ${status}`, () => {
      expect(refusalOf(text)).toBe(status)
    })
  }

  test('[H4] nothing is read after a refusal', () => {
    const parser = createRequestParser(LIMITS)
    parser.feed(latin1('GET / HTTP/1.1\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    expect(parser.next()?.kind).toBe('refusal')
    expect(parser.next()).toBeUndefined()
    parser.feed(latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    expect(parser.next()).toBeUndefined()
    expect(parser.heldBytes).toBe(0)
  })
})

describe('what is read', () => {
  test('[H3] any token is a method, as it is written', () => {
    for (const method of ['FINGER', 'finger', 'M-SEARCH', "!#$%&'*+-.^_`|~"]) {
      expect(eventsOf(latin1(`${method} /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n`))[0]).toMatchObject({
        head: { method, path: '/a', query: 'b=c' },
      })
    }
  })

  test('[H3] one empty line before a request is skipped', () => {
    expect(eventsOf(latin1('\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'))).toHaveLength(2)
  })

  test('[H3] HTTP/1.2 is read as HTTP/1.1', () => {
    expect(eventsOf(latin1('GET / HTTP/1.2\r\nHost: a\r\n\r\n'))[0]).toMatchObject({ head: { minorVersion: 1 } })
  })

  test('[H6] the authority of an absolute-form target replaces Host', () => {
    const [event] = eventsOf(latin1('FINGER http://b:8025/users/bob?x HTTP/1.1\r\nHost: a\r\n\r\n'))
    const { head } = event as Extract<ParserEvent, { kind: 'head' }>
    expect([head.path, head.query, head.headers.get('host')]).toEqual(['/users/bob', 'x', 'b:8025'])
    expect(eventsOf(latin1('GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n'))[0]).toMatchObject({ head: { path: '/' } })
  })

  test('[H36] repeated fields are joined, cookies with a semicolon', () => {
    const [event] = eventsOf(latin1('GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:2 \r\nCookie: a\r\nCookie: b\r\n\r\n'))
    const { head } = event as Extract<ParserEvent, { kind: 'head' }>
    expect(head.headers.get('x')).toBe('1, 2')
    expect(head.headers.get('cookie')).toBe('a; b')
  })

  test('[H7] the name of the coding ignores case (RFC 9112 section 7)', () => {
    expect(refusalOf(`${HEAD}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`)).toBe('none')
  })

  test('[H8] chunks become one body and trailers are dropped', () => {
    const text = `${CHUNKED}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX: y\r\n\r\n`
    expect(eventsOf(latin1(text)).slice(1)).toEqual([{ kind: 'data', text: 'hello world' }, { kind: 'end' }])
  })

  test('[H14] what ends a connection: HTTP/1.0, and close in any case and place', () => {
    const keepAlive = (text: string): unknown =>
      (eventsOf(latin1(text))[0] as { head: { keepAlive: boolean } }).head.keepAlive
    expect(keepAlive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe(true)
    expect(keepAlive('GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, CLOSE\r\n\r\n')).toBe(false)
    expect(keepAlive('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')).toBe(false)
  })
})

// Pieces that a request may be made of, right and wrong, so that random ones get past the first line.
const line = fc.constantFrom(
  'GET / HTTP/1.1\r\n',
  'SEND /mail?x=1 HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'FINGER http://b/users/bob HTTP/1.1\r\n',
  '\r\n',
  'GET /  HTTP/1.1\r\n',
)
const field = fc.constantFrom(
  'Host: a\r\n',
  'Host: a\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Connection: close\r\n',
  'X: y\r\n',
  ' folded\r\n',
  'X: \xff\r\n',
  'Y: z\n',
)
const rest = fc.constantFrom(
  'hello',
  '5\r\nhello\r\n',
  '5;e\r\nhello\r\n',
  'a\r\n0123456789\r\n',
  '0\r\n',
  '0\r\n\r\n',
  '\r\n',
  '\r',
  '\n',
  '\0',
  '5\r\nhell',
)
const request = fc
  .tuple(line, fc.array(field, { maxLength: 5 }), fc.array(rest, { maxLength: 5 }))
  .map(([first, fields, body]) => `${first}${fields.join('')}\r\n${body.join('')}`)
const stream = fc.array(request, { minLength: 1, maxLength: 4 }).map((requests) => latin1(requests.join('')))
const mutated = fc
  .tuple(stream, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
  .map(([bytes, changes]) => {
    const copy = Buffer.from(bytes)
    for (const [at, byte] of changes) copy[at % copy.length] = byte
    return copy
  })
const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes))
const anyBytes = fc.oneof(
  { weight: 3, arbitrary: mutated },
  { weight: 2, arbitrary: stream },
  { weight: 1, arbitrary: noise },
)

describe('any bytes', () => {
  test('[H10] the events depend on the bytes alone, never on how they were cut', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (bytes, cuts) => {
        expect(eventsOf(bytes, cuts)).toEqual(eventsOf(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  test('[H10] byte by byte gives the same as all at once', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(eventsOf(bytes, [...bytes.keys()])).toEqual(eventsOf(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('[H11] the parser never throws, never stalls, never holds bytes it could read, and says nothing after a refusal', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const parser = createRequestParser(LIMITS)
        parser.feed(bytes)
        let expected: ParserEvent['kind'][] = ['head', 'refusal']
        let count = 0
        let bodyBytes = 0
        for (let event = parser.next(); event; event = parser.next()) {
          expect(expected).toContain(event.kind)
          if (event.kind === 'head') expected = ['data', 'end', 'refusal']
          if (event.kind === 'end') expected = ['head', 'refusal']
          if (event.kind === 'refusal') expected = []
          const status = event.kind === 'refusal' ? event.status : 400
          expect(status >= 400 && status < 600).toBe(true)
          if (event.kind === 'data') bodyBytes += event.bytes.length
          // An event needs a byte, and an end costs one more.
          expect(++count).toBeLessThanOrEqual(2 * bytes.length + 1)
        }
        expect(bodyBytes).toBeLessThanOrEqual(bytes.length)
        expect(parser.heldBytes).toBe(0)
      }),
      { numRuns: 3000 },
    )
  })

  test('[H11] a request is read alike whatever follows it', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }).map((text) => Buffer.from(text)),
        anyBytes,
        (body, tail) => {
          const whole = Buffer.concat([latin1(`${HEAD}Content-Length: ${body.length}\r\n\r\n`), body])
          const alone = eventsOf(whole)
          expect(eventsOf(Buffer.concat([whole, tail])).slice(0, alone.length)).toEqual(alone)
          expect(alone.at(-1)).toEqual({ kind: 'end' })
        },
      ),
    )
  })
})
