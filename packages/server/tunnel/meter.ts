// What the tunnel may carry, by the policy: bytes a second are paced, bytes a day and tunnels at once are refused past
// their bound. Counted for the requester's user and for the server. Bytes of the day are written down every few seconds, so that a new
// start begins no new day; what a crash takes with it is what passed since.

import type { UserAddress } from '@doorpost/protocol/address'
import { DAY_MS, dayOf } from '@doorpost/protocol/day'
import { Refusal } from '@doorpost/protocol/errors'
import type { Clock } from '../listen/clock.ts'
import type { Policy } from '../policy/policy.ts'
import type { TunnelDayStore } from '../storage/storage.ts'

/** How often bytes that wait for their turn are looked at, ms: short beside a round trip. */
const PACE_TICK_MS = 20
/** What a silent line has saved up, ms of its rate: enough that one late tick costs no throughput. */
const BURST_MS = 100
/** How often bytes of the day are written down, ms. */
export const SAVE_EVERY_MS = 5_000
/** Waited by whoever has too many tunnels open, ms: one may end any moment. */
const CROWDED_RETRY_MS = 2_000

export interface Meter {
  /** Counts one tunnel in. Throws Refusal `too-many`; the function returned counts it out, once. */
  enter(user: UserAddress): () => void
  /** Resolves when so many bytes of this user may go on. Throws Refusal `too-many`, or the signal's reason. */
  pass(user: UserAddress, bytes: number, signal: AbortSignal): Promise<void>
  readonly open: number
  /** Writes down what was not yet. Rejects with nothing: a fault is told, and it is tried again. */
  save(): Promise<void>
  close(): void
}

export interface Kept {
  readonly store: TunnelDayStore
  onFault(error: unknown): void
}

/** Virtual scheduling: everything let through so far is through at `freeAtMs`, at the rate. */
interface Pace {
  freeAtMs: number
}

interface Usage extends Pace {
  tunnels: number
  day: number
  bytes: number
}

/** Without `kept` a new start begins a new day. */
export function openMeter(policy: () => Policy['tunnel'], clock: Clock, kept?: Kept): Meter {
  const users = new Map<UserAddress, Usage>()
  const server: Usage = newUsage()
  const waiting = new Set<{ readonly atMs: number; readonly go: () => void }>()
  let stopTicking: (() => void) | undefined
  let day = today()
  /** Bytes of `day` that are not written down. */
  let unsaved = new Map<UserAddress, number>()
  /** Until what was taken before the start is known, nothing passes. Asked for when somebody wants something of the tunnel. */
  let recalled: Promise<void> | undefined
  /** Runs only while something is to be written down. */
  let stopSaving: (() => void) | undefined

  function today(): number {
    return dayOf(clock.wallMs())
  }

  function usageOf(user: UserAddress): Usage {
    if (today() !== day) {
      void save()
      day = today()
      for (const [idle, { tunnels }] of users) if (tunnels === 0) users.delete(idle)
    }
    const usage = users.get(user) ?? newUsage()
    users.set(user, usage)
    for (const one of [usage, server]) if (one.day !== day) Object.assign(one, { day, bytes: 0 })
    return usage
  }

  async function recall({ store, onFault }: Kept): Promise<void> {
    const of = today()
    const taken = await store.of(of).catch(onFault)
    for (const [user, bytes] of Object.entries(taken ?? {}) as [UserAddress, number][]) {
      if (today() !== of) return
      usageOf(user).bytes += bytes
      server.bytes += bytes
    }
  }

  function willSave(user: UserAddress, bytes: number): void {
    if (!kept) return
    unsaved.set(user, (unsaved.get(user) ?? 0) + bytes)
    stopSaving ??= clock.every(SAVE_EVERY_MS, () => void save())
  }

  async function save(): Promise<void> {
    stopSaving?.()
    stopSaving = undefined
    if (!kept || unsaved.size === 0) return
    const of = day
    const saved = unsaved
    unsaved = new Map()
    try {
      await kept.store.add(of, Object.fromEntries(saved))
    } catch (error) {
      kept.onFault(error)
      // Of a day that is over nobody asks any more.
      if (of === day) for (const [user, bytes] of saved) willSave(user, bytes)
    }
  }

  function checkDay(usage: Usage): void {
    const { userBytesPerDay, serverBytesPerDay } = policy()
    const retryAfterMs = (day + 1) * DAY_MS - clock.wallMs()
    if (usage.bytes >= userBytesPerDay) {
      const detail = `The ${userBytesPerDay} bytes that one user may take through the tunnel in a day are used up.`
      throw new Refusal('too-many', { detail, retryAfterMs })
    }
    if (server.bytes >= serverBytesPerDay) {
      const detail = `The ${serverBytesPerDay} bytes that this server may tunnel in a day are used up.`
      throw new Refusal('too-many', { detail, retryAfterMs })
    }
  }

  function paced(pace: Pace, bytes: number, bytesPerSecond: number, nowMs: number): number {
    const readyAtMs = pace.freeAtMs - BURST_MS
    pace.freeAtMs = Math.max(pace.freeAtMs, nowMs) + (bytes * 1000) / bytesPerSecond
    return readyAtMs
  }

  function tick(): void {
    const nowMs = clock.monotonicMs()
    for (const one of waiting) {
      if (one.atMs > nowMs) continue
      waiting.delete(one)
      one.go()
    }
    if (waiting.size > 0) return
    stopTicking?.()
    stopTicking = undefined
  }

  async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const one = { atMs, go: wake }
    waiting.add(one)
    stopTicking ??= clock.every(PACE_TICK_MS, tick)
    signal.addEventListener('abort', wake, { once: true })
    await promise
    waiting.delete(one)
    signal.removeEventListener('abort', wake)
    signal.throwIfAborted()
  }

  return {
    enter(user) {
      if (kept) recalled ??= recall(kept)
      const usage = usageOf(user)
      checkDay(usage)
      const { userTunnels, serverTunnels } = policy()
      if (usage.tunnels >= userTunnels) throw crowded(`A user may have ${userTunnels} tunnels open at once.`)
      if (server.tunnels >= serverTunnels) throw crowded(`This server has ${serverTunnels} tunnels open, its most.`)
      usage.tunnels++
      server.tunnels++
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        usage.tunnels--
        server.tunnels--
      }
    },

    async pass(user, bytes, signal) {
      if (kept) await (recalled ??= recall(kept))
      signal.throwIfAborted()
      const usage = usageOf(user)
      checkDay(usage)
      usage.bytes += bytes
      server.bytes += bytes
      willSave(user, bytes)
      const nowMs = clock.monotonicMs()
      const { userBytesPerSecond, serverBytesPerSecond } = policy()
      const readyAtMs = Math.max(
        paced(usage, bytes, userBytesPerSecond, nowMs),
        paced(server, bytes, serverBytesPerSecond, nowMs),
      )
      if (readyAtMs > nowMs) await waitUntil(readyAtMs, signal)
    },

    get open() {
      return server.tunnels
    },

    save,

    close() {
      stopTicking?.()
      stopSaving?.()
    },
  }
}

function newUsage(): Usage {
  return { freeAtMs: 0, tunnels: 0, day: 0, bytes: 0 }
}

function crowded(detail: string): Refusal {
  return new Refusal('too-many', { detail, retryAfterMs: CROWDED_RETRY_MS })
}
