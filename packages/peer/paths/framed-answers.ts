// Answers one proved caller's questions over a carrier, in the order asked: prepares a piece or two ahead, writes each buffer as the
// source lent it, and gives it back when it has gone. Portable. Bytes come from the source only; nothing is kept, changed or looked into.

import {
  type CallerFrame,
  createWireReader,
  encodeClaimed,
  encodeFrame,
  encodeLaneHeader,
  type FaultCode,
  type ListenerFrame,
} from '@doorpost/protocol/piece-wire'
import type { Clock } from '../clock.ts'
import type { Carrier } from './carrier.ts'
import type {
  Caller,
  ClaimAnswer,
  HaveAnswer,
  ListAnswer,
  OfferedAnswer,
  PathFault,
  PieceLease,
  Source,
} from './path.ts'

/** Pieces prepared (read, encrypted, hashed) ahead of the one being sent, per caller: hides the disk, costs one buffer each. */
const PREPARED_PIECES = 2
/** Pieces handed to the carrier and not yet gone, per caller. */
const LENT_PIECES = 2

/** Of a long piece, bytes given to the carrier in one: 17 kB/s are enough not to be taken for silence. */
const PART_BYTES = 1024 * 1024

export type AnswerLimits = {
  /** Questions a caller may have open. */
  questions: number
  /** Silence in both directions after which the carrier is closed, ms; told by `clock`. */
  idleMs: number
}
/** 128: four times the usual window of 32. 60 s: a caller that asks is never silent so long. */
export const answerLimits: AnswerLimits = { questions: 128, idleMs: 60_000 }

type WantLane = Extract<CallerFrame, { type: 'want-lane' }>
type Question = Exclude<CallerFrame, WantLane | { type: 'caller-hello' | 'source-hello' }>
type Answer = ListAnswer | HaveAnswer | ClaimAnswer | OfferedAnswer | PieceLease
type Prepared = { question: Question; answer: Promise<Answer> | undefined }

export type FramedAnswerOptions = {
  carrier: Carrier
  caller: Caller
  source: Source
  limits?: Partial<AnswerLimits>
  /** Without it silence is the carrier's own business. */
  clock?: Clock
  /** The id of a lane that may join, or undefined where there may be none. Without it there are none. */
  grantLane?(frame: WantLane): Uint8Array | undefined
}

export interface FramedAnswers {
  readonly caller: Caller
  /** The granted lane has proved itself: pieces asked for on it go there. It ends with the carrier. */
  joinLane(lane: Carrier): void
  /** Settles when the carrier has ended; never rejects. */
  readonly closed: Promise<void>
}

