// The tunnel: holds a request until the device it is for collects it, and the requester until the answer comes, for at
// most PIPE_HOLD_MS. Bodies are opaque and in memory alone. The rules of who may ask are admission.ts's; what one
// device's tunnel does next is tunnel-state.ts's.

import { randomBytes } from 'node:crypto'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import type { Login, Logins } from '../accounts/logins.ts'
import type { Clock } from '../listen/clock.ts'
import type { Standing } from './admission.ts'
import { EMPTY_TUNNEL, next, type TunnelEvent, type TunnelState } from './tunnel-state.ts'

/** Bytes of requests held for all devices together: 1,000 full ones. */
const HELD_BYTES_MAX = 64 * 1024 * 1024
/** How often holds that are over are looked for, ms. */
const HOLD_SWEEP_MS = 500
/** Waited by whoever met a bound of the tunnel, ms: a few answers later there is room. */
const FULL_RETRY_MS = 2_000

const NO_BYTES: Uint8Array = new Uint8Array(0)

export interface Collected {
  readonly id: string
  readonly requester: DeviceAddress
  readonly body: Uint8Array
}

export interface Tunnel {
  /**
   * Resolves with the device's answer. Throws Refusal `nobody-answered`, `too-many` or `no-room`; `not-logged-in` when
   * the requester's login ends meanwhile. `signal`: the requester has gone away.
   */
  ask(
    login: Login,
    target: DeviceAddress,
    request: { readonly body: Uint8Array } & Standing,
    signal: AbortSignal,
  ): Promise<Uint8Array>
  /** The next request for the caller's device; undefined when none came within the hold time. Throws as `ask` does. */
  collect(login: Login, signal: AbortSignal): Promise<Collected | undefined>
  /** Relays the answer, once. Throws Refusal `not-found` for what is not open, not collected, or another device's. */
  answer(device: DeviceAddress, id: string, body: Uint8Array): void
  /** Requests and collectors held now. */
  counts(): { readonly requests: number; readonly collectors: number }
  /** Ends everything that is held, with this refusal. */
  close(refusal: Refusal): void
}

/** A promise that somebody waits for, with its end of life. */
interface Held<T> {
  readonly device: DeviceAddress
  readonly untilMs: number
  readonly resolve: (value: T) => void
  readonly reject: (reason: Refusal) => void
  /** Undone when it is settled: listeners on signals and logins. */
  readonly cleanUp: (() => void)[]
}

interface HeldRequest extends Held<Uint8Array> {
  readonly requester: DeviceAddress
  readonly mutual: boolean
  readonly body: Uint8Array
}

interface HeldCollector extends Held<Collected | undefined> {
  readonly login: Login
}

