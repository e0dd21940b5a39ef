// What all three doors share: their surroundings, and the way from an exchange to an answer that can be sent.

import type { Socket } from 'node:net'
import type { BodyMemory } from './body-memory.ts'
import type { Deadlines } from './deadlines.ts'
import { type Answer, BodyTooLarge, type Exchange, type Handler } from './exchange.ts'
import { FIELD_VALUE, type Refusal, TOKEN } from './fields.ts'
import type { IsTrustedProxy } from './forwarded.ts'
import type { DoorLimits } from './limits.ts'
import { type PhraseOf, problem } from './problem.ts'

/** Something a handler or a door did wrong; for the log. Never holds headers, bodies or queries. */
export interface Fault {
  readonly door: string
  readonly method: string
  readonly path: string
  readonly error: unknown
}

/** The surroundings of a door. */
export interface DoorContext {
  readonly handler: Handler
  readonly limits: DoorLimits
  readonly deadlines: Deadlines
  readonly phraseOf: PhraseOf
  readonly isTrustedProxy: IsTrustedProxy
  readonly bodyMemory: BodyMemory
  /** Now, as the Date field writes it (RFC 9110 section 5.6.7). */
  date(): string
  isOwnOrigin(origin: string): boolean
  isDraining(): boolean
  /** Tells the port who serves `socket` from now on; called again when a connection changes hands. */
  track(socket: Socket, connection: Connection): void
  report(fault: Fault): void
}

/** A live connection, as the port sees it. */
export interface Connection {
  /** Ends it as soon as nothing is in progress, telling the caller in the way its protocol has. */
  drain(): void
  /** Ends it now. */
  destroy(): void
}

/** Thrown into a handler that reads a body which turns out to break the protocol or a bound; becomes that answer. */
export class RequestRefused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.name = 'RequestRefused'
    this.refusal = refusal
  }
}

/** Thrown into a handler that reads a body whose sender is gone; nobody is left to answer. */
export class CallerGone extends Error {
  constructor() {
    super('The caller went away before its request was complete.')
    this.name = 'CallerGone'
  }
}

/** Runs the handler; whatever it throws becomes an answer, and its mistakes a line in the log. */
export async function answerSafely(context: DoorContext, exchange: Exchange): Promise<Answer> {
  try {
    const answer = await context.handler(exchange)
    checkAnswer(answer)
    return answer
  } catch (error) {
    if (error instanceof BodyTooLarge) return problem(413, error.message, context.phraseOf)
    if (error instanceof RequestRefused) return problem(error.refusal.status, error.message, context.phraseOf, true)
    if (error instanceof CallerGone || isAbortFor(exchange, error)) {
      return problem(400, new CallerGone().message, context.phraseOf, true)
    }
    context.report({ door: exchange.door, method: exchange.method, path: exchange.path, error })
    return problem(500, 'The server made a mistake; it is written in its log.', context.phraseOf)
  }
}

/** The handler stopped because its caller is gone, which is what the signal is for. */
function isAbortFor(exchange: Exchange, error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError' && exchange.signal.aborted
}

/** Fields that say how an answer is framed: the door's alone. */
const DOORS_OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'te', 'trailer'])

/** The fields that go on the wire, lower-case: the handler's, and of `beside` those it did not say. */
export function answerFields(answer: Answer, beside: Readonly<Record<string, string>>): [string, string][] {
  const fields: [string, string][] = []
  const said = new Set<string>()
  for (const name in answer.headers) {
    const lower = name.toLowerCase()
    if (DOORS_OWN.has(lower)) continue
    said.add(lower)
    fields.push([lower, answer.headers[name] as string])
  }
  for (const name in beside) if (!said.has(name)) fields.push([name, beside[name] as string])
  return fields
}

/** Throws where sending the answer would let its content end a line or a header (response splitting). */
function checkAnswer(answer: Answer): void {
  if (!Number.isInteger(answer.status) || answer.status < 200 || answer.status > 599) {
    throw new Error(`A handler answered with status ${answer.status}.`)
  }
  if (!answer.headers) return
  for (const name in answer.headers) {
    const value = answer.headers[name] as string
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value) || /[\x80-\xff]/.test(value)) {
      throw new Error(`A handler answered with a header field ${JSON.stringify(name)} that cannot be sent.`)
    }
  }
}

/** RFC 9110 sections 9.3.2, 15.3.5 and 15.4.5: these never carry content. */
export function hasNoContent(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}

/** Tells an answer's stream that nobody will read on; its failure to end is reported, not thrown. */
export async function abandon(body: Answer['body']): Promise<void> {
  if (typeof body === 'object' && Symbol.asyncIterator in body) await body[Symbol.asyncIterator]().return?.()
}

/** An AbortSignal that costs nothing until somebody asks for it. */
export interface LazySignal {
  readonly signal: AbortSignal
  abort(): void
}

export function lazySignal(): LazySignal {
  let controller: AbortController | undefined
  let aborted = false
  return {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (aborted) controller.abort()
      }
      return controller.signal
    },
    abort() {
      aborted = true
      controller?.abort()
    },
  }
}
