// The standing line: a WebSocket session that logs in, says that this device is on-line, notices when the server is gone, and
// comes back by itself. How one socket carries calls is session-socket.ts's business.

import { Refusal } from '@doorpost/protocol/errors'
import type { Push } from '@doorpost/protocol/messages/session'
import { type Clock, systemClock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import { brokeProtocol, errorOf, isSuccess, unreachable } from './answer.ts'
import { backOffMs } from './back-off.ts'
import type { CallOptions, Line, LineAnswer, LineState, LineTrouble, LoggedIn } from './line.ts'
import { listeners } from './listeners.ts'
import { type LoginKey, logIn, renewAfterMs } from './login.ts'
import { type Connect, openSessionSocket, type SessionSocket } from './session-socket.ts'

/** Silence after which the server is asked for a sign of life, ms. Pages cannot ping, and a dead line looks like a quiet one. */
const SILENCE_MS = 15_000
/** Longest wait for that sign, ms: with SILENCE_MS, a dead line is left within 25 s. */
const SIGN_OF_LIFE_MS = 10_000
/** A session that lasted this long, ms, was a good one: the next wait starts small again. */
const STEADY_MS = 10_000
/** A call while the line is down tries it at once, ms, unless it was tried less than this ago. */
const TRY_WHEN_ASKED_MS = 1_000
/** Longest wait for an answer after this device's addresses changed, ms: most likely the session is bound to one that is gone. */
const MOVED_MS = 4_000
/** Longest wait for QUIT's answer when closing, ms: the server notices a closed connection anyway. */
const QUIT_MS = 1_000

export interface SessionLineOptions {
  /** As dialled: `https://example.org`, `http://localhost:8025`. */
  readonly origin: string
  readonly as: LoginKey
  readonly clock?: Clock
  readonly random?: Random
  /** Opens a WebSocket; the runtime's own where nothing is said. */
  readonly connect?: Connect
  /**
   * Asked beside a try that failed: a WebSocket does not tell why there is none. A sentence, or undefined where nothing more is known. Never
   * rejects.
   */
  readonly explain?: (signal: AbortSignal) => Promise<string | undefined>
}

/** Opens the line and keeps it open until `close`. Returns at once; being unreachable is no error. */
export function openSessionLine({
  origin,
  as,
  clock = systemClock,
  random = systemRandom,
  connect = (url, protocol) => new WebSocket(url, protocol),
  explain,
}: SessionLineOptions): Line & LoggedIn {
  const pushes = listeners<Push>()
  const states = listeners<LineState>()
  let state: LineState = 'offline'
  let trouble: LineTrouble | undefined
  let addresses: readonly string[] = []
  let socket: SessionSocket | undefined
  const closing = new AbortController()
  let wakeUp = () => {}
  /** When the last session, or try for one, ended. */
  let triedAtMs = clock.nowMs()
  /** Under way at most once, whoever found the login wanting. */
  let renewal: Promise<void> | undefined
  /** Of the newest login. */
  let newest = ''
  let explaining: Promise<void> | undefined
  let explained: string | undefined

  function become(next: LineState): void {
    if (state === next) return
    state = next
    states.tell(next)
  }

  /** Known from the try after on: none waits for it. */
  function explainSoon(code: LineTrouble['code']): void {
    if (!explain || explaining || code !== 'server-unreachable') return
    explaining = explain(closing.signal).then((said) => {
      explaining = undefined
      explained = said
    })
  }

  /** Runs until the line is closed; each round is one session, or one failure to get one. */
  async function stayOnline(): Promise<void> {
    let failures = 0
    while (!closing.signal.aborted) {
      become('connecting')
      const beganMs = clock.nowMs()
      const why = await oneSession()
      triedAtMs = clock.nowMs()
      socket = undefined
      if (closing.signal.aborted) break
      const met = troubleOf(why)
      trouble =
        explained === undefined || met.code !== 'server-unreachable'
          ? met
          : { ...met, detail: explained, why: explained }
      explainSoon(met.code)
      failures = clock.nowMs() - beganMs >= STEADY_MS ? 1 : failures + 1
      const chance = (random(4)[0] ?? 0) / 255
      const waitMs = Math.max(backOffMs(failures, chance), retryAfterOf(why))
      const { promise, resolve } = Promise.withResolvers<void>()
      const stop = clock.after(waitMs, resolve)
      wakeUp = resolve
      become('offline')
      await promise
      stop()
    }
    become('offline')
  }

  /** Resolves with why it ended or never was. */
  async function oneSession(): Promise<unknown> {
    let opened: SessionSocket | undefined
    let stopRenewing = () => {}
    let stopListening = () => {}
    try {
      opened = await openSessionSocket({ origin, connect, clock, signal: closing.signal, onPush: pushes.tell })
      const mine = opened
      socket = mine
      const renewLater = (afterMs: number) => {
        stopRenewing = clock.after(afterMs, () => {
          logInOn(mine).then(renewLater, (error: unknown) => mine.close(asTrouble(error)))
        })
      }
      renewLater(await logInOn(mine))
      // Once more where the addresses changed on the way.
      for (let said: readonly string[] | undefined; said !== addresses; ) {
        said = addresses
        await sayPresence(mine)
      }
      stopListening = listenForLife(mine)
      trouble = undefined
      explained = undefined
      become('online')
      return await mine.closed
    } catch (error) {
      opened?.close(asTrouble(error))
      return error
    } finally {
      stopRenewing()
      stopListening()
    }
  }

  async function logInOn(mine: SessionSocket): Promise<number> {
    const login = await logIn((method, target, body) => mine.ask(method, target, { body }), { origin, as, random })
    newest = login.token
    return renewAfterMs(login, clock.nowMs())
  }

  async function sayPresence(mine: SessionSocket, timeoutMs?: number): Promise<void> {
    const body = { online: true, addresses }
    const answer = await mine.ask('SEND', '/presence', { body, ...(timeoutMs !== undefined && { timeoutMs }) })
    if (!isSuccess(answer)) throw errorOf(answer)
  }

  /** Asks for a sign of life after each silence; one that does not come ends the session. */
  function listenForLife(mine: SessionSocket): () => void {
    let stop = () => {}
    const look = () => {
      const silentMs = clock.nowMs() - mine.heardMs
      if (silentMs < SILENCE_MS) {
        stop = clock.after(SILENCE_MS - silentMs, look)
        return
      }
      sayPresence(mine, SIGN_OF_LIFE_MS).then(
        () => {
          stop = clock.after(SILENCE_MS, look)
        },
        (error: unknown) => mine.close(asTrouble(error)),
      )
    }
    stop = clock.after(SILENCE_MS, look)
    return () => stop()
  }

  async function nextState(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stop = states.add(() => resolve())
    const giveUp = () => reject(signal?.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      await promise
    } finally {
      stop()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  async function ready(signal: AbortSignal | undefined): Promise<SessionSocket> {
    signal?.throwIfAborted()
    // Whoever asks now does not wait for a back-off that may have half a minute to run.
    if (state === 'offline' && !closing.signal.aborted && clock.nowMs() - triedAtMs >= TRY_WHEN_ASKED_MS) {
      wakeUp()
      await nextState(signal)
    }
    if (state === 'connecting') await nextState(signal)
    if (state === 'online' && socket) return socket
    throw unreachable(trouble?.detail ?? 'The line to the server is closed.')
  }

  function renew(mine: SessionSocket): Promise<void> {
    renewal ??= logInOn(mine)
      .then(() => {})
      .finally(() => {
        renewal = undefined
      })
    return renewal
  }

  async function token(signal?: AbortSignal, refused?: string): Promise<string> {
    const mine = await ready(signal)
    if (newest === refused) await renew(mine)
    return newest
  }

  async function call(method: string, target: string, options: CallOptions = {}): Promise<LineAnswer> {
    const mine = await ready(options.signal)
    let answer = await mine.ask(method, target, options)
    if (answer.status === 401) {
      // The login ended early (the server started anew, the clocks differ): once more with a new one.
      const error = errorOf(answer)
      if (!(error instanceof Refusal) || error.code !== 'not-logged-in') throw error
      await renew(mine)
      answer = await mine.ask(method, target, options)
    }
    if (!isSuccess(answer)) throw errorOf(answer)
    return answer
  }

  const running = stayOnline()
  let isQuitting = false

  async function close(): Promise<void> {
    if (!isQuitting) {
      isQuitting = true
      // Said for the contacts' sake; that the line is gone already is just as well.
      if (state === 'online') await socket?.ask('QUIT', '/', { timeoutMs: QUIT_MS }).catch(() => {})
      closing.abort()
      wakeUp()
    }
    await running
  }

  return {
    call,
    token,
    onPush: pushes.add,
    get state() {
      return state
    },
    onState: states.add,
    get trouble() {
      return trouble
    },
    setAddresses(next) {
      addresses = [...next]
      const mine = socket
      if (state === 'online' && mine)
        sayPresence(mine, MOVED_MS).catch((error: unknown) => mine.close(asTrouble(error)))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Why calls in flight end: to them it is a line that broke. */
function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error
  return error instanceof Refusal ? unreachable(error.message, error) : brokeProtocol('The session went wrong.', error)
}

function troubleOf(why: unknown): LineTrouble {
  const { code, message } = asTrouble(why)
  return { code: refusalIn(why)?.code ?? (code as LineTrouble['code']), detail: message }
}

function retryAfterOf(why: unknown): number {
  return refusalIn(why)?.problem.retryAfterMs ?? 0
}

function refusalIn(why: unknown): Refusal | undefined {
  if (why instanceof Refusal) return why
  return why instanceof Trouble && why.cause instanceof Refusal ? why.cause : undefined
}
