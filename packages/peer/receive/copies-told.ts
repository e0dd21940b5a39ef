// Tells the others of a message what this device has of its media: which words are due is decided by comparing what is here
// with what was said, so that a crash or a broken line loses no word and says none twice. One note to all of them.

import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import { COPY_ROOTS_MAX, type Note } from '@doorpost/protocol/note'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import { createInTurn } from '../in-turn.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import type { Change, Store } from '../store/store.ts'
import { accountOf, isGivenOut } from './copies-given.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'

/** Recipients who are told of one copy: sealing costs some 4 ms and 1.9 KB a device, and 32 sources are more than a fetch asks. */
export const COPY_TOLD_MAX = 32
/** Smallest media of which a part is announced, bytes: below it the whole is there before the word is. */
export const PART_TOLD_BYTES_MIN = 8 * 1024 * 1024
/** How long after a fetch began its part is announced, ms: sealing takes the processor, which the first pieces need more. */
const PART_LATER_MS = 250
/** How long whole copies of a message that is not complete are gathered into one note, ms. */
const GATHER_MS = 5_000
/** Messages looked through at the start that have something to tell; the rest are told as they change. */
const CATCH_UP_MAX = 1_000

export type CopyState = 'whole' | 'part'

/** Room `copies`, key: `told MESSAGE`. What was said last, by root; a root that is missing: nothing, or taken back. */
interface Told {
  readonly expires: string
  readonly told: Readonly<Record<string, CopyState>>
  /** Where files lay that have gone or are not what was verified any more: they are not announced again while they should lie there. */
  readonly lost?: Readonly<Record<string, { readonly path: string; readonly changed: boolean }>>
}

/** What should be said of a message now, by root. Pure. */
export function copiesOf(
  record: Pick<InboxRecord, 'standing' | 'expires' | 'media' | 'gone'>,
  now: {
    readonly nowMs: number
    readonly serve: Pick<Preferences['serve'], 'copies'>
    readonly lost?: Told['lost']
  },
): Record<string, CopyState> {
  const found: Record<string, CopyState> = {}
  if (!now.serve.copies || !isGivenOut(record, now.nowMs)) return found
  const { standing } = record
  const isWanted = standing.state === 'fetching' || standing.state === 'scheduled'
  const wanted = isWanted ? (standing.want.roots ?? record.media.map(({ root }) => root)) : []
  for (const { root, path, listed, sizeBytes, verifiedBytes } of record.media) {
    if (path !== undefined && now.lost?.[root]?.path === path) continue
    if (path !== undefined) {
      if (listed) found[root] = 'whole'
    } else if (wanted.includes(root) && sizeBytes >= PART_TOLD_BYTES_MIN) {
      // Where it waits there is something of it only when there was a source before.
      if (standing.state === 'fetching' || verifiedBytes > 0) found[root] = 'part'
    }
  }
  return found
}

/** The words that lead from what was said to what should be. A part that is not fetched just now is taken back with all else only. */
export function wordsDue(
  told: Readonly<Record<string, CopyState>>,
  should: Readonly<Record<string, CopyState>>,
  givenOut: boolean,
): { readonly state: 'whole' | 'part' | 'none'; readonly roots: readonly string[] }[] {
  const due = { whole: [] as string[], part: [] as string[], none: [] as string[] }
  for (const [root, state] of Object.entries(should)) {
    if (told[root] !== state && !(state === 'part' && told[root] === 'whole')) due[state].push(root)
  }
  for (const [root, state] of Object.entries(told)) {
    if (should[root] === undefined && (state === 'whole' || !givenOut)) due.none.push(root)
  }
  return (['whole', 'part', 'none'] as const).flatMap((state) => {
    const roots = due[state]
    const notes = Math.ceil(roots.length / COPY_ROOTS_MAX)
    return Array.from({ length: notes }, (_, at) => ({
      state,
      roots: roots.slice(at * COPY_ROOTS_MAX, (at + 1) * COPY_ROOTS_MAX),
    }))
  })
}

