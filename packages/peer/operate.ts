// The operations of operations.ts, one row each: what a running device does when it is asked.

import { isSettled, statusOf, type SentRecord } from './send/sent.ts'
import type { Outbox } from './send/outbox.ts'
import { outboxKey } from './send/outbox-entry.ts'
import { offerDrops } from './send/offered.ts'
import { send } from './send/send.ts'
import type { HandOver } from './send/hand-over.ts'
import type { Grants } from './send/grants.ts'
import type { LinkHandOver } from './send/link-hand-over.ts'
import { linkOperations } from './send/link-operations.ts'
import type { Lending } from './send/lend.ts'
import { makeRangeLinks } from './send/range-links.ts'
import type { SentCare } from './send/sent-care.ts'
import { watchAndSend } from './send/watch.ts'
import type { SentRoom } from './send/sent-room.ts'
import type { Uploads } from './send/uploads.ts'
import { type RefusalCode, refusals } from '@doorpost/protocol/errors'
import type { Note } from '@doorpost/protocol/note'
import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { OutboxEntry } from './send/outbox-entry.ts'
import {
  addContact,
  blockContact,
  finger,
  invite,
  listContacts,
  removeContact,
  unblockContact,
} from './contact-operations.ts'
import { untilAborted } from './aborted.ts'
import type { DeviceOptions } from './device-options.ts'
import type { DeviceRoom } from './identity/device-room.ts'
import { shutOutSentence } from './catalogue/shut-out.ts'
import { troubleSentence } from './catalogue/en.ts'
import { exportDevice, MOVED } from './identity/export.ts'
import { createAdminOperations } from './admin/operations.ts'
import { examine } from './doctor.ts'
import { type OperationName, type Operations, type Progress, type SentStatus, Trouble } from './operations.ts'
import type { Source } from './paths/path.ts'
import { decrypt } from './receive/decrypt.ts'
import type { Collect } from './receive/collect.ts'
import type { RunEnvironment } from './receive/fetch-run.ts'
import type { Fetches } from './receive/fetches.ts'
import { findId, get, PREFIX_LENGTH_MIN } from './receive/get.ts'
import { stream } from './receive/stream.ts'
import type { Inbox } from './receive/inbox.ts'
import type { InboxRecord } from './receive/inbox-record.ts'
import { checkedPreferences, type PreferencesRoom } from './rules/preferences.ts'
import { isAmong } from '@doorpost/protocol/preferences'
import { edited } from './rules/edit-preferences.ts'
import { hiddenAs, shown } from './rules/shelf.ts'
import type { Listeners } from './session/listeners.ts'
import type { Live } from './live/live.ts'
import type { Talk } from './talk/talk.ts'

/** How long an answer waits for the server to tell the newest, ms; without it, what is known here is told. */
const REFRESH_MS = 5_000
/** How long `get` waits for its receipt to leave, ms. */
const RECEIPT_MS = 3_000
/** Key in the room `settings`. */
const SHARE = 'share'
/** Longest delay of a timer, ms (2^31 - 1, what runtimes take). */
const TIMER_MAX_MS = 2_147_483_647

interface OperateOptions extends DeviceOptions {
  readonly sent: SentRoom
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly fetches: Fetches
  readonly collect: Collect
  readonly devices: DeviceRoom
  readonly preferences: PreferencesRoom
  isJunk(user: UserAddress): boolean
  readonly environment: RunEnvironment
  readonly sentWatchers: Listeners<SentStatus>
  readonly inboxWatchers: Listeners<InboxRecord>
  /** Bytes given out that are not written down yet. */
  readonly uploads: Uploads
  readonly care: SentCare
  readonly lending: Lending
  readonly grants: Grants
  readonly handOver: Pick<HandOver, 'ask' | 'keepHere'>
  readonly linkHandOver: Pick<LinkHandOver, 'ask'>
  readonly talk: Pick<Talk, 'operations'>
  readonly live: Pick<Live, 'operations'>
  readonly source: Source
  tell(to: UserAddress, note: Note): Promise<void>
  receiptsLeft(messageId: string, ms: number): Promise<'sent' | 'queued'>
}

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

