// Asks for pieces over a carrier: questions go out as frames, answers come back in the order asked (protocol/piece-wire.ts), each
// straight into the buffer of whoever asked. Portable. Whether the bytes are right is not known here; opening and proving who is at
// the other end came before.

import {
  CLAIMED_PIECE_BYTES,
  createWireReader,
  decodeClaimed,
  encodeFrame,
  type Frame,
  HAVE_BYTES_MAX,
  type ListenerFrame,
  PATH_ANSWER_BYTES_MAX,
  type WireEvent,
} from '@doorpost/protocol/piece-wire'
import type { Carrier } from './carrier.ts'
import type {
  ClaimAnswer,
  HaveAnswer,
  ListAnswer,
  MediaRef,
  OfferedAnswer,
  Path,
  PathFault,
  PathKind,
  PieceAnswer,
  PieceRef,
  TakeBuffer,
} from './path.ts'

export interface AskingOptions {
  /**
   * Bytes asked for and not yet here, at most; two questions may always be open. For carriers whose `pause` does not reach the other end:
   * what was asked for comes, so no more is asked for than may wait here. Further questions wait their turn. Without it all go out at once.
   */
  readonly askedBytesMax?: number
}

/** A path over a carrier whose ends have proved themselves. It owns the carrier from now on. */
export function createFramedPath(kind: PathKind, carrier: Carrier, options?: AskingOptions): Path {
  return openAsking(kind, carrier, options).path
}

/** What a second, unproved lane for pieces beside the carrier has to know (node/direct-path.ts), and what link holders ask beside media. */
export interface Asking {
  readonly path: Path
  /** The answer to the offer that stands beside the question. */
  offered(media: MediaRef, signal: AbortSignal): Promise<OfferedAnswer>
  /** Pieces asked for from now on may be answered on the lane. Taking it away asks again, on the carrier, for those that were. */
  useLane(use: boolean): void
  say(frame: Frame): void
  /** Set by whoever asks for a lane. Gets the frames about it. */
  onLaneFrame: (frame: Extract<ListenerFrame, { type: 'lane' | 'no-lane' | 'lane-ready' }>) => void
  /** The piece of this length that was asked for on the lane under this number. `filled` is called when its bytes are there. */
  expected(
    seq: number,
    length: number,
  ): { length: number; buffer: Uint8Array | Promise<Uint8Array>; filled(): void } | undefined
  arrived(bytes: number): void
}

type PieceQuestion = {
  kind: 'piece'
  media: MediaRef
  piece: PieceRef
  lane: boolean
  /** Taken once, when the first bytes come; kept when the piece has to be asked for again. */
  buffer?: Uint8Array | Promise<Uint8Array>
  take: TakeBuffer
  settle(answer: PieceAnswer): void
}
/** What is answered with bytes of the answer's own length. */
type WholeQuestion = {
  kind: 'list' | 'have' | 'claim' | 'path'
  maxBytes: number
  /** Throws on bytes that cannot be the answer. */
  whole(bytes: Uint8Array): void
  settle(fault: PathFault): void
}
type Question = PieceQuestion | WholeQuestion

