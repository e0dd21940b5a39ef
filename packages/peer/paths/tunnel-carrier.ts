// The asking end of a tunnel as a carrier: what is written in one turn leaves as one signed request, a few of them under way,
// and the bytes of their answers are handed on in the order of the requests. Portable.

import { concat, toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { ASK_BYTES_MAX, encodeTunnelRequest, type TunnelRequest } from '@doorpost/protocol/tunnel-request'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { LoginKey } from '../session/login.ts'
import type { Carrier } from './carrier.ts'
import type { Target } from './openers.ts'
import type { TunnelAnswer, TunnelHttp } from './tunnel-http.ts'

/** Requests of one path under way: one is answered, one is there already, one is on its way. */
export const REQUESTS_IN_FLIGHT_MAX = 3
/** Questions of one request: pieces of 1 MiB that a usual line brings within a minute; so that three requests cover a window. */
const QUESTIONS_PER_REQUEST_MAX = 16
/** Times that one request is repeated after the server said that for the moment there are too many. */
const CROWDED_TRIES_MAX = 5
/** Longest wait for that, ms; a day's quota that is used up is not waited for. */
const CROWDED_WAIT_MAX_MS = 10_000

export interface TunnelCarrierOptions {
  readonly http: TunnelHttp
  readonly as: LoginKey
  readonly target: Pick<Target, 'address' | 'message'>
  /** Of a link holder: what its requests show beside their signature. */
  readonly grant?: () => NonNullable<TunnelRequest['grant']>
  readonly clock: Clock
  readonly random: Random
}

interface UnderWay {
  readonly number: number
  readonly ask: Uint8Array
  answer: Promise<TunnelAnswer>
}

export function createTunnelCarrier({ http, as, target, grant, clock, random }: TunnelCarrierOptions): Carrier {
  const path = toBase64url(random(16))
  const over = new AbortController()
  const written: Uint8Array[] = []
  const underWay: UnderWay[] = []
  let number = 0
  /** Before the first answer begins, nobody knows that there is anybody. */
  let isAnswered = false
  let isScheduled = false
  let isPaused = true
  let isReading = false
  let resumed = () => {}

  const end = (cause: string) => {
    if (over.signal.aborted) return
    over.abort(new Error(cause))
    written.length = 0
    resumed()
    carrier.onEnd(cause)
  }

  const flush = () => {
    isScheduled = false
    while (!over.signal.aborted && written.length > 0 && underWay.length < (isAnswered ? REQUESTS_IN_FLIGHT_MAX : 1)) {
      const taken: Uint8Array[] = []
      for (let bytes = 0; taken.length < QUESTIONS_PER_REQUEST_MAX && written[0]; ) {
        bytes += written[0].length
        if (taken.length > 0 && bytes > ASK_BYTES_MAX) break
        taken.push(written.shift() as Uint8Array)
      }
      const request = { number: number++, ask: concat(...taken) }
      const sent: UnderWay = { ...request, answer: send(request) }
      // Whoever reads it hears of it; until then nobody listens.
      sent.answer.catch(() => {})
      underWay.push(sent)
    }
    if (!isReading) void readAll()
  }

  /** Repeated, under the same number, while those before it are still being answered: the server holds only so long. */
  async function send(request: Pick<UnderWay, 'number' | 'ask'>): Promise<TunnelAnswer> {
    for (let tries = 1; ; ) {
      const { from, id } = target.message
      const time = new Date(clock.nowMs()).toISOString()
      const signed = encodeTunnelRequest(
        {
          from: as.address,
          to: target.address,
          message: { from, id },
          path,
          time,
          ...(grant && { grant: grant() }),
          ...request,
        },
        as.deviceKey,
      )
      try {
        return await http.ask(target, signed, over.signal)
      } catch (error) {
        if (over.signal.aborted || !(error instanceof Refusal)) throw error
        const waitMs = error.problem.retryAfterMs ?? 0
        const isBehind = underWay[0] !== undefined && underWay[0].number < request.number
        if (error.code === 'nobody-answered' && isBehind) continue
        if (error.code !== 'too-many' || waitMs > CROWDED_WAIT_MAX_MS || tries++ >= CROWDED_TRIES_MAX) throw error
        await new Promise<void>((resolve) => clock.after(waitMs, resolve))
      }
    }
  }

  async function readAll(): Promise<void> {
    isReading = true
    try {
      for (let head = underWay[0]; head && !over.signal.aborted; head = underWay[0]) {
        const answer = await head.answer
        isAnswered = true
        flush()
        for (;;) {
          while (isPaused && !over.signal.aborted) await new Promise<void>((resolve) => (resumed = resolve))
          const bytes = await answer.read()
          if (bytes === undefined || over.signal.aborted) break
          // It may have been paused while the bytes were on their way.
          while (isPaused && !over.signal.aborted) await new Promise<void>((resolve) => (resumed = resolve))
          if (!over.signal.aborted) carrier.onData(bytes)
        }
        underWay.shift()
        flush()
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
    isReading = false
  }

  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write(bytes, onGone) {
      if (!over.signal.aborted) {
        // Questions are small: a copy lets go of the caller's at once.
        written.push(bytes.slice())
        if (!isScheduled) queueMicrotask(flush)
        isScheduled = true
      }
      onGone?.()
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      resumed()
    },
    close: end,
  }
  return carrier
}
