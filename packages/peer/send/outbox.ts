// Brings what waits in the outbox to the server: seals what is not sealed, hands it in, tries again when told to wait or
// when the line is back. Every step is written down before the next is taken, so a crash at any point neither loses an
// entry nor sends another message under its id. What an entry becomes is outbox-entry.ts's to say.

import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import type { Change, Store } from '../store/store.ts'
import type { Announced } from './announce.ts'
import { nextEntry, type OutboxEntry, type OutboxEvent, outboxKey } from './outbox-entry.ts'
import type { Envelope } from '@doorpost/protocol/envelope'

/** Entries handed in at the same time: enough to fill a server's group commit, few enough to stay under its rate limits. */
const AT_ONCE = 8
/** Entries that may wait; beyond it sending says so. A sender of notes alone stays far below. */
export const OUTBOX_ENTRIES_MAX = 20_000

export type SealOutcome =
  | { readonly kind: 'sealed'; readonly envelope: Envelope; readonly messageHash: string }
  /** `waitsFor`: `line` until it is back, `people` until somebody's key was looked at. */
  | { readonly kind: 'held'; readonly reason: string; readonly waitsFor: 'line' | 'people'; readonly trouble?: Trouble }
  | { readonly kind: 'refused'; readonly trouble: Trouble }

/** What one try came to, as told to whoever waits for it. */
export type TryOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'refused'; readonly trouble: Trouble }
  | { readonly kind: 'gone' }

export interface OutboxOptions {
  readonly store: Store
  readonly clock: Clock
  /** 0 to 1. */
  readonly jitter: () => number
  seal(entry: OutboxEntry, signal: AbortSignal): Promise<SealOutcome>
  announce(envelope: Envelope, signal: AbortSignal): Promise<Announced>
  /**
   * Writes what an entry became (`own`) together with what follows for the sent record, in one step. Called once per step
   * and entry, in order.
   */
  record(entry: OutboxEntry, step: OutboxStep, own: Change): Promise<void>
  /** A fault nobody foresaw while an entry was worked on; it is tried again. */
  onFault(error: unknown): void
}

export type OutboxStep =
  | { readonly kind: 'sealed'; readonly messageHash: string }
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly at: string }
  | { readonly kind: 'refused'; readonly trouble: Trouble }
  | { readonly kind: 'ran-out' }

export interface Outbox extends AsyncDisposable {
  /** Takes over what `changesFor` wrote, and begins with it. */
  add(entries: readonly OutboxEntry[]): void
  /** For the write in which an entry comes to be. */
  changesFor(entries: readonly OutboxEntry[]): Change[]
  /** The next try's outcome, for one entry. */
  tried(id: string): Promise<TryOutcome>
  /** The line is back, or a person's standing changed: everything that waited for that is tried now. */
  kick(cameBack: 'line' | 'people'): void
  /** Forgets an entry; the caller writes its drop right after. One that is just being handed in may still arrive. */
  forget(id: string): void
  readonly size: number
}

