// How a newly linked device comes to what was said before it: asks a device that has it for one part after the other and keeps each
// together with its next question, so that it goes on where it was, whichever of the two ends in between, and whenever. What the other gives
// out is history-give.ts's.

import { type DeviceAddress, deviceAddress } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { HistoryNote, Note } from '@doorpost/protocol/note'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Inbox } from '../receive/inbox.ts'
import { ownPastRecord, pastRecord } from '../receive/past-record.ts'
import type { Outbox } from '../send/outbox.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import type { Change, Store } from '../store/store.ts'
import type { OwnMessages } from './own-messages.ts'
import { type Placed, placeOwn, placeReceived } from './placed.ts'
import type { Seen } from './seen.ts'

/** Asked again when nothing came for so long, ms: the question lies at the server all the while, this is for one that was lost. */
const ASK_AGAIN_MS = 24 * 3600_000

/** Room `talk`, key HISTORY: as far as this device has come. */
interface Asked {
  readonly from: DeviceAddress
  /** Absent: nothing came yet. */
  readonly next?: NonNullable<HistoryNote['next']>
  readonly taken: number
  readonly left?: number
  readonly askedAt?: string
  /** Since when nothing came. */
  readonly waitsSince?: string
  readonly over?: true
}

const HISTORY = 'history'

/** For the write in which a device is linked; `from`: the one that let it in. */
export function wantsHistory(from: DeviceAddress): Change {
  return { put: 'talk', key: HISTORY, value: { from, taken: 0 } satisfies Asked }
}

/** `left`: unknown while nothing came. */
export interface HistoryState {
  readonly from: DeviceAddress
  readonly taken: number
  readonly left?: number
}

export interface HistoryTaking {
  /** Undefined: it has all that there is, or never asked. */
  state(): Promise<HistoryState | undefined>
  /** Asks where it has not, or long ago. */
  begin(): Promise<void>
  /** Answers what it took, by where it stands; undefined where nobody asked for that. Writes `also` in any case. */
  take(note: SignedNote, part: HistoryNote, also: readonly Change[]): Promise<readonly Placed[] | undefined>
}

export function createHistoryTaking(options: {
  readonly store: Store
  readonly clock: Clock
  readonly me: Pick<Identity, 'user' | 'address' | 'opened'>
  readonly inbox: Pick<Inbox, 'takePast'>
  readonly own: Pick<OwnMessages, 'past'>
  readonly seen: Pick<Seen, 'take'>
  readonly outbox: Pick<Outbox, 'changesFor' | 'add'>
  noteEntry(to: DeviceAddress, note: Note): OutboxEntry
}): HistoryTaking {
  const { store, clock, me, inbox, outbox } = options
  const asked = () => store.get<Asked>('talk', HISTORY)

  /** What is written when it asks for what lies before there. */
  function asking(state: Asked): { readonly changes: Change[]; readonly entry: OutboxEntry } {
    const { from, next } = state
    const entry = options.noteEntry(from, { note: 'history-wanted', ...(next && { before: next }) })
    const askedAt = new Date(clock.nowMs()).toISOString()
    const value: Asked = { ...state, askedAt, waitsSince: state.waitsSince ?? askedAt }
    return { changes: [{ put: 'talk', key: HISTORY, value }, ...outbox.changesFor([entry])], entry }
  }

  return {
    async state() {
      const now = await asked()
      if (!now || now.over) return undefined
      const { from, taken, left } = now
      return { from, taken, ...(left !== undefined && { left }) }
    },
    async begin() {
      const now = await asked()
      if (!now || now.over) return
      const others = activeDevices(me.opened.list)
        .map(({ name }) => deviceAddress(me.user, name))
        .filter((one) => one !== me.address)
      // Its own may be gone for good; another has most of the same.
      const from = others.find((one) => one === now.from) ?? others[0]
      const isHopeless = now.waitsSince !== undefined && Date.parse(now.waitsSince) < clock.nowMs() - LIFETIME_MAX_MS
      if (from === undefined || isHopeless) {
        const value: Asked = { ...now, over: true }
        return await store.write([{ put: 'talk', key: HISTORY, value }])
      }
      const wasAsked = now.askedAt !== undefined && Date.parse(now.askedAt) > clock.nowMs() - ASK_AGAIN_MS
      if (wasAsked && from === now.from) return
      const { changes, entry } = asking({ ...now, from })
      await store.write(changes)
      outbox.add([entry])
    },
    async take(note, part, also) {
      const now = await asked()
      const isNext = part.before?.id === now?.next?.id && part.before?.at === now?.next?.at
      if (!now || now.over || note.from !== now.from || !isNext) {
        await store.write(also)
        return undefined
      }
      for (const { conversation, upTo } of part.seen) await options.seen.take({ note: 'seen', conversation, upTo }, [])
      const { changes, messages } = await options.own.past(part.messages)
      const nowMs = clock.nowMs()
      const past = part.messages.flatMap((one) => {
        const record = one.said === 'theirs' ? pastRecord(one, nowMs) : ownPastRecord(one, me, nowMs)
        return record ? [{ record, content: one.content }] : []
      })
      const { next, left } = part
      const { next: _before, waitsSince: _came, ...rest } = now
      const state: Asked = { ...rest, taken: now.taken + part.messages.length, left }
      const on = next && asking({ ...state, next })
      const end: Change[] = [{ put: 'talk', key: HISTORY, value: { ...state, over: true } satisfies Asked }]
      const records = await inbox.takePast(past, [...changes, ...(on ? on.changes : end), ...also])
      if (on) outbox.add([on.entry])
      const states = new Map(records.map(({ id, standing }) => [id, standing.state]))
      const mine = messages.flatMap(({ id, to, date, acceptedAt }): Placed[] => {
        const placed = placeOwn(me.user, id, { message: { to, date }, acceptedAt }, undefined)
        const state = states.get(id)
        return placed ? [{ ...placed, line: { ...placed.line, ...(state !== undefined && { state }) } }] : []
      })
      return [...mine, ...records.filter(({ own }) => !own).map((record) => placeReceived(me.user, record))]
    },
  }
}
