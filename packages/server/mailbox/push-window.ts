// What of a device's mail has been pushed to it and not been confirmed: the state of delivering to one device that is
// on-line. Pure: the time comes in. Reading mail, pushing it and timers are delivery.ts's.
//
// Mail is pushed in the order of acceptance, as a window over what waits: a bounded number of messages and characters
// are out at a time. A REMOVE makes room for the next. When the sessions take no more, nothing is pushed until a REMOVE
// or the next sweep. What stays unconfirmed is gone over again from the oldest, and so is what was hidden meanwhile.

import { PUSH_AGAIN_MS } from '@doorpost/protocol/limits'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { WaitingMail } from '../storage/storage.ts'

/** Messages out at a time: fills a line of 100 ms round trip with hundreds of messages a second. */
export const OUT_MAX = 64
/** Characters of sealed text out at a time: one message of the largest size and some more, or 64 ordinary ones. */
export const OUT_CHARACTERS_MAX = 2 * 1024 * 1024
/** How often unconfirmed mail is looked for, ms. */
export const PUSH_SWEEP_MS = 1_000
/** Pushed again after this, ms: one sweep early, so that it happens within the bound. */
const AGAIN_MS = PUSH_AGAIN_MS - PUSH_SWEEP_MS

/** What to read next: MailStore.waiting takes it as it is. */
export interface Wanted {
  readonly after: number
  readonly limit: number
  readonly bytesMax: number
}

export interface PushWindow {
  /** Undefined when nothing more is known to wait, or nothing may be pushed now. What is given is to be read and taken. */
  wanted(): Wanted | undefined
  /** Which of what was read is to be pushed, in order: all that is not out already. */
  take(wanted: Wanted, found: readonly WaitingMail[]): WaitingMail[]
  pushed(mail: WaitingMail, nowMs: number): void
  /** No session took this one: stop here. */
  refused(mail: WaitingMail): void
  /** New mail came. */
  mayHaveMore(): void
  /** The device confirmed these, or gave them up. */
  removed(keys: readonly MailKey[]): void
  /** For a session that has seen none of what is out. */
  startOver(): void
  /** Notices what is due again, and lets a stopped window go on. */
  sweep(nowMs: number): void
}

interface Out {
  readonly characters: number
  readonly atMs: number
}

export function openPushWindow(openedAtMs: number): PushWindow {
  /** By the time of the push, the oldest first. */
  const out = new Map<string, Out>()
  let outCharacters = 0
  let position = 0
  let more = true
  let stopped = false
  let begunAtMs = openedAtMs

  function forget(name: string): void {
    outCharacters -= out.get(name)?.characters ?? 0
    out.delete(name)
  }

  function begin(): void {
    position = 0
    more = true
  }

  return {
    wanted() {
      const limit = OUT_MAX - out.size
      const bytesMax = OUT_CHARACTERS_MAX - outCharacters
      if (!more || stopped || limit <= 0 || bytesMax <= 0) return undefined
      // What comes while this is read must be looked for again.
      more = false
      return { after: position, limit, bytesMax }
    },

    take({ limit, bytesMax }, found) {
      const characters = found.reduce((sum, mail) => sum + charactersOf(mail), 0)
      if (found.length >= limit || characters >= bytesMax) more = true
      position = found.at(-1)?.position ?? position
      return found.filter(({ envelope }) => !out.has(nameOf(envelope)))
    },

    pushed(mail, nowMs) {
      const characters = charactersOf(mail)
      out.set(nameOf(mail.envelope), { characters, atMs: nowMs })
      outCharacters += characters
    },

    refused(mail) {
      stopped = true
      more = true
      position = mail.position - 1
    },

    mayHaveMore() {
      more = true
    },

    removed(keys) {
      for (const key of keys) forget(nameOf(key))
      stopped = false
    },

    startOver() {
      out.clear()
      outCharacters = 0
      stopped = false
      begin()
    },

    sweep(nowMs) {
      stopped = false
      let anyDue = nowMs - begunAtMs >= AGAIN_MS
      for (const [name, { atMs }] of out) {
        if (nowMs - atMs < AGAIN_MS) break
        forget(name)
        anyDue = true
      }
      if (!anyDue) return
      begunAtMs = nowMs
      begin()
    },
  }
}

function charactersOf({ envelope: { sealed } }: WaitingMail): number {
  return sealed.key.length + sealed.body.length
}

function nameOf({ from, id }: MailKey): string {
  return `${from} ${id}`
}