interface Waiting {
  entry: OutboxEntry
  busy: boolean
  /** What would make trying again worth while before its time. */
  waitsFor: 'line' | 'people' | 'time'
  readonly told: ((outcome: TryOutcome) => void)[]
}

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { store, clock } = options
  const ended = new AbortController()
  const waiting = new Map<string, Waiting>()
  let busy = 0
  let cancelTimer = () => {}
  let idle = () => {}

  const load = (entry: OutboxEntry) => {
    if (!waiting.has(entry.id)) waiting.set(entry.id, { entry, busy: false, waitsFor: 'line', told: [] })
  }
  for (const { value } of await store.all<OutboxEntry>('outbox')) load(value)
  queueMicrotask(turn)

  function turn(): void {
    cancelTimer()
    if (ended.signal.aborted) return
    const nowMs = clock.nowMs()
    let soonestMs = Number.POSITIVE_INFINITY
    for (const one of waiting.values()) {
      if (one.busy) continue
      if (one.entry.notBeforeMs <= nowMs) {
        if (busy >= AT_ONCE) return
        void work(one)
      } else soonestMs = Math.min(soonestMs, one.entry.notBeforeMs)
    }
    if (soonestMs < Number.POSITIVE_INFINITY) cancelTimer = clock.after(soonestMs - nowMs, turn)
  }

  async function work(one: Waiting): Promise<void> {
    one.busy = true
    busy++
    const { id } = one.entry
    try {
      const outcome = await attempt(one)
      for (const tell of one.told.splice(0)) tell(outcome)
    } catch (error) {
      if (!ended.signal.aborted) {
        options.onFault(error)
        // Held in memory alone: if nothing can be written, that cannot be either.
        one.entry = nextEntry(one.entry, held()) ?? one.entry
        for (const tell of one.told.splice(0))
          tell({ kind: 'held', reason: 'Something went wrong here. It is tried again.' })
      } else for (const tell of one.told.splice(0)) tell({ kind: 'gone' })
    } finally {
      one.busy = false
      busy--
      if (ended.signal.aborted) {
        waiting.delete(id)
        if (busy === 0) idle()
      } else turn()
    }
  }

  async function attempt(one: Waiting): Promise<TryOutcome> {
    const { signal } = ended
    if (clock.nowMs() > Date.parse(one.entry.expires)) {
      const trouble = new Trouble('expired', 'Its time ran out before it could be sent.')
      return await leave(one, { kind: 'ran-out' }, { kind: 'ran-out' }, { kind: 'refused', trouble })
    }
    if (one.entry.envelope === undefined) {
      const sealed = await options.seal(one.entry, signal)
      if (sealed.kind === 'refused') {
        return await leave(one, { kind: 'refused' }, { kind: 'refused', trouble: sealed.trouble }, sealed)
      }
      if (sealed.kind === 'held') return await hold(one, held(), sealed.reason, sealed.waitsFor)
      await keepSealed(one, sealed)
    }
    const envelope = one.entry.envelope
    if (!envelope) return { kind: 'gone' }
    const announced = await options.announce(envelope, signal)
    if (announced.kind === 'refused' && announced.code === 'conflict' && one.entry.class === 'note') {
      // Sealed in an earlier life, and accepted then: the same note in other bytes.
      const at = new Date(clock.nowMs()).toISOString()
      return await leave(one, { kind: 'accepted' }, { kind: 'accepted', at }, { kind: 'accepted' })
    }
    switch (announced.kind) {
      case 'accepted':
        return await leave(one, { kind: 'accepted' }, announced, { kind: 'accepted' })
      case 'moved-on':
        return await hold(one, { kind: 'moved-on', nowMs: clock.nowMs(), jitter: options.jitter() }, movedOn, 'time')
      case 'later':
        return await hold(one, held(announced.retryAfterMs), announced.reason, announced.lineDown ? 'line' : 'time')
      case 'refused': {
        const trouble = new Trouble(announced.code, announced.detail)
        return await leave(one, { kind: 'refused' }, { kind: 'refused', trouble }, { kind: 'refused', trouble })
      }
    }
  }

  /**
   * A message's bytes are written down before they leave, since receipts name their hash. A note says the same in whatever
   * bytes, so its are kept in memory alone: a write less for each.
   */
  async function keepSealed(one: Waiting, sealed: Extract<SealOutcome, { kind: 'sealed' }>): Promise<void> {
    if (one.entry.class === 'message') {
      return await step(one, sealed, { kind: 'sealed', messageHash: sealed.messageHash })
    }
    if (waiting.get(one.entry.id) === one) one.entry = nextEntry(one.entry, sealed) ?? one.entry
  }

  function held(retryAfterMs?: number): OutboxEvent {
    const base = { kind: 'held' as const, nowMs: clock.nowMs(), jitter: options.jitter() }
    return retryAfterMs === undefined ? base : { ...base, retryAfterMs }
  }

  async function hold(
    one: Waiting,
    event: OutboxEvent,
    reason: string,
    waitsFor: Waiting['waitsFor'],
  ): Promise<TryOutcome> {
    one.waitsFor = waitsFor
    await step(one, event, { kind: 'held', reason })
    return { kind: 'held', reason }
  }

  async function leave(one: Waiting, event: OutboxEvent, note: OutboxStep, outcome: TryOutcome): Promise<TryOutcome> {
    await step(one, event, note)
    return outcome
  }

  async function step(one: Waiting, event: OutboxEvent, note: OutboxStep): Promise<void> {
    const before = one.entry
    const after = nextEntry(before, event)
    // Forgotten meanwhile: nothing may bring it back, but that it arrived is still true.
    if (after && waiting.get(before.id) !== one) return
    const key = outboxKey(before)
    await options.record(before, note, after ? { put: 'outbox', key, value: after } : { drop: 'outbox', key })
    if (after) one.entry = after
    else waiting.delete(before.id)
  }

  return {
    add(entries) {
      for (const entry of entries) load(entry)
      turn()
    },
    changesFor(entries) {
      return entries.map((entry) => ({ put: 'outbox' as const, key: outboxKey(entry), value: entry }))
    },
    tried(id) {
      const one = waiting.get(id)
      if (!one) return Promise.resolve({ kind: 'gone' })
      return new Promise((resolve) => one.told.push(resolve))
    },
    kick(cameBack) {
      for (const one of waiting.values()) {
        if (!one.busy && one.waitsFor === cameBack) one.entry = { ...one.entry, notBeforeMs: 0 }
      }
      turn()
    },
    forget(id) {
      const one = waiting.get(id)
      waiting.delete(id)
      for (const tell of one?.told.splice(0) ?? []) tell({ kind: 'gone' })
    },
    get size() {
      return waiting.size
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new Trouble('cancelled', 'The device is closing.'))
      cancelTimer()
      for (const one of waiting.values()) for (const tell of one.told.splice(0)) tell({ kind: 'gone' })
      if (busy > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
  }
}

const movedOn = "The recipient's devices changed in this moment. It is sealed again."
