// The tunnel: holds a request until the device it is for takes it, and the requester until the answer begins, for at most
// PIPE_HOLD_MS; from then on the answer is relayed as it comes. Bytes are opaque and in memory alone. The rules of who may
// ask are admission.ts's; what one device's tunnel does next is tunnel-state.ts's; one answer on its way relay.ts's.

import { randomBytes } from 'node:crypto'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_HOLD_MS } from '@doorpost/protocol/limits'
import type { PipePush } from '@doorpost/protocol/messages/pipe'
import type { Login, Logins } from '../accounts/logins.ts'
import type { Clock } from '../listen/clock.ts'
import type { Standing } from './admission.ts'
import type { Meter } from './meter.ts'
import { createRelay, type Part, type Relay, TUNNEL_STALL_MS } from './relay.ts'
import { EMPTY_TUNNEL, next, type TunnelEvent, type TunnelState } from './tunnel-state.ts'

/** Bytes of requests held for all devices together: 1,000 full ones. */
const HELD_BYTES_MAX = 64 * 1024 * 1024
/** How often holds that are over are looked for, ms. */
const HOLD_SWEEP_MS = 500
/** Waited by whoever met a bound of the tunnel, ms: a few answers later there is room. */
const FULL_RETRY_MS = 2_000

export interface Collected {
  readonly id: string
  readonly requester: DeviceAddress
  readonly body: Uint8Array
}

