// What this user said, as each of their devices keeps it: the words of a message that this device sent, and of those that another
// one did and told of in a `sent` note. Room `talk`, one key each for what never changes, when it was accepted, and its marks, so
// that no change waits for another. Conversations are made of them in talk-index.ts.

import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Note, PastMessage } from '@doorpost/protocol/note'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { recordsOf } from '../records.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import type { Change, Store } from '../store/store.ts'
import { type Mark, type Marks, marked } from './marks.ts'

/** Marks of one contact for messages that this device has not heard of yet: a sibling's word of them may come later. */
const EARLY_MARKS_MAX = 500

/** Up to so many are read one by one rather than all that there are: a reading of its own costs as much as ten in one go. */
const ONE_BY_ONE_MAX = 200

/** Key: `own ID`. */
export interface OwnMessage {
  readonly id: string
  readonly from: DeviceAddress
  readonly to: readonly (UserAddress | DeviceAddress)[]
  readonly date: string
  readonly expires: string
  readonly content: LocationMessage
}

type PastOwn = Extract<PastMessage, { said: 'mine' }>

interface Early {
  readonly mark: Mark
  readonly at: string
}

const OWN = 'own '
const ACCEPTED = 'accepted '
const MARKS = 'marks '
const EARLY = 'early '
const earlyKey = (user: UserAddress, id: string) => `${EARLY}${user} ${id}`
/** The room's prefix of what this user said, for a scan in portions. */
export const OWN_PREFIX = OWN

/** Goes into the write in which a message of this device comes to be. */
export function keepOwn(entry: OutboxEntry, from: DeviceAddress): Change[] {
  const { id, to, date, expires, content } = entry
  if (!('media' in content)) return []
  return [{ put: 'talk', key: OWN + id, value: { id, from, to, date, expires, content } satisfies OwnMessage }]
}

/** What this device has of one message. */
export interface KnownOwn {
  readonly message: OwnMessage
  readonly acceptedAt: string | undefined
  readonly marks: Marks
}

/** What places a message in a conversation, as far as its sent record does not. */
export interface OwnPlace {
  readonly acceptedAt: string
  readonly message?: Pick<OwnMessage, 'to' | 'date'>
}

export interface OwnMessages {
  /** What follows when the server accepted a message of this device: written in the same step; `notes` are for the other devices. */
  accepted(
    entry: OutboxEntry,
    at: string,
  ): { readonly changes: readonly Change[]; readonly notes: readonly OutboxEntry[] }
  /** Another device of this user sent it. Writes `also`. */
  takeSent(by: DeviceAddress, note: Extract<Note, { note: 'sent' }>, also: readonly Change[]): Promise<void>
  /** Of what another device hands on, those of this user that are not here yet, and what keeps them. */
  past(
    messages: readonly PastMessage[],
  ): Promise<{ readonly messages: readonly PastOwn[]; readonly changes: readonly Change[] }>
  /** Answers whether it is about a message of this user's to that person. Writes `also` if so, or if it may yet be. */
  takeMark(
    user: UserAddress,
    ids: readonly string[],
    mark: Mark,
    also: readonly Change[],
  ): Promise<'fitted' | 'nothing'>
  get(id: string): Promise<KnownOwn | undefined>
  /**
   * Of those that were accepted: when; and of those whose `isKnown` says no, what places them. What they say is not kept in memory, and for the rest
   * not even read.
   */
  places(isKnown: (id: string) => boolean): Promise<Map<string, OwnPlace>>
  /** For a write that forgets the words of a message. */
  drops(id: string): Change[]
  /** Marks that no message came for in all the time that one could. */
  expire(): Promise<void>
  /** Called with ids of messages that look otherwise. */
  onChange(listener: (ids: readonly string[]) => void): void
}

/** What one's own other devices are told of a message that the server accepted then. */
export function sentNote(message: OwnMessage, acceptedAt: string): Extract<Note, { note: 'sent' }> {
  const { id, to, date, expires, content } = message
  return { note: 'sent', messageId: id, to: [...to], date, expires, acceptedAt, content }
}

