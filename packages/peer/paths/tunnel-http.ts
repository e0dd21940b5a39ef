// The tunnel's exchanges with the server, over fetch: asking a device, collecting what others ask, and answering in parts for
// runtimes that cannot stream a request's body (browsers, and whatever stands behind a proxy that collects). Portable; Node has a
// way that streams (node/tunnel-http.ts).

import { type DeviceAddress, isDeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { concat } from '@doorpost/protocol/bytes'
import { parseJson } from '@doorpost/protocol/json'
import { PIPE_BYTES_MAX, PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import { MESSAGE_HEADER, PIPE_HEADER, REQUESTER_HEADER } from '@doorpost/protocol/messages/pipe'
import { brokeProtocol, errorOf, readWhole, unreachable } from '../session/answer.ts'
import type { Target } from './openers.ts'

/** Longest problem document read, bytes. */
const PROBLEM_BYTES_MAX = 64 * 1024
/** For an answer to begin, ms: the hold, and a slow line. */
const ANSWER_TIMEOUT_MS = PIPE_HOLD_MS + 15_000

/** An answer that comes in; read one after the other. */
export interface TunnelAnswer {
  /** The next bytes; undefined at its end. Rejects when it broke off. */
  read(): Promise<Uint8Array | undefined>
}

export interface CollectedRequest {
  readonly id: string
  readonly requester: DeviceAddress
  readonly bytes: Uint8Array
}

/** One answer that goes out. */
export interface Upload {
  /** Bytes are its own until `onGone`, which is called once: when the requester's side has them, or when it is over. */
  write(bytes: Uint8Array, onGone?: () => void): void
  /** No more follow. */
  end(): void
  /** Breaks it off. Idempotent. */
  abort(cause: Error): void
  /** Settles when all has left; rejects with what stood in the way. */
  readonly done: Promise<void>
}

/** What the tunnel needs of the server. Everything rejects Refusal, Trouble `server-unreachable`, or the signal's reason. */
export interface TunnelHttp {
  /** Somebody is about to ask or to answer: logs in meanwhile, where that has to be done. What stands in the way is met then. */
  ready?(): void
  /** Resolves when the answer begins. The signal ends the exchange at any time. */
  ask(target: Pick<Target, 'address' | 'message'>, request: Uint8Array, signal: AbortSignal): Promise<TunnelAnswer>
  /** Undefined when nothing came within the hold time. */
  collect(signal: AbortSignal): Promise<CollectedRequest | undefined>
  /** Begins to answer a collected request. */
  answer(id: string): Upload
}

export interface TunnelHttpOptions {
  readonly origin: string
  /** A login token for the header; `refused` is one that the server did not take. */
  token(signal: AbortSignal | undefined, refused?: string): Promise<string>
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

export function createTunnelHttp(options: TunnelHttpOptions): TunnelHttp {
  const { origin, token, fetch = (url, init) => globalThis.fetch(url, init) } = options

  /** Once more with a new login where the old one ended early. */
  async function exchange(method: string, target: string, init: RequestInit): Promise<Response> {
    const signal = init.signal ?? undefined
    const once = async (used: string) => {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${used}`)
      try {
        return await fetch(`${origin}${target}`, {
          ...init,
          method,
          headers,
          redirect: 'error',
          credentials: 'omit',
          cache: 'no-store',
        })
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw unreachable('The server cannot be reached.', error)
      }
    }
    const used = await token(signal)
    const response = await once(used)
    if (response.status !== 401) return response
    await response.body?.cancel()
    return await once(await token(signal, used))
  }

  async function checked(response: Response): Promise<Response> {
    if (response.ok) return response
    const text = new TextDecoder().decode(await readWhole(response, PROBLEM_BYTES_MAX))
    const body = parseJson(text)
    throw errorOf({ status: response.status, headers: Object.fromEntries(response.headers), body })
  }

  return {
    // Whoever asks first is told what went wrong.
    ready: () => void token(undefined).catch(() => {}),
    async ask(target, request, signal) {
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(unreachable('The server did not answer in time.')), ANSWER_TIMEOUT_MS)
      const response = await exchange('PIPE', askTarget(target), {
        headers: askHeaders(target),
        body: Uint8Array.from(request),
        signal: AbortSignal.any([signal, late.signal]),
      })
        .then(checked)
        .finally(() => clearTimeout(timer))
      const reader = response.body?.getReader()
      return {
        async read() {
          const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
          return done ? undefined : value
        },
      }
    },
    async collect(signal) {
      const response = await checked(await exchange('PIPE', '/tunnel', { signal }))
      const bytes = await readWhole(response, PIPE_BYTES_MAX)
      if (response.status === 204) return undefined
      return collectedOf((name) => response.headers.get(name) ?? '', bytes)
    },
    answer: (id) =>
      createPartUpload(async (bytes, { number, more }, signal) => {
        const target = partTarget(id, number, more)
        const response = await checked(await exchange('SEND', target, { body: bytes, signal }))
        await response.body?.cancel()
      }),
  }
}

export function askTarget({ address }: Pick<Target, 'address'>): string {
  const { user, device } = splitDevice(address)
  return `/tunnels/${encodeURIComponent(user.slice(0, user.indexOf('@')))}/${encodeURIComponent(device)}`
}

export function askHeaders({ message }: Pick<Target, 'message'>): Record<string, string> {
  return { 'content-type': 'application/octet-stream', [MESSAGE_HEADER]: `${message.from} ${message.id}` }
}

export function answerTarget(id: string): string {
  return `/tunnel/${encodeURIComponent(id)}`
}

export function partTarget(id: string, number: number, more: boolean): string {
  return `${answerTarget(id)}?part=${number}${more ? '&more=1' : ''}`
}

/** Throws Trouble `server-broke-protocol`. */
export function collectedOf(header: (name: string) => string, bytes: Uint8Array): CollectedRequest {
  const requester = header(REQUESTER_HEADER)
  if (!isDeviceAddress(requester) || header(PIPE_HEADER) === '') {
    throw brokeProtocol('The server handed over a request without saying whose it is.')
  }
  return { id: header(PIPE_HEADER), requester, bytes }
}

/** Bytes of one part, at most: half a piece of 1 MiB with its header, so that a piece is two; proxies take bodies of 1 MiB where nobody told them otherwise. */
const PART_BYTES = 516 * 1024
/** Parts under way: the next travels while the requester takes this one (the server takes no more). */
const PARTS_IN_FLIGHT = 2

type SendPart = (
  bytes: Uint8Array<ArrayBuffer>,
  part: { number: number; more: boolean },
  signal: AbortSignal,
) => Promise<void>

/** An answer as several requests, in order, each answered when its bytes were taken. */
export function createPartUpload(sendPart: SendPart): Upload {
  const gone = new AbortController()
  const done = Promise.withResolvers<void>()
  // Whoever does not wait for it learns of the end by `onGone`.
  done.promise.catch(() => {})
  let gathered: { bytes: Uint8Array; onGone: (() => void) | undefined }[] = []
  let underWay = 0
  let number = 0
  let isEnding = false
  let isLastSent = false
  let isScheduled = false

  const flush = () => {
    isScheduled = false
    while (!gone.signal.aborted && !isLastSent && underWay < PARTS_IN_FLIGHT && (gathered.length > 0 || isEnding)) {
      const part = takePart()
      isLastSent = isEnding && gathered.length === 0
      send(part, !isLastSent)
    }
  }
  /** As much as goes into one: cut where it is full, since each part is a way to the requester and back. */
  const takePart = (): typeof gathered => {
    const part: typeof gathered = []
    let left = PART_BYTES
    for (let next = gathered[0]; next && left > 0; next = gathered[0]) {
      const { bytes, onGone } = next
      if (bytes.length > left) {
        part.push({ bytes: bytes.subarray(0, left), onGone: undefined })
        gathered[0] = { bytes: bytes.subarray(left), onGone }
        break
      }
      part.push(next)
      left -= bytes.length
      gathered.shift()
    }
    return part
  }
  const send = (part: typeof gathered, more: boolean) => {
    underWay++
    sendPart(concat(...part.map(({ bytes }) => bytes)), { number: number++, more }, gone.signal).then(
      () => {
        underWay--
        for (const { onGone } of part) onGone?.()
        if (isLastSent && underWay === 0) done.resolve()
        else flush()
      },
      (error: unknown) => {
        abort(error instanceof Error ? error : new Error(String(error)))
        for (const { onGone } of part) onGone?.()
      },
    )
  }
  const abort = (cause: Error) => {
    if (gone.signal.aborted) return
    gone.abort(cause)
    done.reject(cause)
    for (const { onGone } of gathered) onGone?.()
    gathered = []
  }
  /** What is written in one turn leaves together. */
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(flush)
  }
  return {
    write(bytes, onGone) {
      if (gone.signal.aborted || isEnding || bytes.length === 0) return onGone?.()
      gathered.push({ bytes, onGone })
      schedule()
    },
    end() {
      isEnding = true
      schedule()
    },
    abort,
    done: done.promise,
  }
}
