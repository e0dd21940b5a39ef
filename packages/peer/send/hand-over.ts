// Handing what this device sent to another device of its user: that one fetches it like any recipient would, keeps it with the list that
// it verified, and gives the very same ciphertext out (receive/copies-given.ts), so that this one may go. Both sides are here: asking and
// being asked. That it has all of it, the other device says by its `copy` notes, which are told again until they are true.

import { type DeviceAddress, deviceAddress, splitDevice } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { HandedNote, HandOverNote, Note } from '@doorpost/protocol/note'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { type SentStatus, Trouble } from '../operations.ts'
import type { Copies } from '../receive/copies.ts'
import type { RunOutcome } from '../receive/fetch-run.ts'
import type { Fetches } from '../receive/fetches.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { Listeners } from '../session/listeners.ts'
import { type OwnMessages, sentNote } from '../talk/own-messages.ts'
import { createHandOverWatch } from './hand-over-watch.ts'
import { isOffered, type SentRecord, statusOf } from './sent.ts'
import type { SentRoom } from './sent-room.ts'

/** Messages asked for before their `sent` note came: the two notes may overtake each other. */
const EARLY_MAX = 100
/** As long as a note may say why not, characters. */
const DETAIL_LENGTH_MAX = 1000

export interface HandOverOptions {
  readonly me: Identity
  readonly clock: Clock
  readonly sent: Pick<SentRoom, 'get' | 'step' | 'all'>
  /** Opened later than this. */
  rooms(): { readonly inbox: Pick<Inbox, 'get'>; readonly fetches: Pick<Fetches, 'ask'> }
  readonly inboxWatchers: Pick<Listeners<InboxRecord>, 'add'>
  readonly copies: Pick<Copies, 'of' | 'onChange'>
  readonly own: Pick<OwnMessages, 'get'>
  /** Where what is taken over lies; absolute. Undefined: this device takes nothing over. */
  readonly keepInto?: string
  tell(to: DeviceAddress, ...notes: Note[]): Promise<void>
  onFault(error: unknown): void
}

export interface HandOver {
  /** Throws Trouble. `device`: its name. */
  ask(record: SentRecord, device: string): Promise<SentStatus>
  /** Waits for nobody any more. */
  keepHere(record: SentRecord): Promise<SentStatus>
  /** Pieces of it were given to a device. */
  gave(messageId: string, to: string): void
  /** From a proved device of this very user; false: it is about nothing here. */
  take(from: DeviceAddress, note: HandOverNote | HandedNote): Promise<boolean>
  /** A fetch that nobody waits for ended. */
  ended(messageId: string, outcome: RunOutcome): void
  stop(): void
}

