// Answers one proved caller's questions, in the order asked: prepares a piece or two ahead, writes each buffer as the source lent it, and
// gives it back when it has gone. Bytes come from the source only; nothing is kept, changed or looked into here.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  type CallerFrame,
  createWireReader,
  encodeFrame,
  encodeLaneHeader,
  type FaultCode,
  type ListenerFrame,
} from '@doorpost/protocol/piece-wire'
import type { Caller, ListAnswer, PathFault, PieceLease, Source } from '../paths/path.ts'
import { type DirectLimits, LENT_PIECES, PREPARED_PIECES } from './direct-limits.ts'

type Question = Extract<CallerFrame, { type: 'want-list' | 'want-piece' }>
type Prepared = { question: Question; answer: Promise<ListAnswer | PieceLease | PathFault> | undefined }

export type AnswerOptions = {
  socket: TLSSocket
  caller: Caller
  source: Source
  limits: DirectLimits
  /** The id of a lane that calls `join` when it has proved itself, or undefined where there may be none. */
  grantLane(frame: Extract<CallerFrame, { type: 'want-lane' }>, join: (lane: Socket) => void): Uint8Array | undefined
}

export interface Answers {
  readonly caller: Caller
}

/** Answers until the connection ends; ends it when the caller breaks the protocol, asks too much at once or falls silent. */
export function answerQuestions({ socket, caller, source, limits, grantLane }: AnswerOptions): Answers {
  const reader = createWireReader()
  const queue: Prepared[] = []
  const gone = new AbortController()
  let lane: Socket | undefined
  let laneGranted = false
  let answering = false
  let lent = 0
  let wake = () => {}

  const say = (frame: ListenerFrame) => socket.write(encodeFrame(frame))
  const hear = (frame: CallerFrame) => {
    if (frame.type === 'want-lane') {
      const id = laneGranted ? undefined : grantLane(frame, join)
      laneGranted = true
      say(id ? { type: 'lane', id } : { type: 'no-lane' })
    } else if (frame.type === 'caller-hello' || queue.length >= limits.questions) socket.destroy()
    else {
      queue.push({ question: frame, answer: undefined })
      void answerAll()
    }
  }
  const join = (joined: Socket) => {
    if (gone.signal.aborted) return void joined.destroy()
    lane = joined
    // Nothing comes this way on a lane.
    joined.on('data', () => joined.destroy())
    joined.on('error', () => joined.destroy())
    say({ type: 'lane-ready' })
  }
  const prepare = (one: Prepared) => {
    if (one.answer || gone.signal.aborted) return
    const { question } = one
    const media = { messageId: question.messageId, root: question.root }
    if (question.type === 'want-list') one.answer = source.list(caller, media, gone.signal)
    // The lane it was for has ended: the caller asks again.
    else if (question.lane && (!lane || lane.destroyed)) return
    else one.answer = source.piece(caller, media, question.piece, gone.signal)
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
  const send = async (question: Question, answer: ListAnswer | PieceLease | PathFault) => {
    const { seq } = question
    if (gone.signal.aborted) return 'release' in answer ? answer.release() : undefined
    if ('list' in answer) {
      if (question.type !== 'want-list' || answer.list.length > question.maxBytes) {
        return void say({ type: 'fault', seq, code: 'refused', piece: 0 })
      }
      say({ type: 'list', seq, length: answer.list.length })
      socket.write(answer.list)
    } else if ('release' in answer) {
      const plain = question.type === 'want-piece' && question.lane ? lane : undefined
      if (question.type === 'want-piece' && question.lane && (!plain || plain.destroyed)) return answer.release()
      const carrier = plain ?? socket
      const { length } = answer.bytes
      lent++
      carrier.cork()
      carrier.write(plain ? encodeLaneHeader(seq, length) : encodeFrame({ type: 'piece', seq, length }))
      // Called also when the connection ends before they went.
      carrier.write(answer.bytes, () => {
        lent--
        answer.release()
        wake()
      })
      carrier.uncork()
      if (lent >= LENT_PIECES) await new Promise<void>((resolve) => (wake = resolve))
    } else {
      const code: FaultCode | undefined =
        answer.state === 'line-broken' || answer.state === 'bad-piece' ? undefined : answer.state
      say({
        type: 'fault',
        seq,
        code: code ?? 'source-away',
        piece: answer.state === 'source-changed' ? answer.piece : 0,
      })
    }
  }

  socket.setTimeout(limits.idleMs, () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const event of reader.push(chunk)) {
        if (!('frame' in event) || !isCallerFrame(event.frame)) return void socket.destroy()
        hear(event.frame)
        if (socket.destroyed) return
      }
    } catch {
      socket.destroy()
    }
  })
  socket.once('close', () => {
    gone.abort(new Error('the caller has gone'))
    lane?.destroy()
    wake()
  })
  return { caller }
}

function isCallerFrame(frame: CallerFrame | ListenerFrame): frame is CallerFrame {
  return frame.type.startsWith('want-') || frame.type === 'caller-hello'
}
