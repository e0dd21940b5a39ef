// Answers one proved caller of the direct path: its TLS connection is the carrier of framed-answers.ts, and a plain lane may join it.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { CallerFrame } from '@doorpost/protocol/piece-wire'
import { answerFrames } from '../paths/framed-answers.ts'
import type { Caller, Source } from '../paths/path.ts'
import type { DirectLimits } from './direct-limits.ts'
import { socketCarrier } from './socket-carrier.ts'

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
  const carrier = socketCarrier(socket)
  // The socket's own clock counts what leaves as well as what comes.
  socket.setTimeout(limits.idleMs, () => carrier.close('silent'))
  const answers = answerFrames({
    carrier,
    caller,
    source,
    limits,
    grantLane: (frame) => grantLane(frame, (lane) => answers.joinLane(socketCarrier(lane))),
  })
  return answers
}