/** Whom the message names besides this user, from the one after us on: so that the words of many do not all go to the first. */
export function othersOf(record: Pick<InboxRecord, 'to'>, me: Pick<Identity, 'user'>): (UserAddress | DeviceAddress)[] {
  const isMine = (address: string) => address === me.user || address.startsWith(`${me.user}/`)
  const at = record.to.findIndex(isMine)
  const turned = [...record.to.slice(at + 1), ...record.to.slice(0, Math.max(at, 0))]
  return turned.filter((address) => !isMine(address))
}

export interface CopiesTold extends AsyncDisposable {
  /** The record may have something new to tell. */
  changed(record: InboxRecord): void
  /** Looks through everything: at the start, when the line came back, when preferences changed. */
  lookAtAll(): Promise<void>
  /** A file has gone, or is not what was verified (`changed`): its copy is taken back, until it lies elsewhere or is there again. */
  lost(messageId: string, root: string, changed: boolean): Promise<void>
  expire(nowMs: number): Promise<void>
}

export function createCopiesTold(options: {
  readonly store: Store
  readonly clock: Clock
  readonly me: Identity
  readonly people: Pick<People, 'recall' | 'resolve'>
  readonly inbox: Pick<Inbox, 'get' | 'records'>
  preferences(): Pick<Preferences, 'serve'>
  /** Size of the plain file there, bytes; undefined where there is none. */
  sizeOf(path: string): Promise<number | undefined>
  /** Whether this user has other devices, which are told as well. */
  hasSiblings(): boolean
  /** An entry for a note to these, not written yet. */
  entry(to: OutboxEntry['to'], note: Note, expires: string): OutboxEntry
  readonly outbox: {
    changesFor(entries: readonly OutboxEntry[]): readonly Change[]
    add(entries: readonly OutboxEntry[]): void
  }
  onFault(error: unknown): void
}): CopiesTold {
  const { store, clock, me, people, inbox, outbox } = options
  const waiting = new Map<string, { readonly atMs: number; cancel(): void }>()
  const turns = createInTurn()
  let closing = false

  const key = (messageId: string) => `told ${messageId}`
  const toldOf = async (messageId: string) => await store.get<Told>('copies', key(messageId))

  function inTurn(work: () => Promise<void>): Promise<void> {
    const mine = turns.take(async () => {
      if (!closing) await work()
    })
    mine.catch(options.onFault)
    return mine
  }

  function later(messageId: string, ms: number): void {
    const atMs = clock.nowMs() + ms
    const known = waiting.get(messageId)
    if (closing || (known && known.atMs <= atMs)) return
    known?.cancel()
    const cancel = clock.after(ms, () => {
      waiting.delete(messageId)
      // A fault is told by inTurn.
      inTurn(() => tell(messageId)).catch(() => {})
    })
    waiting.set(messageId, { atMs, cancel })
  }

  /** Those whose keys are known and as the message names them; blocked ones are not told. */
  async function audience(record: InboxRecord): Promise<OutboxEntry['to'][number][]> {
    const sender = userOf(record.from)
    const found: OutboxEntry['to'][number][] = []
    // To a sender who is no mutual contact no note goes, ever.
    if (sender !== me.user && (await people.recall(sender))?.mutual) found.push(sender)
    if (options.hasSiblings()) found.push(me.user)
    for (const address of othersOf(record, me)) {
      if (found.length >= COPY_TOLD_MAX) break
      const user = userOf(address)
      if (user === sender) continue
      // Whose keys cannot be had now is told another time, or by another.
      const resolved = await people.resolve(user).catch(() => undefined)
      if (resolved?.kind !== 'known' || resolved.person.blocked) continue
      const account = accountOf(record, address)
      if (account === undefined || account === resolved.person.fingerprint) found.push(address)
    }
    return found
  }

  async function tell(messageId: string): Promise<void> {
    const found = await inbox.get(messageId)
    if (!found) return
    const { record } = found
    const before = await toldOf(messageId)
    const serve = record.own ? { copies: true } : options.preferences().serve
    const should = copiesOf(record, { nowMs: clock.nowMs(), serve, ...(before?.lost && { lost: before.lost }) })
    const due = wordsDue(before?.told ?? {}, should, serve.copies && isGivenOut(record, clock.nowMs()))
    if (due.length === 0) return
    // The one recipient of a message has nobody to give a copy to: the sender learns of it by the receipt.
    const to = othersOf(record, me).length > 0 || options.hasSiblings() ? await audience(record) : []
    const entries = to.length === 0 ? [] : due.map((word) => options.entry(to, noteOf(record, word), record.expires))
    // Nobody could be asked about: said when the line is back.
    if (to.length === 0 && othersOf(record, me).length > 0) return
    const told = { ...before?.told }
    for (const { state, roots } of due) {
      for (const root of roots) {
        if (state === 'none') delete told[root]
        else told[root] = state
      }
    }
    const value: Told = { ...before, expires: record.expires, told }
    await store.write([{ put: 'copies', key: key(messageId), value }, ...outbox.changesFor(entries)])
    outbox.add(entries)
  }

  /** A file that was gone and is there again is given out again; whether it is still the same is seen at every piece. */
  async function findAgain(messageId: string, media: InboxRecord['media']): Promise<void> {
    const before = await toldOf(messageId)
    const kept = Object.entries(before?.lost ?? {})
    if (!before || kept.length === 0) return
    const stillLost: typeof kept = []
    for (const one of kept) {
      const [root, { path, changed }] = one
      const { sizeBytes } = media.find((other) => other.root === root) ?? {}
      if (changed || (await options.sizeOf(path)) !== sizeBytes) stillLost.push(one)
    }
    if (stillLost.length === kept.length) return
    const value: Told = { ...before, lost: Object.fromEntries(stillLost) }
    await store.write([{ put: 'copies', key: key(messageId), value }])
  }

  return {
    changed(record) {
      const { state } = record.standing
      if (state === 'ready') later(record.id, 0)
      else if (state === 'fetching' || state === 'scheduled')
        later(record.id, record.media.some(({ path }) => path !== undefined) ? GATHER_MS : PART_LATER_MS)
      else if (state === 'refused' || state === 'expired') later(record.id, 0)
    },
    async lookAtAll() {
      const records = (await inbox.records()).filter(
        ({ media, standing }) => media.length > 0 && standing.state !== 'request',
      )
      for (const { id, media } of records.slice(-CATCH_UP_MAX)) {
        await inTurn(() => findAgain(id, media))
        later(id, 0)
      }
    },
    async lost(messageId, root, changed) {
      await inTurn(async () => {
        const before = await toldOf(messageId)
        const record = (await inbox.get(messageId))?.record
        const path = record?.media.find((one) => one.root === root)?.path
        if (!record || path === undefined || before?.lost?.[root]?.path === path) return
        const lost = { ...before?.lost, [root]: { path, changed } }
        const value: Told = { told: {}, ...before, expires: record.expires, lost }
        await store.write([{ put: 'copies', key: key(messageId), value }])
        await tell(messageId)
      })
    },
    async expire(nowMs) {
      await inTurn(async () => {
        const over = (await store.all<Told>('copies', 'told ')).filter(({ value }) => Date.parse(value.expires) < nowMs)
        if (over.length > 0) await store.write(over.map((one) => ({ drop: 'copies', key: one.key })))
      })
    },
    async [Symbol.asyncDispose]() {
      closing = true
      for (const { cancel } of waiting.values()) cancel()
      waiting.clear()
      await turns.idle()
    },
  }
}

function noteOf(
  record: Pick<InboxRecord, 'id' | 'from'>,
  { state, roots }: { readonly state: 'whole' | 'part' | 'none'; readonly roots: readonly string[] },
): Note {
  return { note: 'copy', messageId: record.id, sender: record.from, state, roots: [...roots] }
}