export function openTunnel(
  logins: Pick<Logins, 'onEnd'>,
  clock: Clock,
  countBytes: (bytes: number) => void,
  heldBytesMax = HELD_BYTES_MAX,
): Tunnel {
  const states = new Map<DeviceAddress, TunnelState>()
  const requests = new Map<string, HeldRequest>()
  const collectors = new Map<string, HeldCollector>()
  let heldBytes = 0

  const stopSweeping = clock.every(HOLD_SWEEP_MS, () => {
    const nowMs = clock.monotonicMs()
    for (const [id, { untilMs }] of requests) {
      if (untilMs <= nowMs) endRequest(id, (request) => request.reject(new Refusal('nobody-answered')))
    }
    for (const [id, { untilMs }] of collectors) {
      if (untilMs <= nowMs) endCollector(id, (collector) => collector.resolve(undefined))
    }
  })

  function send(device: DeviceAddress, event: TunnelEvent, answer = NO_BYTES): void {
    const [state, effects] = next(states.get(device) ?? EMPTY_TUNNEL, event)
    if (state.requests.length + state.collectors.length === 0) states.delete(device)
    else states.set(device, state)
    for (const effect of effects) {
      switch (effect.kind) {
        case 'hand':
          hand(effect.id, effect.collector)
          break
        case 'relay':
          countBytes(answer.length)
          settleRequest(effect.id, (request) => request.resolve(answer))
          break
        case 'full':
          settleRequest(effect.id, (request) => request.reject(full()))
          break
        case 'unknown':
          throw new Refusal('not-found', { detail: 'No such request is open, or it was answered already.' })
        case 'relieve':
          settleCollector(effect.collector, (collector) => collector.resolve(undefined))
          break
      }
    }
  }

  function hand(id: string, collectorId: string): void {
    const request = requests.get(id)
    const collector = collectors.get(collectorId)
    if (!request || !collector) return
    countBytes(request.body.length)
    // Whoever holds a request and logs out will not answer it. Others than contacts wait on, as for a device that is away.
    if (request.mutual) {
      request.cleanUp.push(
        logins.onEnd(collector.login, () => endRequest(id, (held) => held.reject(new Refusal('nobody-answered')))),
      )
    }
    settleCollector(collectorId, (held) => held.resolve({ id, requester: request.requester, body: request.body }))
  }

  function settleRequest(id: string, settle: (request: HeldRequest) => void): void {
    const request = requests.get(id)
    if (!request) return
    requests.delete(id)
    heldBytes -= request.body.length
    for (const undo of request.cleanUp) undo()
    settle(request)
  }

  function settleCollector(id: string, settle: (collector: HeldCollector) => void): void {
    const collector = collectors.get(id)
    if (!collector) return
    collectors.delete(id)
    for (const undo of collector.cleanUp) undo()
    settle(collector)
  }

  function endRequest(id: string, settle: (request: HeldRequest) => void): void {
    const request = requests.get(id)
    if (!request) return
    send(request.device, { kind: 'leave', id })
    settleRequest(id, settle)
  }

  function endCollector(id: string, settle: (collector: HeldCollector) => void): void {
    const collector = collectors.get(id)
    if (!collector) return
    send(collector.device, { kind: 'stop', collector: id })
    settleCollector(id, settle)
  }

  /** What ends a wait from outside: the caller's connection, and the caller's login. */
  function watch(login: Login, signal: AbortSignal, end: (refusal: Refusal) => void): (() => void)[] {
    const gone = () => end(new Refusal('nobody-answered'))
    signal.addEventListener('abort', gone, { once: true })
    return [
      () => signal.removeEventListener('abort', gone),
      logins.onEnd(login, () => end(new Refusal('not-logged-in'))),
    ]
  }

  return {
    ask(login, target, { body, muted, mutual }, signal) {
      if (signal.aborted) return Promise.reject(new Refusal('nobody-answered'))
      if (heldBytes + body.length > heldBytesMax) {
        return Promise.reject(new Refusal('no-room', { retryAfterMs: FULL_RETRY_MS }))
      }
      const id = randomBytes(16).toString('base64url')
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      const end = (refusal: Refusal) => endRequest(id, (request) => request.reject(refusal))
      requests.set(id, {
        device: target,
        requester: login.device,
        mutual,
        body,
        untilMs: clock.monotonicMs() + PIPE_HOLD_MS,
        resolve,
        reject,
        cleanUp: watch(login, signal, end),
      })
      heldBytes += body.length
      send(target, { kind: 'ask', id, requester: login.device, muted })
      return promise
    },

    collect(login, signal) {
      if (signal.aborted) return Promise.resolve(undefined)
      const id = randomBytes(16).toString('base64url')
      const { promise, resolve, reject } = Promise.withResolvers<Collected | undefined>()
      const end = (refusal: Refusal) => endCollector(id, (collector) => collector.reject(refusal))
      collectors.set(id, {
        device: login.device,
        login,
        untilMs: clock.monotonicMs() + PIPE_HOLD_MS,
        resolve,
        reject,
        cleanUp: watch(login, signal, end),
      })
      send(login.device, { kind: 'collect', collector: id })
      return promise
    },

    answer(device, id, body) {
      send(device, { kind: 'answer', id }, body)
    },

    counts: () => ({ requests: requests.size, collectors: collectors.size }),

    close(refusal) {
      stopSweeping()
      for (const id of [...requests.keys()]) endRequest(id, (request) => request.reject(refusal))
      for (const id of [...collectors.keys()]) endCollector(id, (collector) => collector.reject(refusal))
    },
  }
}

function full(): Refusal {
  return new Refusal('too-many', { detail: 'This device has too many requests open.', retryAfterMs: FULL_RETRY_MS })
}