export function createHandOver(options: HandOverOptions): HandOver {
  const { me, clock, sent, copies } = options
  /** Who asked, by message. */
  const early = new Map<string, DeviceAddress>()
  const inFault = (work: Promise<unknown>) => void work.catch(options.onFault)
  const watch = createHandOverWatch({
    clock,
    onQuiet: (id, sinceMs) => inFault(sent.step(id, { kind: 'handed-quiet', at: new Date(sinceMs).toISOString() })),
    onStirred: (id) => inFault(sent.step(id, { kind: 'handed-quiet', at: undefined })),
  })

  const answer = (to: DeviceAddress, messageId: string, said: Pick<HandedNote, 'state' | 'detail'>) =>
    options.tell(to, { note: 'handed', messageId, ...said })
  const refuse = (to: DeviceAddress, messageId: string, detail: string) =>
    answer(to, messageId, { state: 'refused', detail: detail.slice(0, DETAIL_LENGTH_MAX) })

  async function carryOut(from: DeviceAddress, messageId: string): Promise<void> {
    const { inbox, fetches } = options.rooms()
    const record = (await inbox.get(messageId))?.record
    if (record && (!record.own || record.from !== from)) return
    if (!record) {
      const [oldest] = early.keys()
      if (early.size >= EARLY_MAX && oldest !== undefined) early.delete(oldest)
      early.set(messageId, from)
      return
    }
    const folder = options.keepInto
    if (folder === undefined) return await refuse(from, messageId, `${me.device} keeps nothing for others.`)
    try {
      // What is here already was told, and is told again by nobody's asking.
      if (record.standing.state !== 'ready') await fetches.ask(messageId, { folder })
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      return await refuse(from, messageId, error.message)
    }
    await answer(from, messageId, { state: 'taken' })
  }

  /** Whether the device that was asked has all of it, as it says. */
  function hasAll({ id, media, handed }: SentRecord): boolean {
    const has = (root: string) => copies.of(id, root).some((one) => one.device === handed?.to && one.state === 'whole')
    return media.every(({ root }) => has(root))
  }

  async function look(messageId: string): Promise<void> {
    const record = await sent.get(messageId)
    if (!record?.handed) return
    const { to: by, state } = record.handed
    watch.stirred(messageId, by)
    if (hasAll(record)) {
      watch.end(messageId)
      await sent.step(messageId, { kind: 'handed', by, state: 'has' })
    }
    // Its copy has gone again.
    else if (state === 'has') await sent.step(messageId, { kind: 'handed', by, state: 'refused' })
  }

  /** Whoever was asked before this device was closed. */
  async function watchOn(): Promise<void> {
    for (const { id, handed, ...record } of await sent.all()) {
      const isWaitedFor = handed?.state === 'asked' || handed?.state === 'taken'
      if (isWaitedFor && isOffered({ id, ...record }, clock.nowMs())) {
        watch.begin(id, handed.to, handed.quietSince !== undefined)
      }
    }
  }
  inFault(watchOn())

  const ends = [
    copies.onChange((messageId) => void look(messageId).catch(options.onFault)),
    options.inboxWatchers.add(({ id }) => {
      const from = early.get(id)
      if (from !== undefined && early.delete(id)) carryOut(from, id).catch(options.onFault)
    }),
  ]

  return {
    async ask(record, name) {
      const device = deviceAddress(me.user, name)
      const isOther = device !== me.address && activeDevices(me.opened.list).some((one) => one.name === name)
      if (!isOther)
        throw new Trouble('bad-address', `You have no other device called ${name}.`, {
          todo: 'doorpost devices lists them.',
        })
      if (record.media.length === 0 || !isOffered(record, clock.nowMs())) {
        throw new Trouble('not-available', 'There is nothing of it to give out any more.')
      }
      if (record.acceptedAt === undefined) {
        throw new Trouble('not-available', 'It has not been handed to the server yet. Ask again when it has.')
      }
      const at = new Date(clock.nowMs()).toISOString()
      await sent.step(record.id, { kind: 'hand-over', to: device, at })
      watch.begin(record.id, device)
      // It may have been linked since the message was sent.
      const known = await options.own.get(record.id)
      const facts = known?.message ? [sentNote(known.message, record.acceptedAt)] : []
      await options.tell(device, ...facts, { note: 'hand-over', messageId: record.id })
      await look(record.id)
      const after = (await sent.get(record.id)) ?? record
      return statusOf(after, clock.nowMs())
    },
    async keepHere(record) {
      watch.end(record.id)
      const after = (await sent.step(record.id, { kind: 'kept-here' })) ?? record
      return statusOf(after, clock.nowMs())
    },
    gave: (messageId, to) => watch.stirred(messageId, to),
    async take(from, note) {
      if (splitDevice(from).user !== me.user || from === me.address) return false
      const { messageId } = note
      if (note.note === 'hand-over') {
        carryOut(from, messageId).catch(options.onFault)
        return true
      }
      const { state, detail } = note
      const record = await sent.get(messageId)
      if (record?.handed?.to !== from) return false
      // What it has it has, whatever it said before.
      if (hasAll(record)) return true
      if (state === 'refused') watch.end(messageId)
      else watch.stirred(messageId, from)
      await sent.step(messageId, { kind: 'handed', by: from, state, ...(detail !== undefined && { detail }) })
      return true
    },
    ended(messageId, outcome) {
      if (outcome.kind !== 'failed' && outcome.kind !== 'changed') return
      const { inbox } = options.rooms()
      inbox
        .get(messageId)
        .then(async (found) => {
          if (found?.record.own) await refuse(found.record.from, messageId, outcome.trouble.message)
        })
        .catch(options.onFault)
    },
    stop() {
      for (const end of ends) end()
      watch.stop()
    },
  }
}
