import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { candidateSchema, CANDIDATES_MAX, pathNote, type PathCandidate } from '@doorpost/protocol/path-signal'
import { isUsableCandidate } from './webrtc-candidates.ts'
import { readCandidate, readDescription, writeCandidate, writeDescription } from './webrtc-sdp.ts'

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => (at * 7).toString(16).padStart(2, '0').toUpperCase()).join(
  ':',
)
/** As Chromium 143 writes it. */
const CHROMIUM_OFFER = [
  'v=0',
  'o=- 4962303333179871722 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:yP6f',
  'a=ice-pwd:UvZw1b0kQx0YxPvRj0m7cZ+/',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n')

describe('descriptions', () => {
  test('[RTC9] the facts of an SDP go across and nothing else of it', () => {
    const facts = readDescription(CHROMIUM_OFFER)
    expect(facts).toEqual({
      ufrag: 'yP6f',
      pwd: 'UvZw1b0kQx0YxPvRj0m7cZ+/',
      fingerprint: FINGERPRINT,
      messageBytesMax: 262_144,
    })
    expect(readDescription(writeDescription('offer', facts))).toEqual(facts)
    expect(readDescription(CHROMIUM_OFFER.replace(/a=max.*\r\n/, '')).messageBytesMax).toBe(65_536)
    for (const missing of ['ice-ufrag', 'ice-pwd', 'fingerprint']) {
      expect(() => readDescription(CHROMIUM_OFFER.replace(`a=${missing}:`, 'a=x:'))).toThrow('invalid')
    }
  })

  test('[RTC9] whoever answers opens DTLS', () => {
    const facts = readDescription(CHROMIUM_OFFER)
    expect(writeDescription('offer', facts)).toContain('a=setup:actpass\r\n')
    expect(writeDescription('answer', facts)).toContain('a=setup:active\r\n')
  })
})

const attempt = 'AAAAAAAAAAAAAAAAAAAAAA'
const description = readDescription(CHROMIUM_OFFER)
const host: PathCandidate = { foundation: '1', priority: 1, address: '192.0.2.7', port: 5000, kind: 'host' }
const noteWith = (signal: unknown) => ({
  note: 'path',
  attempt,
  message: { from: 'alice@example.org/tower', id: attempt },
  signal,
})

describe('what is taken from others', () => {
  test('[RTC9] an offer, an answer, more: as they are', () => {
    for (const signal of [
      { step: 'offer', description, candidates: [host] },
      { step: 'answer', description, candidates: [] },
      { step: 'more', candidates: [host] },
    ]) {
      expect(pathNote.parse(noteWith(signal))).toEqual(noteWith(signal))
    }
  })

  const NEW_LINES = 'aaaa\r\na=candidate:1 1 UDP 1 192.0.2.1 53 typ host'
  test.each([
    ['a line break in the ufrag', { step: 'offer', description: { ...description, ufrag: NEW_LINES }, candidates: [] }],
    ['a line break in the pwd', { step: 'offer', description: { ...description, pwd: NEW_LINES }, candidates: [] }],
    ['a short pwd', { step: 'offer', description: { ...description, pwd: 'p'.repeat(21) }, candidates: [] }],
    ['a long ufrag', { step: 'offer', description: { ...description, ufrag: 'u'.repeat(257) }, candidates: [] }],
    ['SHA-1', { step: 'offer', description: { ...description, fingerprint: FINGERPRINT.slice(36) }, candidates: [] }],
    ['SDP', { step: 'offer', description: { ...description, sdp: CHROMIUM_OFFER }, candidates: [] }],
    ['tiny messages', { step: 'offer', description: { ...description, messageBytesMax: 1 }, candidates: [] }],
    ['too many candidates', { step: 'more', candidates: Array.from({ length: CANDIDATES_MAX + 1 }, () => host) }],
    ['a port of a service', { step: 'more', candidates: [{ ...host, port: 53 }] }],
    ['a name to look up', { step: 'more', candidates: [{ ...host, address: 'printer.local' }] }],
    ['another name', { step: 'more', candidates: [{ ...host, address: 'example.org' }] }],
    ['a line break', { step: 'more', candidates: [{ ...host, address: '192.0.2.7\r\n' }] }],
    ['a zone', { step: 'more', candidates: [{ ...host, address: 'fe80::1%eth0' }] }],
    ['a kind that is not told', { step: 'more', candidates: [{ ...host, kind: 'prflx' }] }],
  ])('[RTC9] %s is not', (_, signal) => {
    expect(pathNote.safeParse(noteWith(signal)).success).toBe(false)
  })

  test('[RTC9] whatever passes is one line each, of the characters that an SDP has there', () => {
    const anything = fc.record({
      foundation: fc.oneof(fc.string(), fc.constant('1')),
      priority: fc.integer(),
      address: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('::1')),
      port: fc.integer({ min: 0, max: 70_000 }),
      kind: fc.constantFrom('host', 'srflx', 'relay'),
    })
    fc.assert(
      fc.property(anything, (candidate) => {
        const parsed = candidateSchema.safeParse(candidate)
        if (!parsed.success) return
        expect(writeCandidate(parsed.data)).toMatch(/^candidate:[\w+/]+ 1 UDP \d+ [\w.:-]+ \d+ typ [\w ]+[ \w.:]*$/)
        expect(readCandidate(writeCandidate(parsed.data))).toEqual(parsed.data)
      }),
    )
  })
})

