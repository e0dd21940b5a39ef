// The webrtc path: opens one to a device by offering it in a signed and sealed note, and answers offers of those who may come this way.
// Notes are delivered and verified by others; peer connections are the platform's (webrtc-connection.ts); what is asked and answered on the
// channel is framed-path.ts's and framed-answers.ts's.
//
//   asks:     permitted -> connection offers -> 300 ms of candidates -> note `offer`  -> answer taken -> channel open -> path
//   answers:  note `offer` -> permitted -> connection answers -> 300 ms -> note `answer` -> channel open -> answers questions
//             not permitted, too many, nonsense                                          -> silence: no note, no candidate, no packet

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { slotOfHolder } from '@doorpost/protocol/grant'
import type { GrantPathAnswer, GrantPathOffer } from '@doorpost/protocol/grant-path'
import type { PathNote, PathSignal } from '@doorpost/protocol/path-signal'
import type { Random } from '../random.ts'
import { answerFrames } from './framed-answers.ts'
import { createFramedPath } from './framed-path.ts'
import type { PathOpener, Target } from './openers.ts'
import type { Caller, Path, Source } from './path.ts'
import { type Attempt, type AttemptOptions, offerAndOpen, startAttempt } from './webrtc-attempt.ts'
import type { RtcChannel } from './webrtc-connection.ts'

/** Connections at once, being opened or open: each costs a socket, the attention of two threads and some hundred KiB. */
export const CONNECTIONS_MAX = 32
/** Of those, asked for by one device: what it fetches at once and what it has not closed yet. */
export const CONNECTIONS_PER_DEVICE = 4
/** Asked for by all devices of one user: half of all, so that one user's sixteen devices leave room for the others. */
export const CONNECTIONS_PER_USER = CONNECTIONS_MAX / 2
/** Asked for by all link holders: links leave three quarters for those who have a name here. */
export const CONNECTIONS_OF_LINKS = CONNECTIONS_MAX / 4
/** How long candidates are gathered where one question and one answer are all that is said, ms; what fetches has the tunnel meanwhile. */
export const GATHER_AT_ONCE_MS = 1_000
/** Questions that may come while they are not read, bytes: they always are. */
const UNREAD_QUESTIONS_MAX = 1024 * 1024
/** Bytes asked for at once: what waits here when there is no room to write, and 20 times what SCTP has under way on a line of 40 ms. */
const ASKED_BYTES_MAX = 16 * 1024 * 1024
/** Bytes that may come while a caller has no room: two pieces of 64 MiB, however little else is asked for, and what frames take. */
const UNREAD_PIECES_MAX = 130 * 1024 * 1024

export interface WebrtcOptions extends AttemptOptions {
  readonly random: Random
}

/** What a device gives to paths that begin with a note, once it is there. */
export interface PathDoors {
  /** Signs, seals and sends a note to one device, to be worth nothing after PATH_NOTE_LIFE_MS. */
  say(to: DeviceAddress, note: PathNote): void
  /** Whether that device may see this one's addresses. */
  admits(caller: Caller): Promise<boolean>
  readonly source: Source
}

export interface WebrtcPaths extends Disposable {
  readonly opener: PathOpener
  /** Once, before anything is opened or taken. */
  begin(doors: PathDoors): void
  /** A note whose signature by this device was verified, and which was for this device alone. Never throws; answers in its own time. */
  take(from: Omit<Caller, 'via'>, note: PathNote): void
  /**
   * Answers one who comes without notes, and whom `begin`'s `admits` is not asked about: whoever calls this permitted them. All candidates go
   * with the answer. Undefined: there is no room. Rejects with why there is no answer.
   */
  answerAtOnce(caller: Caller, attempt: string, offer: GrantPathOffer): Promise<GrantPathAnswer | undefined>
  readonly connections: number
  /** Ends every connection, and those that are being opened. Idempotent. */
  close(): void
}