/** What a device does for each operation. Throws whatever: device-peer.ts makes a Trouble of it. */
export type OperationTable = {
  [Name in OperationName]: (args: Operations[Name]['args'], context: Context) => Promise<Operations[Name]['result']>
}

export function createOperations(options: OperateOptions): OperationTable {
  const { store, people, line, me, clock, sent, outbox, inbox, fetches, collect } = options
  const nowMs = () => clock.nowMs()

  /** For a device that lives for one command, and on request: what the server has is taken in before anything is told. */
  async function refresh(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(REFRESH_MS, resolve)
    // What keeps the server from answering is told by `whoami` and `doctor`.
    const swept = Promise.allSettled([collect.sweep(), people.refresh(), options.preferences.sync()])
    try {
      await Promise.race([swept, promise])
    } finally {
      cancel()
    }
    signal.throwIfAborted()
  }
  const refreshIfBrief = async (signal: AbortSignal) => {
    if (!options.stays || options.pollEveryMs !== undefined) await refresh(signal)
  }

  async function sentRecord(what: string): Promise<SentRecord> {
    const whole = await sent.get(what)
    if (whole) return whole
    const [first, second] =
      what.length < PREFIX_LENGTH_MIN ? [] : (await sent.all()).filter(({ id }) => id.startsWith(what))
    if (first && !second) return first
    const shown = what.replace(/\p{C}/gu, '').slice(0, 40)
    const detail = second ? `Several messages begin with "${shown}".` : `No message "${shown}" was sent from here.`
    throw new Trouble('no-such-message', detail)
  }

  async function inboxId(what: string): Promise<string> {
    const id = await findId(what, inbox)
    if (id !== undefined) return id
    throw new Trouble('no-such-message', `There is no message "${what.replace(/\p{C}/gu, '').slice(0, 40)}" here.`)
  }

  return {
    async whoami() {
      return {
        address: me.user,
        device: me.device,
        fingerprint: me.fingerprint,
        server: me.origin,
        home: options.home,
        agent: options.stays,
        online: line.state === 'online',
        share: (await store.get<string>('settings', SHARE)) ?? 'all',
        ...refusedBy(options),
      }
    },

    send: async (draft, context) =>
      (await options.lending.ask(draft, context)) ?? (await send(draft, context, options)),
    async 'send.wait'({ id }, { signal, onProgress }) {
      const record = await sentRecord(id)
      const settled = await waitUntilSettled(record, signal, onProgress, options)
      await untilStopped(options.care.settled(record.id), signal)
      const after = await sent.get(record.id)
      return after ? statusOf(after, nowMs()) : settled
    },
    'send.watch': (args, context) =>
      watchAndSend(args, context, {
        ...options,
        send: (draft, extras) => send(draft, context, options, extras),
      }),
    async 'send.withdraw'({ id }) {
      const record = await sentRecord(id)
      const waiting = (await store.all<OutboxEntry>('outbox')).find(({ value }) => value.id === record.id)
      // Forgotten first, so that nothing puts it back behind the drop.
      outbox.forget(record.id)
      const drops = waiting ? [{ drop: 'outbox' as const, key: outboxKey(waiting.value) }] : []
      const at = new Date(nowMs()).toISOString()
      const notes = options.care.goneNotes(record, 'withdrawn')
      const also = [...drops, ...offerDrops(record), ...notes.changes]
      const after = await sent.step(record.id, { kind: 'withdrawn', at }, also)
      notes.add()
      return statusOf(after ?? record, nowMs())
    },
    'send.handOver': async ({ id, device }) => await options.handOver.ask(await sentRecord(id), device),
    'send.keepHere': async ({ id }) => await options.handOver.keepHere(await sentRecord(id)),
    async 'ranges.link'(args, { signal }) {
      const id = (await sent.get(args.id))?.id ?? (await findId(args.id, inbox)) ?? (await sentRecord(args.id)).id
      return await makeRangeLinks({ ...args, id }, signal, options)
    },
    async decrypt(args, context) {
      return await decrypt({ ...args, id: await inboxId(args.id) }, context, options)
    },
    async status({ id }, { signal }) {
      await refreshIfBrief(signal)
      await options.uploads.flush()
      const record = await sentRecord(id)
      return statusOf(record, nowMs(), options.uploads.given(record.id))
    },
    async sent(_args, { signal }) {
      await refreshIfBrief(signal)
      await options.uploads.flush()
      return (await sent.all()).map((record) => statusOf(record, nowMs(), options.uploads.given(record.id)))
    },

    async inbox({ show = 'inbox' as const }, { signal }) {
      await refreshIfBrief(signal)
      const blocked = new Set((await people.list()).flatMap((one) => (one.blocked ? [one.address] : [])))
      return (await inbox.entries()).flatMap((entry) => {
        const from = entry.from as UserAddress
        const hidden = hiddenAs(entry, { isJunk: options.isJunk(from), isBlocked: blocked.has(from) })
        return shown(show, hidden) ? [{ ...entry, ...(hidden !== undefined && { hidden }) }] : []
      })
    },
    async 'inbox.watch'(_args, { signal, onProgress }) {
      const { promise: failed, reject } = Promise.withResolvers<never>()
      // In the order of the changes, though each entry is read from the disk.
      let last: Promise<void> = Promise.resolve()
      const end = options.inboxWatchers.add((record) => {
        last = last.then(async () => {
          const entry = await inbox.entry(record.id, record)
          const { user } = splitDevice(record.from)
          const sender = { isJunk: options.isJunk(user), isBlocked: (await people.recall(user))?.blocked === true }
          if (!entry || !shown('inbox', hiddenAs(entry, sender))) return
          if (!signal.aborted) onProgress({ kind: 'inbox', entry })
        })
        last.catch(reject)
      })
      try {
        return await untilAborted(failed, signal)
      } finally {
        end()
      }
    },
    async get(args, context) {
      const receipts = (id: string) => options.receiptsLeft(id, RECEIPT_MS)
      return await get(args, context, { ...options, refresh, receipts })
    },
    async 'get.stream'(args, context) {
      const receipts = (id: string) => options.receiptsLeft(id, RECEIPT_MS)
      return await stream(args, context, { ...options, refresh, receipts })
    },
    async pause({ id }) {
      const whole = await inboxId(id)
      await options.fetches.stop(whole)
      const entry = await inbox.entry(whole)
      if (!entry) throw new Trouble('no-such-message', 'There is no such message here.')
      return entry
    },
    async refuse({ id }) {
      const whole = await inboxId(id)
      const record = await inbox.step(whole, { kind: 'refused' })
      if (record?.standing.state !== 'refused') {
        throw new Trouble('not-available', 'It is here already, or its time is over: there is nothing to decline.')
      }
      const entry = await inbox.entry(whole)
      if (!entry) throw new Trouble('no-such-message', 'There is no such message here.')
      return entry
    },

    ...linkOperations(options),
    ...options.devices.operations,
    ...createAdminOperations(options),
    ...options.talk.operations,
    ...options.live.operations,
    async conversations(args, context) {
      await refreshIfBrief(context.signal)
      return await options.talk.operations.conversations(args, context)
    },
    async conversation(args, context) {
      await refreshIfBrief(context.signal)
      return await options.talk.operations.conversation(args, context)
    },
    finger: ({ address }, { signal }) => finger(address, signal, options),
    async 'contacts.list'(_args, { signal }) {
      await refreshIfBrief(signal)
      const lines = await listContacts(people)
      // Junk senders may ask: nobody is told.
      return lines.flatMap((line) => {
        const address = line.address as UserAddress
        if (options.isJunk(address)) return line.state === 'asks' ? [] : [{ ...line, preferred: 'junk' as const }]
        return isAmong(options.preferences.now.priority, address) ? [{ ...line, preferred: 'first' as const }] : [line]
      })
    },
    'contacts.add': (args) => addContact(args, options),
    'contacts.remove': ({ address }) => removeContact(address, options),
    'contacts.block': ({ address }) => blockContact(address, options),
    'contacts.unblock': ({ address }) => unblockContact(address, options),
    'contacts.invite': ({ lifetimeMs }) => invite(lifetimeMs, people),
    async 'presence.share'({ share }, { signal }) {
      const body = { online: true, addresses: options.networkAddresses(), share }
      await line.call('SEND', '/presence', { body, signal })
      await store.write([{ put: 'settings', key: SHARE, value: share }])
      return { share }
    },

    async prefs(_args, { signal }) {
      await refreshIfBrief(signal)
      return options.preferences.now
    },
    async 'prefs.change'({ edits }, { signal }) {
      await options.preferences.change((now) =>
        edits.reduce((so, edit) => checkedPreferences(edited(so, edit, me.user)), now),
      )
      await refreshIfBrief(signal)
      return options.preferences.now
    },

    async doctor(_args, { signal }) {
      const figures = { outboxSize: outbox.size, fetchesRunning: fetches.running, refusedMail: collect.refused }
      const checks = await examine({ ...options, ...figures, networkAddresses: options.networkAddresses(), signal })
      return { checks }
    },
    async export({ file, passphrase, move }) {
      if (!options.saveFile) throw new Trouble('not-available', 'This device cannot write files.')
      const { bytes } = await exportDevice({ store, me, passphrase, nowMs: nowMs() })
      await options.saveFile(file, bytes)
      if (move) {
        await store.write([{ put: 'settings', key: MOVED, value: new Date(nowMs()).toISOString() }])
        options.onStop()
      }
      return { file, sizeBytes: bytes.length }
    },
    async stop() {
      options.onStop()
      return {}
    },
  }
}