export function openAsking(
  kind: PathKind,
  carrier: Carrier,
  { askedBytesMax = Number.POSITIVE_INFINITY }: AskingOptions = {},
): Asking {
  const reader = createWireReader()
  const open = new Map<number, Question>()
  const over = Promise.withResolvers<void>()
  /** Questions that have gone out and are not answered, and what their answers may have. */
  const asked = { questions: 0, bytes: 0 }
  const waitingToAsk: { frame: Frame; bytes: number }[] = []
  let seqs = 0
  let ended = false
  let bytesArrived = 0
  let laneInUse = false
  /** The bytes that are coming. */
  let bulk: { into: Uint8Array; got: number; length: number; finish(bytes: Uint8Array): void } | undefined

  const end = (cause: string) => {
    if (ended) return
    ended = true
    carrier.close(cause)
    for (const question of open.values()) question.settle({ state: 'line-broken', cause })
    open.clear()
    waitingToAsk.length = 0
    over.resolve()
  }
  const say = (frame: Frame) => carrier.write(encodeFrame(frame))
  const pose = (frame: Frame, bytes: number) => {
    waitingToAsk.push({ frame, bytes })
    poseNext()
  }
  const poseNext = () => {
    for (let next = waitingToAsk[0]; next; next = waitingToAsk[0]) {
      if (asked.questions >= 2 && asked.bytes + next.bytes > askedBytesMax) return
      waitingToAsk.shift()
      asked.questions++
      asked.bytes += next.bytes
      say(next.frame)
    }
  }
  /** Takes a question off the list, as its answer is here: there is room for another. */
  const close = (seq: number, question: Question) => {
    open.delete(seq)
    asked.questions--
    asked.bytes -= bytesOf(question)
    poseNext()
  }
  const askPiece = (question: PieceQuestion) => {
    question.lane = laneInUse
    const seq = seqs++
    open.set(seq, question)
    const { media, piece, lane } = question
    pose({ type: 'want-piece', seq, piece: piece.index, lane, ...media }, piece.length)
  }
  const bufferFor = (question: PieceQuestion): Uint8Array | Promise<Uint8Array> => {
    question.buffer ??= question.take(question.piece)
    return question.buffer
  }

  /** Takes one event; a promise means that reading has to wait for a buffer. */
  const hear = (event: WireEvent): void | Promise<void> => {
    if ('bulk' in event) {
      if (!bulk) return end('bytes that nobody asked for')
      bulk.into.set(event.bulk, bulk.got)
      bulk.got += event.bulk.length
      if (bulk.got < bulk.length) return
      const { into, length, finish } = bulk
      bulk = undefined
      return finish(into.subarray(0, length))
    }
    const { frame } = event
    switch (frame.type) {
      case 'list':
      case 'have':
      case 'claim':
      case 'path': {
        const { seq, length } = frame
        const question = open.get(seq)
        if (question?.kind !== frame.type || length > question.maxBytes) return end('an answer that nobody asked for')
        const finish = (bytes: Uint8Array) => {
          question.whole(bytes)
          close(seq, question)
        }
        if (length === 0) return finish(new Uint8Array(0))
        bulk = { into: new Uint8Array(length), got: 0, length, finish }
        return
      }
      case 'piece': {
        const { seq, length } = frame
        const question = open.get(seq)
        if (question?.kind !== 'piece' || length === 0) return end('a piece that nobody asked for')
        if (length !== question.piece.length) {
          close(seq, question)
          question.settle({ state: 'bad-piece', piece: question.piece.index })
          return end('a piece of another length')
        }
        const finish = (bytes: Uint8Array) => {
          close(seq, question)
          question.settle({ state: 'here', bytes, proven: true })
        }
        const start = (into: Uint8Array) => {
          bulk = { into, got: 0, length, finish }
        }
        const buffer = bufferFor(question)
        return buffer instanceof Uint8Array ? start(buffer) : buffer.then(start)
      }
      case 'fault': {
        const question = open.get(frame.seq)
        if (!question) return end('an answer that nobody asked for')
        close(frame.seq, question)
        return question.settle(faultOf(frame))
      }
      case 'lane':
      case 'no-lane':
      case 'lane-ready':
        return asking.onLaneFrame(frame)
      default:
        return end('a frame that no source says')
    }
  }

  let waiting = false
  const hearAll = (events: Iterator<WireEvent, void>) => {
    try {
      for (let event = events.next(); !event.done; event = events.next()) {
        const later = hear(event.value)
        if (ended) return
        if (!later) continue
        carrier.pause()
        reader.keepRest()
        later.then(
          () => {
            if (ended) return
            waiting = false
            hearAll(events)
            if (!ended && !waiting) carrier.resume()
          },
          (error: unknown) => end(reasonOf(error)),
        )
        waiting = true
        return
      }
    } catch (error) {
      end(reasonOf(error))
    }
  }
  carrier.onData = (chunk) => {
    bytesArrived += chunk.length
    if (!ended) hearAll(reader.push(chunk))
  }
  carrier.onEnd = end

  const guarded = <T>(
    signal: AbortSignal,
    task: (settle: (answer: T | PathFault) => void) => void,
  ): Promise<T | PathFault> =>
    new Promise((resolve) => {
      const stop = () => end('stopped')
      const settle = (answer: T | PathFault) => {
        signal.removeEventListener('abort', stop)
        resolve(answer)
      }
      if (signal.aborted) end('stopped')
      if (ended) return resolve({ state: 'line-broken', cause: 'the path is closed' })
      signal.addEventListener('abort', stop, { once: true })
      task(settle)
    })
  const askWhole = <T>(
    kind: WholeQuestion['kind'],
    maxBytes: number,
    signal: AbortSignal,
    frameOf: (seq: number) => Frame,
    read: (bytes: Uint8Array) => T,
  ): Promise<T | PathFault> =>
    guarded<T>(signal, (settle) => {
      const seq = seqs++
      open.set(seq, { kind, maxBytes, whole: (bytes) => settle(read(bytes)), settle })
      pose(frameOf(seq), maxBytes)
    })

  const asking: Asking = {
    path: {
      kind,
      list: (media, maxBytes, signal) =>
        askWhole<ListAnswer>(
          'list',
          maxBytes,
          signal,
          (seq) => ({ type: 'want-list', seq, maxBytes, ...media }),
          (list) => ({ state: 'here', list }),
        ),
      piece: (media, piece, take, signal) =>
        guarded<PieceAnswer>(signal, (settle) => askPiece({ kind: 'piece', media, piece, lane: false, take, settle })),
      have: (media, signal) =>
        askWhole<HaveAnswer>(
          'have',
          HAVE_BYTES_MAX,
          signal,
          (seq) => ({ type: 'want-have', seq, ...media }),
          (have) => ({ state: 'here', have }),
        ),
      claim: (media, count, signal) =>
        askWhole<ClaimAnswer>(
          'claim',
          count * CLAIMED_PIECE_BYTES,
          signal,
          (seq) => ({ type: 'want-claim', seq, count, ...media }),
          (bytes) => ({ state: 'here', pieces: decodeClaimed(bytes) }),
        ),
      distrust: () => undefined,
      get bytesArrived() {
        return bytesArrived
      },
      close: () => end('closed'),
      [Symbol.dispose]: () => end('closed'),
      closed: over.promise,
    },
    offered: (media, signal) =>
      askWhole<OfferedAnswer>(
        'path',
        PATH_ANSWER_BYTES_MAX,
        signal,
        (seq) => ({ type: 'want-path', seq, ...media }),
        (said) => ({ state: 'here', said }),
      ),
    useLane(use) {
      laneInUse = use
      if (use) return
      // In the same order as before.
      for (const [seq, question] of [...open]) {
        if (question.kind !== 'piece' || !question.lane) continue
        close(seq, question)
        askPiece(question)
      }
    },
    say,
    onLaneFrame: () => end('a lane that nobody asked for'),
    expected(seq, length) {
      const question = open.get(seq)
      if (question?.kind !== 'piece' || !question.lane || question.piece.length !== length) return undefined
      const buffer = bufferFor(question)
      if (!(buffer instanceof Uint8Array)) void buffer.then((late) => (question.buffer = late))
      const filled = () => {
        close(seq, question)
        const bytes = (question.buffer as Uint8Array).subarray(0, length)
        question.settle({ state: 'here', bytes, proven: false })
      }
      return { length, buffer, filled }
    },
    arrived(bytes) {
      bytesArrived += bytes
    },
  }
  carrier.resume()
  return asking
}

function bytesOf(question: Question): number {
  return question.kind === 'piece' ? question.piece.length : question.maxBytes
}

function faultOf({ code, piece }: Extract<ListenerFrame, { type: 'fault' }>): PathFault {
  return code === 'source-changed' ? { state: code, piece } : { state: code }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