export function createWebrtcPaths(options: WebrtcOptions): WebrtcPaths {
  const { clock } = options
  const attempts = new Map<string, Attempt>()
  let doors: PathDoors | undefined
  let closed = false

  function start(id: string, who: Pick<Attempt, 'with' | 'role'>): Attempt {
    const key = `${who.with} ${id}`
    const attempt = startAttempt(who, options, () => attempts.delete(key))
    attempts.set(key, attempt)
    return attempt
  }

  async function open(target: Target, signal: AbortSignal): Promise<Path> {
    signal.throwIfAborted()
    if (!doors || closed) throw new Error('this device has no webrtc paths now')
    const { say, admits } = doors
    const { address, deviceKey, message } = target
    // Whoever chose this path has looked already; here is where an address would leave.
    if (!(await admits({ address, deviceKey, via: 'webrtc' }))) {
      throw new Error(`${address} may not see this device's addresses`)
    }
    if (attempts.size >= CONNECTIONS_MAX) throw new Error('too many webrtc connections are open')
    const id = toBase64url(options.random(16))
    const attempt = start(id, { with: address, role: 'asks' })
    const tell = (what: PathSignal) =>
      say(address, { note: 'path', attempt: id, message: { ...message }, signal: what })
    return askingPath(attempt, await offerAndOpen(attempt, tell, signal))
  }

  async function answer(attempt: Attempt, caller: Caller, note: PathNote): Promise<void> {
    const { signal: offer, attempt: id, message } = note
    if (!doors || offer.step !== 'offer') return
    const { say, admits, source } = doors
    if (!(await admits(caller))) return attempt.end('not permitted')
    const tell = (signal: PathSignal) => say(attempt.with, { note: 'path', attempt: id, message, signal })
    const connection = await attempt.connect(tell)
    const description = await connection.answer(offer.description)
    const candidates = await attempt.candidates()
    if (!attempts.has(`${attempt.with} ${id}`)) return
    tell({ step: 'answer', description, candidates })
    const channel = await attempt.channel
    answerFrames({ carrier: attempt.carry(channel, UNREAD_QUESTIONS_MAX), caller, source, clock })
  }

  async function answerAtOnce(caller: Caller, id: string, offer: GrantPathOffer): Promise<GrantPathAnswer | undefined> {
    const withDevice = caller.address as DeviceAddress
    if (!doors || closed || attempts.has(`${withDevice} ${id}`) || !hasRoomFor(withDevice)) return undefined
    const { source } = doors
    const attempt = start(id, { with: withDevice, role: 'answers' })
    attempt.hear({ step: 'more', candidates: offer.candidates })
    try {
      // What is found after the answer is told to nobody.
      const connection = await attempt.connect(() => {})
      const description = await connection.answer(offer.description)
      const candidates = await attempt.candidates(GATHER_AT_ONCE_MS)
      attempt.channel.then(
        (channel) => answerFrames({ carrier: attempt.carry(channel, UNREAD_QUESTIONS_MAX), caller, source, clock }),
        // It has ended, and freed what it had.
        () => {},
      )
      return { step: 'answer', description, candidates }
    } catch (error) {
      attempt.end(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /** Whether one more may come from that device. */
  function hasRoomFor(withDevice: DeviceAddress): boolean {
    const asked = [...attempts.values()].filter(({ role }) => role === 'answers')
    const byDevice = asked.filter((one) => one.with === withDevice).length
    const { user } = splitDevice(withDevice)
    const byUser = asked.filter((one) => splitDevice(one.with).user === user).length
    const isLink = (device: DeviceAddress) => slotOfHolder(device) !== undefined
    const byLinks = isLink(withDevice) ? asked.filter((one) => isLink(one.with)).length : 0
    return (
      attempts.size < CONNECTIONS_MAX &&
      byDevice < CONNECTIONS_PER_DEVICE &&
      byUser < CONNECTIONS_PER_USER &&
      byLinks < CONNECTIONS_OF_LINKS
    )
  }

  function take(from: Omit<Caller, 'via'>, note: PathNote): void {
    // Of a direct path: others hear that.
    if (note.signal.step === 'dial' || note.signal.step === 'not-dialled') return
    const withDevice = from.address as DeviceAddress
    const known = attempts.get(`${withDevice} ${note.attempt}`)
    if (note.signal.step !== 'offer') {
      // Of an attempt that is over, or was never made: nobody waits for it.
      known?.hear(note.signal)
      return
    }
    if (known || closed || !hasRoomFor(withDevice)) return
    const attempt = start(note.attempt, { with: withDevice, role: 'answers' })
    // Kept until there is a connection to try them.
    attempt.hear({ step: 'more', candidates: note.signal.candidates })
    answer(attempt, { ...from, via: 'webrtc' }, note).catch((error: unknown) =>
      attempt.end(error instanceof Error ? error.message : String(error)),
    )
  }

  const close = () => {
    closed = true
    for (const attempt of [...attempts.values()]) attempt.end('the device is closing')
  }
  return {
    opener: { kind: 'webrtc', open },
    begin(given) {
      doors = given
    },
    take,
    answerAtOnce,
    get connections() {
      return attempts.size
    },
    close,
    [Symbol.dispose]: close,
  }
}

/** An open channel as a path to ask over. */
export function askingPath(attempt: Pick<Attempt, 'carry'>, channel: RtcChannel): Path {
  return createFramedPath('webrtc', attempt.carry(channel, UNREAD_PIECES_MAX), { askedBytesMax: ASKED_BYTES_MAX })
}
