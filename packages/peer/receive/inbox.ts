// The inbox of this device: carries out what inbox-state.ts decides. Each step is one write: the record, what follows from
// it, and the notes it owes the sender. Watchers hear of it afterwards.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { DAY_MS } from '@doorpost/protocol/day'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Note } from '@doorpost/protocol/note'
import type { Signed } from '@doorpost/protocol/signature'
import type { SignedMessage } from '@doorpost/protocol/signed-message'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { InboxEntry } from '../operations.ts'
import { recordsOf } from '../records.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import type { Change, Store } from '../store/store.ts'
import type { Listeners } from '../session/listeners.ts'
import { copyListKey } from './copies-given.ts'
import {
  CONTENT,
  clearedRecord,
  contentKey,
  entryOf,
  type InboxRecord,
  ownRecordOf,
  recordOf,
  stepRecord,
  withMedia,
} from './inbox-record.ts'
import { type InboxEvent, next } from './inbox-state.ts'
import { owed } from './owed.ts'
import { givenReceiptKey, makeReceipt } from './receipt.ts'

/** Requests kept in all: more strangers at once than anybody reads through. */
export const REQUESTS_MAX = 200
/** Requests taken in during one day, so that a flood does not push out what was there. */
export const REQUESTS_A_DAY_MAX = 100
/** Requests kept from one stranger: what they have to say fits. */
export const REQUESTS_A_SENDER_MAX = 5

export interface Outgoing {
  /** Entries for notes to one address, not written yet. */
  notes(to: OutboxEntry['to'][number], notes: readonly Note[]): readonly OutboxEntry[]
  changesFor(entries: readonly OutboxEntry[]): readonly Change[]
  add(entries: readonly OutboxEntry[], messageId: string): void
}

export interface InboxOptions {
  readonly store: Store
  readonly clock: Clock
  readonly me: Identity
  readonly people: Pick<People, 'recall'>
  readonly outgoing: Outgoing
  /** Told of every change, once it is written. */
  readonly watchers: Pick<Listeners<InboxRecord>, 'tell'>
  /** Whose mail is kept and neither shown nor told of. */
  isJunk(user: UserAddress): boolean
  /** Requests of unknown senders shown a day. */
  requestsPerDay(): number
  /** Whether the media of this message will be fetched without being asked for. */
  fetchesByItself(from: Person, content: LocationMessage): boolean
  /** Whether an on-ready command is set. */
  readonly hooked: boolean
  /** The fetch of this message, if one runs, shall end. */
  onStop(id: string): void
  /** A run of the on-ready command is due. */
  onDue(id: string): void
}

export type TakenIn = 'taken-in' | 'id-taken' | 'too-many-requests'