export function createOwnMessages(options: {
  readonly store: Store
  readonly clock: Clock
  readonly me: Identity
  noteEntry(to: UserAddress, note: Note): OutboxEntry
}): OwnMessages {
  const { store, clock, me } = options
  const marks = recordsOf<Marks>(store, 'talk')
  let tell: (ids: readonly string[]) => void = () => {}

  return {
    accepted(entry, at) {
      const { id, date, expires, content } = entry
      if (!('media' in content)) return { changes: [], notes: [] }
      const changes: Change[] = [{ put: 'talk', key: ACCEPTED + id, value: at }]
      if (activeDevices(me.opened.list).length < 2) return { changes, notes: [] }
      const message = { id, from: me.address, to: entry.to, date, expires, content }
      return { changes, notes: [options.noteEntry(me.user, sentNote(message, at))] }
    },
    async takeSent(by, { messageId: id, to, date, expires, acceptedAt, content }, also) {
      // Said once: what is here already is as good.
      if (await store.get<OwnMessage>('talk', OWN + id)) return await store.write(also)
      const users = [...new Set(to.map(userOf))]
      const early = await Promise.all(users.map((user) => store.get<Early>('talk', earlyKey(user, id))))
      await marks.change(MARKS + id, (current) => {
        const value = users.reduce((now, user, index) => {
          const mark = early[index]?.mark
          return mark === undefined ? now : marked(now, user, mark)
        }, current ?? {})
        const message: OwnMessage = { id, from: by, to, date, expires, content }
        return {
          value,
          also: [
            { put: 'talk', key: OWN + id, value: message },
            { put: 'talk', key: ACCEPTED + id, value: acceptedAt },
            ...users.map((user) => ({ drop: 'talk' as const, key: earlyKey(user, id) })),
            ...also,
          ],
        }
      })
      tell([id])
    },
    async past(past) {
      const messages: PastOwn[] = []
      for (const one of past) {
        if (one.said === 'mine' && !(await store.get<OwnMessage>('talk', OWN + one.id))) messages.push(one)
      }
      const changes = messages.flatMap(
        ({ id, from, to, date, expires, content, acceptedAt, read, delivered }): Change[] => {
          const message: OwnMessage = { id, from, to, date, expires, content }
          const arrived = delivered.reduce<Marks>((marks, user) => marked(marks, user, 'delivered'), {})
          const known = read.reduce((marks, user) => marked(marks, user, 'read'), arrived)
          return [
            { put: 'talk', key: OWN + id, value: message },
            { put: 'talk', key: ACCEPTED + id, value: acceptedAt },
            { put: 'talk', key: MARKS + id, value: known },
          ]
        },
      )
      return { messages, changes }
    },
    async takeMark(user, ids, mark, also) {
      const changed: string[] = []
      const early: string[] = []
      for (const id of new Set(ids)) {
        const own = await store.get<OwnMessage>('talk', OWN + id)
        if (!own) early.push(id)
        else if (user !== me.user && own.to.some((address) => userOf(address) === user)) {
          let isNew = false
          await marks.change(MARKS + id, (current = {}) => {
            const value = marked(current, user, mark)
            isNew = value !== current
            return isNew ? { value } : undefined
          })
          if (isNew) changed.push(id)
        }
      }
      // Only a device with siblings hears of messages that it did not send.
      const mayCome = early.length > 0 && user !== me.user && activeDevices(me.opened.list).length > 1
      const room = mayCome ? EARLY_MARKS_MAX - (await store.all('talk', `${EARLY}${user} `)).length : 0
      const at = new Date(clock.nowMs()).toISOString()
      const kept = await Promise.all(
        early.slice(0, Math.max(0, room)).map(async (id): Promise<Change> => {
          const key = earlyKey(user, id)
          const before = await store.get<Early>('talk', key)
          return { put: 'talk', key, value: { mark: before?.mark === 'read' ? 'read' : mark, at } satisfies Early }
        }),
      )
      if (kept.length + also.length > 0) await store.write([...kept, ...also])
      if (changed.length > 0) tell(changed)
      return early.length < new Set(ids).size || kept.length > 0 ? 'fitted' : 'nothing'
    },
    async get(id) {
      const [message, acceptedAt, known = {}] = await Promise.all([
        store.get<OwnMessage>('talk', OWN + id),
        store.get<string>('talk', ACCEPTED + id),
        store.get<Marks>('talk', MARKS + id),
      ])
      return message && { message, acceptedAt, marks: known }
    },
    async places(isKnown) {
      const places = new Map<string, OwnPlace>()
      for (const { key, value } of await store.all<string>('talk', ACCEPTED)) {
        places.set(key.slice(ACCEPTED.length), { acceptedAt: value })
      }
      const others = [...places.keys()].filter((id) => !isKnown(id))
      const place = ({ id, to, date }: OwnMessage) => {
        const { acceptedAt } = places.get(id) ?? {}
        if (acceptedAt !== undefined) places.set(id, { acceptedAt, message: { to, date } })
      }
      if (others.length > ONE_BY_ONE_MAX) for (const { value } of await store.all<OwnMessage>('talk', OWN)) place(value)
      else {
        for (const id of others) {
          const message = await store.get<OwnMessage>('talk', OWN + id)
          if (message) place(message)
        }
      }
      return places
    },
    drops: (id) => [OWN, ACCEPTED, MARKS].map((prefix) => ({ drop: 'talk' as const, key: prefix + id })),
    async expire() {
      const before = clock.nowMs() - LIFETIME_MAX_MS
      const over = (await store.all<Early>('talk', EARLY)).filter(({ value }) => Date.parse(value.at) < before)
      if (over.length > 0) await store.write(over.map(({ key }) => ({ drop: 'talk', key })))
    },
    onChange(listener) {
      tell = listener
    },
  }
}
