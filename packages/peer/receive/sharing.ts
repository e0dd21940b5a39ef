// Recipients who serve each other, put together for one device: what others have, what this one gives out and says of it, and
// who may have it. device.ts wires it; fetching asks it for sources.

import { splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import type { Note } from '@doorpost/protocol/note'
import type { Clock } from '../clock.ts'
import type { DeviceFiles } from '../device-files.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { Caller, MediaRef } from '../paths/path.ts'
import type { PreferencesRoom } from '../rules/preferences.ts'
import { findOffered } from '../send/offered.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { createPermission, type Permission } from '../send/permission.ts'
import { type SourceAway, SourceChanged } from '../send/media-file.ts'
import type { SentRecord } from '../send/sent.ts'
import type { ServedMedia } from '../send/serve.ts'
import { listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { type Copies, type KnownMessage, openCopies } from './copies.ts'
import { copyDrops, findCopy } from './copies-given.ts'
import { createCopiesTold } from './copies-told.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'
import { openOpened } from './opened.ts'

/** How long the word that somebody may see an address waits for them, ms: as long as anything can. */
const OPEN_NOTE_MS = LIFETIME_MAX_MS

export interface SharingOptions {
  readonly store: Store
  readonly clock: Clock
  readonly me: Identity
  readonly people: Pick<People, 'recall' | 'resolve' | 'permitDevice' | 'ownerOf'>
  readonly preferences: Pick<PreferencesRoom, 'now' | 'onChange'>
  readonly sent: { get(id: string): Promise<SentRecord | undefined> }
  readonly files: Pick<DeviceFiles, 'sizeOf' | 'hasFolderOf'>
  /** Whether this device stays to give anything out; one that lives for a command announces nothing. */
  readonly stays: boolean
  /** Opened later than this; not asked before. */
  inbox(): Pick<Inbox, 'get' | 'records'>
  readonly outbox: { changesFor(entries: readonly OutboxEntry[]): Change[]; add(entries: readonly OutboxEntry[]): void }
  noteEntry(to: OutboxEntry['to'], note: Note, expires: string): OutboxEntry
  /** What is being fetched, as far as it is there. */
  partialOf(messageId: string, root: string): ServedMedia | undefined
  onFault(error: unknown): void
}

export interface Sharing extends AsyncDisposable {
  readonly permission: Permission
  readonly copies: Copies
  /** What a source of this device finds: sent media, then received ones. */
  find(caller: Caller, media: MediaRef): Promise<ServedMedia | undefined>
  /** Media could not be served. */
  trouble(media: MediaRef, trouble: SourceChanged | SourceAway): void
  takeNote(
    note: Extract<Note, { note: 'copy' | 'open' }>,
    by: Parameters<Copies['take']>[1],
    person: Person,
    also: readonly Change[],
  ): Promise<'fitted' | 'nothing'>
  /** An inbox record changed. */
  changed(record: InboxRecord): void
  /** At the start, and when the line came back. */
  lookAround(): void
  expire(nowMs: number): Promise<void>
}

export async function openSharing(options: SharingOptions): Promise<Sharing> {
  const { store, clock, me, people, sent, files } = options
  const preferences = () => options.preferences.now
  const opened = await openOpened({
    store,
    preferences,
    async tell(user, note, also) {
      const entry = options.noteEntry([user], note, new Date(clock.nowMs() + OPEN_NOTE_MS).toISOString())
      await store.write([...also, ...options.outbox.changesFor([entry])])
      options.outbox.add([entry])
    },
  })
  const { opensToMe } = opened
  const wishes = listeners<void>()
  const permission = createPermission({ me, people, preferences, opensToMe, onChange: wishes.add })
  const inbox: Pick<Inbox, 'get' | 'records'> = {
    get: (id) => options.inbox().get(id),
    records: () => options.inbox().records(),
  }
  const copies = await openCopies({ store, me, messageOf })
  const told = createCopiesTold({
    store,
    clock,
    me,
    people,
    inbox,
    preferences,
    sizeOf: files.sizeOf,
    hasSiblings: () => activeDevices(me.opened.list).length > 1,
    entry: options.noteEntry,
    outbox: options.outbox,
    onFault: options.onFault,
  })

  async function messageOf(id: string): Promise<KnownMessage | undefined> {
    const record = await sent.get(id)
    if (record) {
      const { expires, recipients, media } = record
      const to = recipients.map(({ address }) => address)
      return { id, sender: me.user, to, expires, roots: media.map(({ root }) => root) }
    }
    const found = (await inbox.get(id))?.record
    if (!found) return undefined
    const { from, to, accounts, expires, media } = found
    const roots = media.map(({ root }) => root)
    return { id, sender: splitDevice(from).user, to, ...(accounts && { accounts }), expires, roots }
  }

  async function noticeLost({ messageId, root }: MediaRef, trouble: SourceChanged | SourceAway): Promise<void> {
    const written = toBase64url(root)
    const path = (await inbox.get(messageId))?.record.media.find((one) => one.root === written)?.path
    if (path === undefined || trouble.file !== path) return
    if (trouble instanceof SourceChanged) return await told.lost(messageId, written, true)
    // Where the folder is missing too, a drive was unplugged: it comes back by itself.
    const hasGone = (await files.sizeOf(path)) === undefined && (await files.hasFolderOf(path))
    if (hasGone) await told.lost(messageId, written, false)
  }

  /** Messages whose lists were dropped in this run. */
  const dropped = new Set<string>()
  const stop = options.preferences.onChange((now, before) => {
    if (options.stays && now.serve.copies !== before.serve.copies) told.lookAtAll().catch(options.onFault)
    if (now.openTo !== before.openTo || now.tunnelOnly !== before.tunnelOnly) wishes.tell()
    if (now.openTo !== before.openTo) opened.tellAll().catch(options.onFault)
  })

  return {
    permission,
    copies,
    async find(caller, media) {
      const { partialOf } = options
      return (
        (await findOffered(caller, media, { me, store, clock, permission, sent })) ??
        (await findCopy(caller, media, { store, clock, me, inbox, permission, preferences, partialOf }))
      )
    },
    trouble(media, trouble) {
      noticeLost(media, trouble).catch(options.onFault)
    },
    async takeNote(note, by, person, also) {
      if (note.note === 'copy') return await copies.take(note, by, person, also)
      const taken = await opened.take(person.address, note.open, person.approved, also)
      wishes.tell()
      return taken
    },
    changed(record) {
      if (options.stays) told.changed(record)
    },
    lookAround() {
      if (options.stays) told.lookAtAll().catch(options.onFault)
      opened.tellAll().catch(options.onFault)
    },
    async expire(nowMs) {
      const over = (await inbox.records()).filter(({ id, expires }) => Date.parse(expires) < nowMs && !dropped.has(id))
      for (const { id } of over) dropped.add(id)
      const drops = over.flatMap(copyDrops)
      if (drops.length > 0) await store.write(drops)
      await copies.expire(nowMs)
      await told.expire(nowMs)
    },
    async [Symbol.asyncDispose]() {
      stop()
      await told[Symbol.asyncDispose]()
    },
  }
}