describe('candidates', () => {
  test('[RTC11] of our own, those over UDP that can be told; what a server saw is told without what it saw it of', () => {
    const seen = 'a=candidate:3 1 UDP 1679819007 203.0.113.9 40001 typ srflx raddr 192.168.1.5 rport 5000'
    const candidate = readCandidate(seen)
    expect(candidate).toEqual({
      foundation: '3',
      priority: 1_679_819_007,
      address: '203.0.113.9',
      port: 40_001,
      kind: 'srflx',
    })
    expect(candidate && writeCandidate(candidate)).toBe(
      'candidate:3 1 UDP 1679819007 203.0.113.9 40001 typ srflx raddr 0.0.0.0 rport 9',
    )
    const mdns = 'candidate:1 1 udp 2113937151 7B19F1CE-0b3f-4c5c-8a55-2a51a4ef0b9d.local 51000 typ host generation 0'
    expect(readCandidate(mdns)?.address).toBe('7b19f1ce-0b3f-4c5c-8a55-2a51a4ef0b9d.local')
    expect(readCandidate('candidate:1 1 TCP 1 192.0.2.7 9 typ host tcptype active')).toBeUndefined()
    expect(readCandidate('candidate:1 2 UDP 1 192.0.2.7 5000 typ host')).toBeUndefined()
    expect(readCandidate('nonsense')).toBeUndefined()
  })

  const named = '7b19f1ce-0b3f-4c5c-8a55-2a51a4ef0b9d.local'
  test.each([
    ['127.0.0.1', true, false],
    ['::1', true, false],
    ['::ffff:127.0.0.1', false, false],
    ['192.168.1.5', false, true],
    ['10.1.2.3', false, true],
    ['100.64.0.1', false, true],
    ['203.0.113.9', false, true],
    ['fd00::2', false, true],
    ['2001:db8::7', false, true],
    ['2a02:8388::1', false, true],
    [named, false, true],
    ['169.254.1.1', false, false],
    ['fe80::1', false, false],
    ['0.0.0.0', false, false],
    ['::', false, false],
    ['224.0.0.251', false, false],
    ['ff02::fb', false, false],
    ['255.255.255.255', false, false],
    ['240.0.0.1', false, false],
    ['999.1.1.1', false, false],
    ['1:2:3', false, false],
  ])('[RTC11] %s: told and tried on loopback %s, elsewhere %s', (address, local, elsewhere) => {
    const candidate = { ...host, address }
    expect([isUsableCandidate(candidate, true), isUsableCandidate(candidate, false)]).toEqual([local, elsewhere])
  })
})