/** Answers until the carrier ends; ends it when the caller breaks the protocol, asks too much at once or falls silent. */
export function answerFrames(options: FramedAnswerOptions): FramedAnswers {
  const { carrier, caller, source, clock, grantLane } = options
  const { questions: questionsMax, idleMs } = { ...answerLimits, ...options.limits }
  const reader = createWireReader()
  const queue: Prepared[] = []
  const gone = new AbortController()
  const over = Promise.withResolvers<void>()
  let lane: Carrier | undefined
  let laneAsked = false
  let answering = false
  let lent = 0
  let wake = () => {}

  const say = (frame: ListenerFrame) => carrier.write(encodeFrame(frame))
  const hear = (frame: CallerFrame) => {
    if (frame.type === 'want-lane') {
      const id = laneAsked ? undefined : grantLane?.(frame)
      laneAsked = true
      say(id ? { type: 'lane', id } : { type: 'no-lane' })
    } else if (frame.type === 'caller-hello' || frame.type === 'source-hello' || queue.length >= questionsMax) {
      carrier.close('broke the protocol')
    } else {
      queue.push({ question: frame, answer: undefined })
      void answerAll()
    }
  }
  const prepare = (one: Prepared) => {
    if (one.answer || gone.signal.aborted) return
    const { question } = one
    const media = { messageId: question.messageId, root: question.root }
    switch (question.type) {
      case 'want-list':
        one.answer = source.list(caller, media, gone.signal)
        break
      case 'want-have':
        one.answer = source.have(caller, media, gone.signal)
        break
      case 'want-claim':
        one.answer = source.claim(caller, media, question.count, gone.signal)
        break
      case 'want-path':
        one.answer = source.offered?.(caller, media) ?? Promise.resolve({ state: 'refused' })
        break
      case 'want-piece':
        // The lane it was for has ended: the caller asks again.
        if (question.lane && !lane) return
        one.answer = source.piece(caller, media, question.piece, gone.signal)
    }
  }
  const answerAll = async () => {
    if (answering) return
    answering = true
    // After the end it still runs through what was prepared, to give the buffers back.
    for (let one = queue[0]; one; one = queue[0]) {
      for (const ahead of queue.slice(0, PREPARED_PIECES)) prepare(ahead)
      const answer = await one.answer
      queue.shift()
      if (answer) await send(one.question, answer)
    }
    answering = false
  }
  const send = async (question: Question, answer: Answer) => {
    const { seq } = question
    if (gone.signal.aborted) return 'release' in answer ? answer.release() : undefined
    if ('release' in answer) return await sendPiece(question, answer)
    if (answer.state !== 'here') return say({ type: 'fault', seq, ...faultOf(answer) })
    const bytes = bytesOf(answer)
    if (question.type === 'want-list' && bytes.length > question.maxBytes) {
      return say({ type: 'fault', seq, code: 'refused', piece: 0 })
    }
    say({ type: bulkTypes[question.type], seq, length: bytes.length })
    if (bytes.length > 0) carrier.write(bytes)
  }
  const sendPiece = async (question: Question, answer: PieceLease) => {
    const { seq } = question
    const { length } = answer.bytes
    const onLane = question.type === 'want-piece' && question.lane
    // The lane ended while the piece was prepared: the caller asks again.
    if (onLane && !lane) return answer.release()
    const over = onLane && lane ? lane : carrier
    lent++
    over.write(onLane ? encodeLaneHeader(seq, length) : encodeFrame({ type: 'piece', seq, length }))
    const onGone = () => {
      stir()
      lent--
      answer.release()
      wake()
    }
    // Long pieces leave in parts, so that a slow line is seen to be alive.
    const partBytes = clock ? PART_BYTES : length
    for (let at = 0; at < length; at += partBytes) {
      over.write(answer.bytes.subarray(at, at + partBytes), at + partBytes < length ? stir : onGone)
    }
    while (lent >= LENT_PIECES && !gone.signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
  }

  let cancelIdle = () => {}
  let stirredAtMs = clock?.nowMs() ?? 0
  const watch = () => {
    if (!clock || gone.signal.aborted) return
    const quietMs = clock.nowMs() - stirredAtMs
    if (quietMs >= idleMs) return carrier.close('silent')
    cancelIdle = clock.after(idleMs - quietMs, watch)
  }
  const stir = () => {
    if (clock) stirredAtMs = clock.nowMs()
  }

  carrier.onData = (chunk) => {
    stir()
    try {
      for (const event of reader.push(chunk)) {
        if (!('frame' in event) || !isCallerFrame(event.frame)) return carrier.close('broke the protocol')
        hear(event.frame)
        if (gone.signal.aborted) return
      }
    } catch {
      carrier.close('broke the protocol')
    }
  }
  carrier.onEnd = () => {
    gone.abort(new Error('the caller has gone'))
    cancelIdle()
    lane?.close('its connection has ended')
    wake()
    over.resolve()
  }
  watch()
  carrier.resume()
  return {
    caller,
    joinLane(joined) {
      if (gone.signal.aborted) return joined.close('its connection has ended')
      lane = joined
      // Nothing comes this way on a lane.
      joined.onData = () => joined.close('broke the protocol')
      joined.onEnd = () => {
        lane = undefined
      }
      joined.resume()
      say({ type: 'lane-ready' })
    },
    closed: over.promise,
  }
}

const bulkTypes = {
  'want-list': 'list',
  'want-have': 'have',
  'want-claim': 'claim',
  'want-path': 'path',
  'want-piece': 'piece',
} as const

function bytesOf(answer: Extract<Exclude<Answer, PieceLease>, { state: 'here' }>): Uint8Array {
  if ('list' in answer) return answer.list
  if ('have' in answer) return answer.have
  return 'said' in answer ? answer.said : encodeClaimed(answer.pieces)
}

function faultOf(fault: PathFault): { code: FaultCode; piece: number } {
  switch (fault.state) {
    case 'source-changed':
      return { code: fault.state, piece: fault.piece }
    case 'refused':
      return { code: fault.state, piece: 0 }
    default:
      return { code: 'source-away', piece: 0 }
  }
}

function isCallerFrame(frame: CallerFrame | ListenerFrame): frame is CallerFrame {
  return frame.type.startsWith('want-') || frame.type === 'caller-hello' || frame.type === 'source-hello'
}