/** Nothing of a line that only broke, or of a refusal that time mends. */
function refusedBy({
  line: { state, trouble },
  shutOut,
  me,
}: Pick<DeviceOptions, 'line' | 'shutOut' | 'me'>): Pick<Operations['whoami']['result'], 'refused'> {
  const { facts } = shutOut ?? {}
  // Once it is over for good it does not matter whether the server can be reached.
  const isOver = shutOut?.signal.aborted === true
  if (!isOver && (!trouble || state === 'online' || !Object.hasOwn(refusals, trouble.code))) return {}
  const code = isOver ? 'login-refused' : (trouble?.code as RefusalCode)
  if (refusals[code].again !== 'never') return {}
  const isKnown = facts !== undefined && code === 'login-refused'
  const { says, todo } = isKnown
    ? shutOutSentence(facts, me.user)
    : troubleSentence({ code, ...(trouble && { detail: trouble.detail }) })
  const message = todo === undefined ? says : `${says} ${todo}`
  return { refused: { code, message, ...(isKnown && facts) } }
}

/** Until it is done, or nobody waits any more: it goes on by itself. */
async function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = () => resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (!signal.aborted) await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function waitUntilSettled(
  record: SentRecord,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
  { sent, sentWatchers, clock }: OperateOptions,
): Promise<SentStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<SentStatus>()
  const look = async () => {
    const now = await sent.get(record.id)
    if (now && isSettled(now, clock.nowMs())) resolve(statusOf(now, clock.nowMs()))
  }
  let cancel = () => {}
  const lookAtTheEnd = () => {
    const leftMs = Date.parse(record.expires) - clock.nowMs() + 1
    if (leftMs > 0) cancel = clock.after(Math.min(leftMs, TIMER_MAX_MS), lookAtTheEnd)
    else look().catch(reject)
  }
  const end = sentWatchers.add((status) => {
    if (status.id !== record.id) return
    onProgress({ kind: 'sent', status })
    look().catch(reject)
  })
  const abort = () => reject(new Trouble('cancelled', 'Stopped waiting. The message stays as it is.'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) abort()
    lookAtTheEnd()
    await look()
    return await promise
  } finally {
    end()
    cancel()
    signal.removeEventListener('abort', abort)
  }
}
