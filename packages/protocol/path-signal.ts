// How two devices find a path to each other: what a `path` note says. For webrtc no SDP crosses the wire, but the few facts of one, each
// of a closed form; either end writes its own SDP from them. The note's signature binds the DTLS fingerprint to the device. For direct
// one step asks a device that cannot be dialled to dial.

import { z } from 'zod'
import { deviceAddressSchema, messageIdSchema } from './handle.ts'
import { NETWORK_ADDRESSES_MAX } from './limits.ts'
import { networkAddressSchema } from './messages/finger.ts'
import { base64urlOf } from './signature.ts'

/** Life of a path note, ms: an offer that nobody answers in this time is not worth answering. */
export const PATH_NOTE_LIFE_MS = 60_000
/** Candidates in one note, and of one end in one attempt: a few networks in two families, each seen twice by a server and a relay. */
export const CANDIDATES_MAX = 24
/** Lowest port that a candidate may have: no system gives these to a socket that asks for any; services of others live there. */
export const CANDIDATE_PORT_MIN = 1024

/** Dotted IPv4, IPv6 in digits, or a browser's name for an address of its own network (mDNS). Which of them are tried is the peer's. */
const candidateAddress = z
  .string()
  .max(45)
  .regex(
    /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]{2,39}(?:\.\d{1,3}){0,3}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local)$/,
    'must be an address or a UUID.local',
  )

/** One way to be reached (RFC 8839 section 5.1), always UDP and component 1. */
export const candidateSchema = z.strictObject({
  foundation: z.string().regex(/^[a-zA-Z0-9+/]{1,32}$/),
  priority: z.int().min(1).max(0x7fff_ffff),
  address: candidateAddress,
  port: z.int().min(CANDIDATE_PORT_MIN).max(65_535),
  kind: z.enum(['host', 'srflx', 'relay']),
})
export type PathCandidate = z.infer<typeof candidateSchema>

const candidates = z.array(candidateSchema).max(CANDIDATES_MAX)

/** Of one end: ICE credentials (RFC 8839 section 5.4) and the SHA-256 of its DTLS certificate (RFC 8122), as in an SDP. */
export const descriptionSchema = z.strictObject({
  ufrag: z.string().regex(/^[a-zA-Z0-9+/]{4,256}$/),
  pwd: z.string().regex(/^[a-zA-Z0-9+/]{22,256}$/),
  fingerprint: z.string().regex(/^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/),
  /** Longest message it takes, bytes (RFC 8841 section 6). */
  messageBytesMax: z
    .int()
    .min(16 * 1024)
    .max(2 ** 31 - 1),
})
export type PathDescription = z.infer<typeof descriptionSchema>

/** `offer`: who asks. `answer`: who has what is asked for. `more`: of either, candidates found later. */
export const pathSignalSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('offer'), description: descriptionSchema, candidates }),
  z.strictObject({ step: z.literal('answer'), description: descriptionSchema, candidates }),
  z.strictObject({ step: z.literal('more'), candidates }),
])
export type PathSignal = z.infer<typeof pathSignalSchema>

/** Who fetches and listens in the open, to who has what is asked for: dial me there, and say that you come for this attempt. */
export const dialSignalSchema = z.strictObject({
  step: z.literal('dial'),
  addresses: z.array(networkAddressSchema).min(1).max(NETWORK_ADDRESSES_MAX),
})

/** Who was asked to dial, where no address let it in: others need not be waited for. Why is not said. */
export const notDialledSignalSchema = z.strictObject({ step: z.literal('not-dialled') })

/** One device, to one other, while a path is opened between them. */
export const pathNote = z.strictObject({
  note: z.literal('path'),
  attempt: base64urlOf(16),
  /** The message whose media is asked for: what gives the right. */
  message: z.strictObject({ from: deviceAddressSchema, id: messageIdSchema }),
  signal: z.discriminatedUnion('step', [...pathSignalSchema.options, dialSignalSchema, notDialledSignalSchema]),
})
export type PathNote = z.infer<typeof pathNote>

/** Whether a note is about dialling on request rather than about a data channel. */
export function isAboutDialling({ signal }: PathNote): boolean {
  return signal.step === 'dial' || signal.step === 'not-dialled'
}