export interface Tunnel {
  /**
   * Resolves with the device's answer when its first byte is here; read it once. Throws Refusal `nobody-answered`,
   * `too-many` or `no-room`; `not-logged-in` when the requester's login ends meanwhile. `signal`: the requester has gone away.
   */
  ask(
    login: Login,
    target: DeviceAddress,
    request: { readonly body: Uint8Array } & Standing,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>
  /** The next request for the caller's device; undefined when none came within the hold time. Throws as `ask` does. */
  collect(login: Login, signal: AbortSignal): Promise<Collected | undefined>
  /**
   * Relays one part of the answer; resolves when the requester has taken it. Throws Refusal `not-found` for what is not
   * open, not in the caller's hands, or ended meanwhile.
   */
  answer(login: Login, id: string, part: Part, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Requests and collectors held now, and bytes of answers on their way. */
  counts(): { readonly requests: number; readonly collectors: number; readonly windowBytes: number }
  /** Ends everything that is held or under way, with this refusal. */
  close(refusal: Refusal): void
}

/** Sessions that take pushes: those of devices that said "on-line". */
export interface TunnelSessions {
  sessionsOf(device: DeviceAddress): readonly { push(message: object): boolean }[]
  onOnline(came: (device: DeviceAddress) => void): void
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

interface HeldRequest extends Held<AsyncIterable<Uint8Array>> {
  readonly login: Login
  readonly mutual: boolean
  readonly body: Uint8Array
  relay?: Relay
  isStarted: boolean
}

interface HeldCollector extends Held<Collected | undefined> {
  readonly login: Login
}

export interface TunnelOptions {
  readonly logins: Pick<Logins, 'onEnd'>
  readonly clock: Clock
  readonly meter: Meter
  readonly sessions: TunnelSessions
  readonly countBytes: (bytes: number) => void
  readonly heldBytesMax?: number
}

export function openTunnel(options: TunnelOptions): Tunnel {
  const { logins, clock, meter, sessions, countBytes, heldBytesMax = HELD_BYTES_MAX } = options
  const states = new Map<DeviceAddress, TunnelState>()
  const requests = new Map<string, HeldRequest>()
  const collectors = new Map<string, HeldCollector>()
  let heldBytes = 0

  const stopSweeping = clock.every(HOLD_SWEEP_MS, () => {
    const nowMs = clock.monotonicMs()
    for (const [id, request] of requests) {
      const stalledMs = nowMs - (request.relay?.waitingSinceMs ?? nowMs)
      if (request.isStarted ? stalledMs >= TUNNEL_STALL_MS : request.untilMs <= nowMs) {
        endRequest(id, new Refusal('nobody-answered'))
      }
    }
    for (const [id, { untilMs }] of collectors) {
      if (untilMs <= nowMs) endCollector(id, (collector) => collector.resolve(undefined))
    }
    // What a session had no room for.
    for (const device of states.keys()) send(device, { kind: 'offer', again: false })
  })
  sessions.onOnline((device) => {
    if (states.has(device)) send(device, { kind: 'offer', again: true })
  })

  function send(device: DeviceAddress, event: TunnelEvent): void {
    const [state, effects] = next(states.get(device) ?? EMPTY_TUNNEL, event)
    if (state.requests.length + state.collectors.length === 0) states.delete(device)
    else states.set(device, state)
    for (const effect of effects) {
      switch (effect.kind) {
        case 'hand':
          hand(effect.id, effect.collector)
          break
        case 'push':
          push(device, effect.id)
          break
        case 'relay':
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
      request.cleanUp.push(logins.onEnd(collector.login, () => endRequest(id, new Refusal('nobody-answered'))))
    }
    settleCollector(collectorId, (held) => held.resolve({ id, requester: request.login.device, body: request.body }))
  }

  function push(device: DeviceAddress, id: string): void {
    const request = requests.get(id)
    const open = request ? sessions.sessionsOf(device) : []
    if (!request || open.length === 0) return
    const message: PipePush = {
      kind: 'pipe',
      id,
      requester: request.login.device,
      request: Buffer.from(request.body).toString('base64'),
    }
    const taken = open.filter((session) => session.push(message)).length
    if (taken === 0) return
    countBytes(taken * request.body.length)
    send(device, { kind: 'offered', id })
  }

  /** Takes it out; nothing hangs on it any more. */
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

  function endRequest(id: string, reason: Refusal | undefined): void {
    const request = requests.get(id)
    if (!request) return
    send(request.device, { kind: 'leave', id })
    settleRequest(id, ({ reject, relay }) => {
      if (!reason) return
      // Heard only where the answer has not begun.
      reject(reason)
      relay?.end(reason)
    })
  }

  function endCollector(id: string, settle: (collector: HeldCollector) => void): void {
    const collector = collectors.get(id)
    if (!collector) return
    send(collector.device, { kind: 'stop', collector: id })
    settleCollector(id, settle)
  }

  /** What ends a wait from outside: the caller's connection, and the caller's login. */
  function watch(login: Login, signal: AbortSignal, end: (refusal: Refusal) => void): (() => void)[] {
    const gone = () => end(new Refusal('nobody-answered', { detail: 'Whoever waited has gone.' }))
    signal.addEventListener('abort', gone, { once: true })
    return [
      () => signal.removeEventListener('abort', gone),
      logins.onEnd(login, () => end(new Refusal('not-logged-in'))),
    ]
  }

  /** The device begins to answer: from now on bytes are relayed, and its login matters to the end. */
  function begin(login: Login, id: string, request: HeldRequest): Relay {
    send(login.device, { kind: 'answer', id })
    const relay = createRelay({
      nowMs: () => clock.monotonicMs(),
      async pass(bytes, signal) {
        await meter.pass(request.login.user, bytes, signal)
        countBytes(bytes)
      },
      onStart() {
        request.isStarted = true
        request.resolve(relay.answer)
      },
      onEnd: (reason) => endRequest(id, reason),
    })
    request.relay = relay
    request.cleanUp.push(logins.onEnd(login, () => endRequest(id, new Refusal('nobody-answered'))))
    return relay
  }

  return {
    async ask(login, target, { body, muted, mutual }, signal) {
      if (signal.aborted) throw new Refusal('nobody-answered')
      if (heldBytes + body.length > heldBytesMax) throw new Refusal('no-room', { retryAfterMs: FULL_RETRY_MS })
      const leave = meter.enter(login.user)
      const id = randomBytes(16).toString('base64url')
      const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<Uint8Array>>()
      requests.set(id, {
        device: target,
        login,
        mutual,
        body,
        untilMs: clock.monotonicMs() + PIPE_HOLD_MS,
        resolve,
        reject,
        isStarted: false,
        cleanUp: [leave, ...watch(login, signal, (refusal) => endRequest(id, refusal))],
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

    async answer(login, id, part, bytes) {
      const request = requests.get(id)
      if (request?.device !== login.device) {
        throw new Refusal('not-found', { detail: 'No such request is open, or it was answered already.' })
      }
      const relay = request.relay ?? begin(login, id, request)
      try {
        await relay.give(part, bytes)
      } catch (error) {
        // Whatever it ended with is the requester's affair, except what its bytes met.
        if (!(error instanceof Refusal) || error.code === 'malformed' || error.code === 'too-many') throw error
        throw new Refusal('not-found', { detail: 'The requester waits no longer.' }, error)
      }
    },

    counts: () => ({
      requests: requests.size,
      collectors: collectors.size,
      windowBytes: [...requests.values()].reduce((bytes, { relay }) => bytes + (relay?.heldBytes ?? 0), 0),
    }),

    close(refusal) {
      stopSweeping()
      meter.close()
      for (const id of [...requests.keys()]) endRequest(id, refusal)
      for (const id of [...collectors.keys()]) endCollector(id, (collector) => collector.reject(refusal))
    },
  }
}

function full(): Refusal {
  return new Refusal('too-many', { detail: 'This device has too many requests open.', retryAfterMs: FULL_RETRY_MS })
}