export interface Inbox {
  /** `also` goes into the same write. Nothing is written unless it is taken in. */
  takeIn(
    message: SignedMessage,
    messageHash: string,
    from: Person,
    also: readonly Change[],
    acceptedAt?: string,
  ): Promise<TakenIn>
  /** What another device of this user sent, where it has media that are not coming as mail as well. Once. */
  takeOwn(note: Extract<Note, { note: 'sent' }>, from: DeviceAddress): Promise<void>
  /** What another device of this user hands on (past-record.ts); answers what was not here. One write, with `also`; watchers are not told. */
  takePast(
    past: readonly { readonly record: InboxRecord; readonly content: LocationMessage }[],
    also: readonly Change[],
  ): Promise<readonly InboxRecord[]>
  /** Undefined: no such message. */
  step(id: string, event: InboxEvent): Promise<InboxRecord | undefined>
  /** Media is verified, synced and in place; its receipt is made and its piece list kept in the same write, and `ready` follows when it was the last. */
  stored(id: string, root: string, path: string, list: Uint8Array): Promise<InboxRecord | undefined>
  /** Another whole copy of media that has its receipt lies there now. */
  moved(id: string, root: string, path: string): Promise<void>
  /** Its user cleared this copy, or what there was of it, away: it can be fetched again. */
  cleared(id: string, root: string): Promise<void>
  /** So much is verified; kept in memory until `paused` or another step writes it. */
  verified(id: string, root: string, bytes: number): void
  /** Facts that the sender told, or that follow from the clock; watchers are told. `also` is written in any case. */
  learn(id: string, facts: Pick<InboxRecord, 'gone' | 'endsAt'>, also?: readonly Change[]): Promise<void>
  /** Shows it, if it was not to be shown before it is there. */
  show(id: string): Promise<void>
  /** Marks the run of the on-ready command as begun; false when it was before. Durable when it resolves. */
  beginHook(id: string): Promise<boolean>
  /**
   * What was agreed with this user may have changed: requests of theirs become mail, and what is owed is told. `among`: the
   * records to look at, where the caller has them.
   */
  settle(user: UserAddress, among?: readonly InboxRecord[]): Promise<void>
  /** Drops a message that has no media, as if it had never come; nobody is told. */
  forget(id: string): Promise<void>
  get(id: string): Promise<{ record: InboxRecord; content: LocationMessage } | undefined>
  records(): Promise<InboxRecord[]>
  /** As people see it: as it is now, or as this record of it says. `content`: what it says, where the caller has that. */
  entry(id: string, record?: InboxRecord, content?: LocationMessage): Promise<InboxEntry | undefined>
  /** In the order they came. */
  entries(): Promise<InboxEntry[]>
}

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { store, clock, me, people, outgoing, watchers } = options
  const records = recordsOf<InboxRecord>(store, 'inbox')
  const verified = new Map<string, Map<string, number>>()
  /** Requests in the inbox, by id: what the bounds count. */
  const requests = new Map<string, { readonly user: UserAddress; readonly atMs: number; readonly capped: boolean }>()

  const isRecord = (key: string) => !key.includes(' ')
  /** As they were written last, without what they say: asked for by whoever looks at all of them, which is often. */
  const known = new Map<string, InboxRecord>()
  for (const { key, value } of await store.all<InboxRecord>('inbox', '', CONTENT)) {
    if (isRecord(key)) known.set(key, value)
  }
  const now = () => new Date(clock.nowMs()).toISOString()

  function count(record: InboxRecord): void {
    if (record.standing.state !== 'request') requests.delete(record.id)
    else {
      const { from, receivedAt, capped = false } = record
      requests.set(record.id, { user: splitDevice(from).user, atMs: Date.parse(receivedAt), capped })
    }
  }
  for (const record of known.values()) count(record)

  /** Junk has bounds of its own, so that it keeps nobody else out. */
  function roomFor(user: UserAddress): 'shown' | 'capped' | 'none' {
    const isJunk = options.isJunk(user)
    const others = [...requests.values()].filter((one) => options.isJunk(one.user) === isJunk)
    const today = others.filter(({ atMs }) => atMs > clock.nowMs() - DAY_MS)
    const theirs = others.filter((one) => one.user === user)
    const isFull = others.length >= REQUESTS_MAX || today.length >= REQUESTS_A_DAY_MAX
    if (isFull || theirs.length >= REQUESTS_A_SENDER_MAX) return 'none'
    return today.filter(({ capped }) => !capped).length < options.requestsPerDay() ? 'shown' : 'capped'
  }

  /** One write: what `change` makes of the record, what it is owed, and `also`. */
  async function apply(
    id: string,
    person: Person | undefined,
    change: (record: InboxRecord | undefined) => InboxRecord | undefined,
    also: readonly Change[] = [],
    receipts: ReadonlyMap<string, Signed> = new Map(),
  ): Promise<InboxRecord | undefined> {
    let entries: readonly OutboxEntry[] = []
    let before: InboxRecord | undefined
    let written = false
    const after = await records.change(id, (current) => {
      before = current
      let record = change(current)
      if (!record) return undefined
      if (person?.mutual && !person.blocked) {
        const settled = owed(record, receipts)
        // Every contact is told when a device has taken their mail in. Silence would tell junk senders what they are.
        if (!options.isJunk(person.address) || settled.notes.every(isArrival)) {
          record = settled.record
          // That it came and is fetched is for all of the sender's devices; the rest for the one that gives it out.
          const [forAll, forOne] = [settled.notes.filter(isComing), settled.notes.filter((note) => !isComing(note))]
          entries = [...outgoing.notes(splitDevice(record.from).user, forAll), ...outgoing.notes(record.from, forOne)]
        }
      }
      if (record === current && also.length === 0) return undefined
      written = true
      return { value: record, also: [...also, ...outgoing.changesFor(entries)] }
    })
    if (!after || !written) return after
    known.set(id, after)
    count(after)
    if (entries.length > 0) outgoing.add(entries, id)
    if (after.hook === 'due' && before?.hook !== 'due') options.onDue(id)
    watchers.tell(after)
    return after
  }

  const senderOf = async (record: InboxRecord) => await people.recall(splitDevice(record.from).user)

  async function step(id: string, event: InboxEvent): Promise<InboxRecord | undefined> {
    const known = await records.get(id)
    if (!known) return undefined
    let stop = false
    const after = await apply(id, await senderOf(known), (current) => {
      if (!current) return undefined
      const stepped = stepRecord(withVerified(current), event, options.hooked && !current.own)
      stop = stepped.stop
      return withTombstone(current, stepped.record, now())
    })
    if (stop) options.onStop(id)
    return after
  }

  async function get(id: string): Promise<{ record: InboxRecord; content: LocationMessage } | undefined> {
    if (!isRecord(id)) return undefined
    const record = known.get(id)
    const content = record && (await store.get<LocationMessage>('inbox', contentKey(id)))
    return record && content ? { record, content } : undefined
  }

  /** What was verified since the last write goes along with the next. */
  function withVerified(record: InboxRecord): InboxRecord {
    const seen = verified.get(record.id)
    if (!seen || seen.size === 0) return record
    return {
      ...record,
      media: record.media.map((one) => ({ ...one, verifiedBytes: seen.get(one.root) ?? one.verifiedBytes })),
    }
  }

  return {
    async takeIn(message, messageHash, from, also, acceptedAt) {
      const { id, content } = message
      const contact = from.approved && !from.blocked
      const room = contact ? 'shown' : roomFor(from.address)
      if (room === 'none') return 'too-many-requests'
      const media = content.media.length > 0
      const [standing] = next(undefined, { kind: 'taken-in', contact, media })
      if (!standing) return 'id-taken'
      let taken = false
      await apply(
        id,
        from,
        (current) => {
          if (current) return undefined
          taken = true
          const due = standing.state === 'ready' && options.hooked && !options.isJunk(from.address)
          return {
            ...recordOf(message, { messageHash, receivedAt: now(), standing, acceptedAt }),
            ...(due && { hook: 'due' as const }),
            ...(room === 'capped' && { capped: true as const }),
            ...(standing.state === 'announced' && options.fetchesByItself(from, content) && { quiet: true as const }),
          }
        },
        [{ put: 'inbox', key: contentKey(id), value: content }, ...also],
      )
      return taken ? 'taken-in' : 'id-taken'
    },
    async takePast(past, also) {
      const fresh = past.filter(({ record }) => !known.has(record.id))
      const changes = fresh.flatMap(({ record, content }): Change[] => [
        { put: 'inbox', key: record.id, value: record },
        { put: 'inbox', key: contentKey(record.id), value: content },
      ])
      await store.write([...changes, ...also])
      for (const { record } of fresh) known.set(record.id, record)
      return fresh.map(({ record }) => record)
    },
    async takeOwn(note, from) {
      const { messageId: id, to, content } = note
      const isMail = to.some((one) => one === me.user || one === me.address)
      if (isMail || content.media.length === 0 || Date.parse(note.expires) < clock.nowMs()) return
      await apply(id, undefined, (current) => (current ? undefined : ownRecordOf(note, from, now())), [
        { put: 'inbox', key: contentKey(id), value: content },
      ])
    },
    step,
    async stored(id, root, path, list) {
      const known = await records.get(id)
      const media = known?.media.find((one) => one.root === root)
      if (!known || !media) return undefined
      const seen = verified.get(id)
      seen?.delete(root)
      if (seen?.size === 0) verified.delete(id)
      const receipt = known.own ? undefined : makeReceipt(me, known, media, now())
      const made = receipt && { receipt: 'made' as const }
      return await apply(
        id,
        await senderOf(known),
        (current) => {
          if (!current) return undefined
          const here = { path, verifiedBytes: media.sizeBytes, ...made, listed: true as const }
          const kept = withMedia(withVerified(current), root, here)
          const whole = kept.media.every((one) => one.path !== undefined)
          return whole ? stepRecord(kept, { kind: 'stored' }, options.hooked && !kept.own).record : kept
        },
        [
          ...(receipt ? [{ put: 'receipts' as const, key: givenReceiptKey(id, root), value: receipt }] : []),
          { put: 'lists-bytes', key: copyListKey(id, root), value: list },
        ],
        new Map(receipt && [[root, receipt]]),
      )
    },
    async moved(id, root, path) {
      await apply(id, undefined, (current) => current && withMedia(current, root, { path }))
    },
    async cleared(id, root) {
      verified.get(id)?.delete(root)
      await apply(id, undefined, (current) => current && clearedRecord(current, root), [
        { drop: 'lists-bytes', key: copyListKey(id, root) },
      ])
    },
    async show(id) {
      await apply(id, undefined, (current) => {
        if (!current?.quiet) return current
        const { quiet: _shown, ...loud } = current
        return loud
      })
    },
    verified(id, root, bytes) {
      const seen = verified.get(id) ?? new Map<string, number>()
      verified.set(id, seen.set(root, bytes))
    },
    async learn(id, { gone, endsAt }, also = []) {
      let stop = false
      await apply(
        id,
        undefined,
        (current) => {
          if (!current) return undefined
          if (endsAt !== undefined) return { ...current, endsAt }
          if (gone === undefined || (current.gone && gone.reason !== 'withdrawn')) return current
          if (gone.reason !== 'withdrawn') return { ...current, gone }
          const stepped = stepRecord(withVerified(current), { kind: 'withdrawn' }, options.hooked)
          stop = stepped.stop
          return { ...stepped.record, gone }
        },
        also,
      )
      if (stop) options.onStop(id)
    },
    async beginHook(id) {
      let begun = false
      await apply(id, undefined, (current) => {
        if (current?.hook !== 'due') return undefined
        begun = true
        return { ...current, hook: 'begun' }
      })
      return begun
    },
    async settle(user, among) {
      const person = await people.recall(user)
      if (!person?.approved || person.blocked) return
      const hooked = options.hooked && !options.isJunk(user)
      for (const record of among ?? [...known.values()]) {
        if (splitDevice(record.from).user !== user) continue
        if (isSettled(known.get(record.id) ?? record, person.mutual, hooked)) continue
        const made = record.media.filter(({ receipt }) => receipt === 'made').map(({ root }) => root)
        const receipts = new Map<string, Signed>()
        for (const root of made) {
          const receipt = await store.get<Signed>('receipts', givenReceiptKey(record.id, root))
          if (receipt) receipts.set(root, receipt)
        }
        const event = { kind: 'approved' as const, media: record.media.length > 0 }
        const settled = (current: InboxRecord | undefined) => current && stepRecord(current, event, hooked).record
        await apply(record.id, person, settled, [], receipts)
      }
    },
    async forget(id) {
      await records.change(id, (current) =>
        current && current.media.length === 0
          ? { value: undefined, also: [{ drop: 'inbox', key: contentKey(id) }] }
          : undefined,
      )
      if (known.get(id)?.media.length === 0) known.delete(id)
      requests.delete(id)
    },
    get,
    records: async () => [...known.values()],
    async entry(id, record, content) {
      const here = known.get(id)
      const found = content && here ? { record: here, content } : await get(id)
      return found && entryOf(record ?? found.record, found.content, verified.get(id))
    },
    async entries() {
      const found = new Map(
        (await store.all<InboxRecord | LocationMessage>('inbox')).map(({ key, value }) => [key, value]),
      )
      const entries: InboxEntry[] = []
      for (const [key, value] of found) {
        const content = isRecord(key) ? (found.get(contentKey(key)) as LocationMessage | undefined) : undefined
        if (content) entries.push(entryOf(value as InboxRecord, content, verified.get(key)))
      }
      return entries.sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : a.receivedAt > b.receivedAt ? 1 : 0))
    },
  }
}

function isComing(note: Note): boolean {
  return note.note === 'progress' && note.state !== 'refused'
}

/** Nothing follows for it when its sender is a contact; most of what has come long ago is so, and is not read for that. */
function isSettled(record: InboxRecord, isMutual: boolean, hooked: boolean): boolean {
  const event = { kind: 'approved' as const, media: record.media.length > 0 }
  if (stepRecord(record, event, hooked).record !== record) return false
  if (!isMutual) return true
  return record.media.every(({ receipt }) => receipt !== 'made') && owed(record, new Map()).notes.length === 0
}

/** What is told of mail that nobody has looked at. */
function isArrival(note: Note): boolean {
  return note.note === 'progress' && note.state === 'announced'
}

/** One who declines leaves a tombstone; one who then asks for it after all takes it away. */
function withTombstone(before: InboxRecord, after: InboxRecord, at: string): InboxRecord {
  if (before.standing.state === after.standing.state) return after
  if (after.standing.state === 'refused') return { ...after, gone: { reason: 'refused', at } }
  if (before.standing.state !== 'refused' || after.gone?.reason !== 'refused') return after
  const { gone: _gone, ...rest } = after
  return rest
}
