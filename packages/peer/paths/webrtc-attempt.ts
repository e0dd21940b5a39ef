// One attempt at a webrtc path, from either end: its connection, the candidates that go and come, and its one end, which frees everything
// whatever brought it about. Who asks whom, and what the channel is for, is webrtc-path.ts's.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { CANDIDATES_MAX, type PathCandidate, type PathSignal } from '@doorpost/protocol/path-signal'
import type { Clock } from '../clock.ts'
import type { Carrier } from './carrier.ts'
import { isUsableCandidate } from './webrtc-candidates.ts'
import { rtcCarrier } from './webrtc-carrier.ts'
import type { ConnectRtc, IceServers, RtcChannel, RtcConnection } from './webrtc-connection.ts'

/** How long candidates are gathered before the first note leaves, ms: those of this machine and of the server's STUN come within it. */
const GATHER_MS = 300
/** Candidates that come later leave together after this, ms. */
const MORE_MS = 100
/**
 * How long the one who answers lets the other begin, ms: the time in which its answer arrives over most lines. ICE then succeeds first at
 * the one who offered, which waits for DTLS; begun at both ends at once, the first DTLS message meets nobody in half of all cases and
 * comes again a second later, and now and then it meets somebody who has not noted the fingerprint yet, and all is over
 * (docs/decisions/0008-webrtc.md).
 */
const LET_BEGIN_MS = 300
/** From the offer to the open channel, ms: two notes each way over a slow line, and ICE that tries the last pair. */
export const OPEN_MS = 15_000
/** Signals kept until they are heard: what trickles in while permission is looked up and the other end begins. */
const EARLY_MAX = 8

export interface AttemptOptions {
  readonly connect: ConnectRtc
  iceServers(): Promise<IceServers>
  readonly serverOnLoopback: boolean
  readonly clock: Clock
}

export interface Attempt {
  readonly with: DeviceAddress
  readonly role: 'asks' | 'answers'
  /** Settles with the open channel, or rejects with the cause of the end. */
  readonly channel: Promise<RtcChannel>
  /** Makes the connection. `say` is used for candidates that are found after `candidates` has settled. Throws when it ended meanwhile. */
  connect(say: (signal: PathSignal) => void): Promise<RtcConnection>
  /** The candidates of the first note, once they had their time; `gatherMs` where there is no second one to wait for. */
  candidates(gatherMs?: number): Promise<PathCandidate[]>
  /** What the other end says. Never throws: nonsense ends the attempt. */
  hear(signal: PathSignal): void
  /** The open channel as a carrier: from here the attempt has no time to be over by. Ends with the attempt, and ends it. */
  carry(channel: RtcChannel, unreadBytesMax: number): Carrier
  /** Idempotent; never throws. */
  end(cause: string): void
}

export function startAttempt(
  who: Pick<Attempt, 'with' | 'role'>,
  { connect, iceServers, serverOnLoopback, clock }: AttemptOptions,
  onEnd: () => void,
): Attempt {
  const opened = Promise.withResolvers<RtcChannel>()
  const gathered = Promise.withResolvers<void>()
  const early: PathSignal[] = []
  const found: PathCandidate[] = []
  let connection: RtcConnection | undefined
  let ready = false
  let carrier: Carrier | undefined
  let over = false
  let answered = false
  let taken = 0
  let told = 0
  let toldFirst = false
  let cancelMore: (() => void) | undefined
  let cancelBegin = () => {}
  const cancelLate = clock.after(OPEN_MS, () => end('it did not open in time'))
  // Whoever waits for it to open hears of it; the one who answers need not wait.
  opened.promise.catch(() => {})

  function end(cause: string): void {
    if (over) return
    over = true
    cancelLate()
    cancelBegin()
    cancelMore?.()
    gathered.resolve()
    opened.reject(new Error(cause))
    connection?.close(cause)
    carrier?.close(cause)
    onEnd()
  }

  function hear(signal: PathSignal): void {
    if (!connection || !ready) {
      if (early.length < EARLY_MAX) early.push(signal)
      return
    }
    try {
      if (signal.step === 'answer') {
        if (who.role !== 'asks' || answered) return
        answered = true
        connection.takeAnswer(signal.description)
      }
      for (const candidate of signal.candidates) {
        if (taken === CANDIDATES_MAX || !isUsableCandidate(candidate, serverOnLoopback)) continue
        taken++
        connection.takeCandidate(candidate)
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
  }

  /** From here on candidates are tried. */
  function listen(): void {
    ready = true
    for (const signal of early.splice(0)) hear(signal)
  }

  return {
    ...who,
    channel: opened.promise,
    async connect(say) {
      const { stun, turn } = await iceServers()
      // On loopback nobody is seen from anywhere else.
      const made = await connect({ stun: serverOnLoopback ? [] : stun, turn })
      if (over) {
        made.close('it ended meanwhile')
        throw new Error('it ended meanwhile')
      }
      const tellMore = () => {
        cancelMore = undefined
        say({ step: 'more', candidates: found.slice(told) })
        told = found.length
      }
      made.onCandidate = (candidate) => {
        if (!isUsableCandidate(candidate, serverOnLoopback) || found.length === CANDIDATES_MAX) return
        found.push(candidate)
        if (toldFirst) cancelMore ??= clock.after(MORE_MS, tellMore)
      }
      made.onGathered = gathered.resolve
      made.onChannel = opened.resolve
      made.onEnd = end
      connection = made
      return made
    },
    async candidates(gatherMs = GATHER_MS) {
      if (who.role === 'asks') listen()
      const cancel = clock.after(gatherMs, gathered.resolve)
      await gathered.promise
      cancel()
      if (who.role === 'answers' && !over) cancelBegin = clock.after(LET_BEGIN_MS, listen)
      toldFirst = true
      told = found.length
      return found.slice()
    },
    hear,
    carry(channel, unreadBytesMax) {
      cancelLate()
      carrier = rtcCarrier({ channel, close: end, unreadBytesMax })
      return carrier
    },
    end,
  }
}

/** What the one who asks does until the channel is open. Rejects with the signal's reason, or why it did not open; then all is freed. */
export async function offerAndOpen(
  attempt: Attempt,
  tell: (what: PathSignal) => void,
  signal: AbortSignal,
  gatherMs?: number,
): Promise<RtcChannel> {
  const stop = () => attempt.end('given up')
  signal.addEventListener('abort', stop, { once: true })
  try {
    const connection = await attempt.connect(tell)
    const description = await connection.offer()
    const candidates = await attempt.candidates(gatherMs)
    signal.throwIfAborted()
    tell({ step: 'offer', description, candidates })
    return await attempt.channel
  } catch (error) {
    attempt.end('given up')
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
