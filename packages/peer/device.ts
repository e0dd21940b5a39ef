// One device of one user, whatever it runs on: puts sending, receiving and people together and answers operations. Disk,
// sockets and processes come in through its options (node/agent.ts).

import { sha256 } from '@noble/hashes/sha2.js'
import { splitDevice } from '@doorpost/protocol/address'
import { isAboutDialling } from '@doorpost/protocol/path-signal'
import { isAmong } from '@doorpost/protocol/preferences'
import { faultEvent } from './device-event.ts'
import { startExpiry } from './expiry.ts'
import { messageChanges, type OnMessageChange } from './device-changes.ts'
import { createDeviceLine } from './device-line.ts'
import { devicePeer } from './device-peer.ts'
import { createDeviceRoom } from './identity/device-room.ts'
import { keepOwnList } from './identity/own-list.ts'
import { unseal } from './identity/seal.ts'
import type { DeviceOptions } from './device-options.ts'
import { createLive, type Live } from './live/live.ts'
import { createOperations } from './operate.ts'
import { type Peer, type SentStatus, Trouble } from './operations.ts'
import type { Caller, Source } from './paths/path.ts'
import { createPathMemory } from './paths/path-memory.ts'
import type { PathDoors } from './paths/webrtc-path.ts'
import { clearAway } from './receive/clear-away.ts'
import { openCollect } from './receive/collect.ts'
import type { RunEnvironment } from './receive/fetch-run.ts'
import { createFetches } from './receive/fetches.ts'
import { openInbox } from './receive/inbox.ts'
import type { InboxRecord } from './receive/inbox-record.ts'
import { takeNote } from './receive/notes.ts'
import { createOnReady } from './receive/on-ready.ts'
import { openMail } from './receive/open-mail.ts'
import { createPlayHeads } from './receive/play-heads.ts'
import { createMediaReader, type MediaReader } from './receive/read-media.ts'
import { createPartsHere } from './receive/parts-here.ts'
import { openSharing } from './receive/sharing.ts'
import { tellReceived } from './receive/tell-received.ts'
import { createTurns } from './receive/turns.ts'
import { announce } from './send/announce.ts'
import { createHandOver } from './send/hand-over.ts'
import { createLinkHandOver } from './send/link-hand-over.ts'
import { createLending } from './send/lend.ts'
import { createTellingNow, noteEntries } from './send/note-entry.ts'
import { openGrants, type Grants } from './send/grants.ts'
import { openOutbox, type Outbox } from './send/outbox.ts'
import { recordSteps } from './send/record-step.ts'
import { sealOutcome } from './send/send.ts'
import { createReceiptsUnderWay } from './send/receipts-under-way.ts'
import { createSentCare } from './send/sent-care.ts'
import { createSentRoom } from './send/sent-room.ts'
import { createPace } from './send/pace.ts'
import { createSource } from './send/serve.ts'
import { createUploads } from './send/uploads.ts'
import { createByItself } from './rules/by-itself.ts'
import { openPreferences } from './rules/preferences.ts'
import { listeners } from './session/listeners.ts'
import { createSettling } from './settle-people.ts'
import { createOwnMessages } from './talk/own-messages.ts'
import { createTalk } from './talk/talk.ts'
import { foundUntil, openersUntil, pausedBy } from './when-over.ts'

/** Media fetched at the same time: one fills most lines; the second hides the gaps between files. */
const FETCHES_AT_ONCE = 2
/** A fetch that nobody asked for and that failed is tried again after this, ms. */
const BY_ITSELF_AGAIN_MS = 5 * 60_000

export interface Device extends AsyncDisposable {
  readonly peer: Peer
  /** What this device gives out, to whoever may have it. */
  readonly source: Source
  /** Who comes by a link, without an account. */
  readonly grants: Pick<Grants, 'meet'>
  /** Whether a device may reach this one by the way it came, before it asks for anything. */
  permit(caller: Caller): Promise<boolean>
  /** Whether the server, and so every mutual contact, may be told where this device is. */
  tellsAddresses(): boolean
  /** A message came or changed its state, a sent one did, or the preferences. The returned function ends it. */
  readonly onChange: OnMessageChange
  /** The user cleared away what was kept of this media. */
  cleared(id: string, root: string): Promise<void>
  /** For players: receive/read-media.ts. */
  readonly readMedia: MediaReader['read']
  /** For screens that show and watch with sources and pictures of their own. */
  readonly live: Pick<Live, 'show' | 'watch' | 'onShown'>
}

export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { store, people, line, me, clock, random, onEvent } = options
  const fault = (where: string) => (error: unknown) => onEvent(faultEvent(where, error))
  const closing = new AbortController()
  const over = options.shutOut?.signal
  const sentWatchers = listeners<SentStatus>()
  const inboxWatchers = listeners<InboxRecord>()
  const sent = createSentRoom(store, clock, sentWatchers)
  const ownList = () => me.opened
  const preferences = await openPreferences({ ...options, ownList, onTrouble: fault('preferences') })

  const noteEntry = noteEntries(clock, random)
  const own = createOwnMessages({ store, clock, me, noteEntry })
  const opening: Promise<Outbox> = openOutbox({
    store,
    clock,
    jitter: () => (random(1)[0] as number) / 255,
    seal: (entry, signal) => sealOutcome(entry, { me, people }, signal),
    announce: (envelope, signal) => announce(line, envelope, signal),
    record: recordSteps({ store, sent, own, outbox: () => opening, onEvent }),
    onFault: fault('outbox'),
  })
  const outbox = await opening

  const receipts = createReceiptsUnderWay()
  const archiveFolder = `${options.home}/archive`
  const care = createSentCare({ ...options, sent, sentWatchers, outbox, preferences, archiveFolder, noteEntry })
  const { tell, triedWithin } = createTellingNow({ ...options, outbox, noteEntry })

  const onReady =
    options.runHook &&
    createOnReady({
      inbox: () => inbox,
      run: options.runHook,
      onExit: (id, exitCode) =>
        onEvent({ event: 'on-ready-ended', level: exitCode === 0 ? 'info' : 'warn', id, exitCode }),
      onFault: fault('on-ready'),
    })
  const byItself = createByItself({
    ...options,
    rooms: () => ({ inbox, fetches }),
    preferences,
    folder: options.fetchInto ?? options.fetchRuledInto,
    byDefault: options.fetchInto === undefined ? 'ask' : 'fetch',
    metered: options.metered ?? false,
    signal: closing.signal,
    onShown: inboxWatchers.tell,
  })
  const fetchByItself = (id: string) => byItself.consider(id).catch(fault('fetch'))
  const inbox = await openInbox({
    store,
    clock,
    me,
    people,
    outgoing: {
      notes: (to, notes) => notes.map((note) => noteEntry(to, note)),
      changesFor: (entries) => outbox.changesFor(entries),
      add(entries, messageId) {
        receipts.add(entries, messageId)
        outbox.add(entries)
      },
    },
    watchers: inboxWatchers,
    isJunk: byItself.isJunk,
    requestsPerDay: () => preferences.now.requestsPerDay,
    fetchesByItself: byItself.wants,
    hooked: onReady !== undefined,
    onStop(id) {
      fetches
        .stop(id)
        .then(() => clearAway(id, { inbox, files: options.files }))
        .catch(fault('clear-away'))
    },
    onDue: (id) => onReady?.due(id),
  })

  const parts = createPartsHere()
  const sharing = await openSharing({
    ...options,
    preferences,
    sent,
    inbox: () => inbox,
    outbox,
    noteEntry: (to, note, expires) => ({ ...noteEntry(to[0] ?? me.user, note), to, expires }),
    partialOf: parts.of,
    onFault: fault('sharing'),
  })
  const online = listeners<void>()
  const environment: RunEnvironment = {
    clock,
    me,
    people,
    permission: sharing.permission,
    copies: sharing.copies,
    parts,
    heads: createPlayHeads(),
    pathMemory: createPathMemory(clock),
    onFault: fault('sources'),
    files: options.files,
    crypto: options.crypto,
    openers: openersUntil(over, options.openers),
    turns: createTurns(FETCHES_AT_ONCE, clock),
    isPriority: byItself.isPriority,
    onLine: (listener) => online.add(listener),
  }
  const fetches = createFetches({
    inbox,
    clock,
    environment,
    onFault: fault('fetch'),
    onDropped(id, { source, fault: { state } }) {
      onEvent({ event: 'source-dropped', level: 'warn', id, source, why: state })
    },
    onUnattended(id, outcome) {
      if (outcome.kind !== 'failed' && outcome.kind !== 'changed') return
      onEvent({ event: 'fetch-ended', level: 'warn', id, code: outcome.trouble.code })
      if (!linkHandOver.ended(id, outcome)) handOver.ended(id, outcome)
      if (outcome.kind === 'failed') clock.after(BY_ITSELF_AGAIN_MS, () => void fetchByItself(id))
    },
  })

  const { isJunk } = byItself
  const playFolder = `${options.home}/playing`
  const reader = createMediaReader({
    ...options,
    inbox,
    fetches,
    environment,
    isJunk,
    playFolder,
    onFault: fault('play'),
  })
  const collect = await openCollect({
    store,
    line,
    clock,
    hash: sha256,
    open: (envelope, signal) => openMail(envelope, { me, people, unseal, nowMs: clock.nowMs(), signal }),
    async takeMessage(message, messageHash, from, also, acceptedAt) {
      const taken = await inbox.takeIn(message, messageHash, from, also, acceptedAt)
      if (taken === 'taken-in') {
        onEvent({ event: 'message-taken-in', level: 'info', id: message.id, from: message.from })
        void fetchByItself(message.id)
      }
      return taken
    },
    takeNote: (note, from, also) =>
      takeNote(note, from, also, {
        store,
        me,
        people,
        sent,
        inbox,
        takeCopyOrOpen: sharing.takeNote,
        takePath: (by, note) => (isAboutDialling(note) ? options.dialMe : options.webrtc)?.take(by, note),
        takeLend: (by, note) => lending.take(by, note),
        takeHandOver: (by, note) => handOver.take(by, note),
        takeLink: (by, note) => linkHandOver.take(by, note),
        takeTalk: (...taken) => talk.takeNote(...taken),
        takeLive: (...taken) => live.takeNote(...taken),
      }),
    onRefused(reason, { id, from }) {
      // An answer to what a restart has ended is no suspicion of anybody.
      const level = reason === 'note-fits-nothing' ? 'info' : 'warn'
      onEvent({ event: 'mail-not-believed', level, reason, id, from })
    },
    onFault: fault('collect'),
  })

  const handOver = createHandOver({
    ...options,
    own,
    sent,
    rooms: () => ({ inbox, fetches }),
    inboxWatchers,
    copies: sharing.copies,
    tell,
    onFault: fault('hand-over'),
  })
  const lending = createLending({
    ...options,
    tell: async (to, note) => outbox.add([noteEntry(to, note)]),
    send: (draft) => operations.send(draft, { signal: closing.signal, onProgress() {} }),
    onFault: fault('lending'),
  })
  const talk = createTalk({
    ...options,
    own,
    sent,
    inbox,
    outbox,
    preferences,
    inboxWatchers,
    sentWatchers,
    noteEntry,
    isJunk: byItself.isJunk,
    send: (draft, context) => operations.send(draft, context),
    onFault: fault('talk'),
  })
  const live = await createLive({
    ...options,
    platform: options.livePlatform ?? {},
    polls: options.pollEveryMs !== undefined,
    permission: sharing.permission,
    tell(to, note) {
      // Kept in memory alone: after a crash nobody watches.
      const entry = noteEntry(to, note)
      outbox.add([entry])
      return { handedIn: outbox.tried(entry.id) }
    },
    onFault: fault('live'),
  })
  const uploads = createUploads({
    clock,
    write: (id, bytes) => sent.step(id, { kind: 'uploaded', bytes }),
    onFault: fault('uploads'),
  })
  const grants = await openGrants({
    ...options,
    hidesFrom: (address) => isAmong(preferences.now.tunnelOnly, address),
    source: () => source,
    onFault: fault('links'),
  })
  const served = createSource({
    find: foundUntil(
      over,
      async (caller, media) =>
        (await grants.find(caller, media)) ??
        (await grants.findFor(caller, media, () => sharing.permission.mayHave(caller))) ??
        (await sharing.find(caller, media)),
    ),
    open: (path) => options.files.open(path),
    crypto: options.crypto,
    clock,
    pace: createPace(clock, () => preferences.now.serve.bytesPerSecond),
    onServed(caller, { messageId }, bytes) {
      uploads.add(messageId, bytes, caller.address.split('/')[0] ?? '')
      handOver.gave(messageId, caller.address)
    },
    onTrouble(caller, media, trouble) {
      sharing.trouble(media, trouble)
      onEvent({ event: 'cannot-serve', level: 'warn', id: media.messageId, to: caller.address, why: trouble.name })
    },
  })
  const source = { ...served, offered: grants.offered }
  const linkHandOver = createLinkHandOver({
    ...options,
    grants,
    rooms: () => ({ inbox, fetches }),
    inboxWatchers,
    tell,
    onFault: fault('links'),
  })

  const doors: PathDoors = {
    // Kept in memory alone: after a crash nobody waits for it.
    say: (to, note) => outbox.add([noteEntry(to, note)]),
    admits: sharing.permission.admits,
    source,
  }
  options.webrtc?.begin(doors)
  options.dialMe?.begin(doors)

  const settle = createSettling({ people, inbox, outbox, collect, byItself, signal: closing.signal })

  const devices = createDeviceRoom({
    ...options,
    own: options.own ?? keepOwnList(store, me),
    tell,
    sealAgain: () => preferences.sync().catch(deviceLine.unlessLine('preferences')),
    onTrouble: fault('devices'),
  })

  const deviceLine = createDeviceLine({
    ...options,
    closing: closing.signal,
    collect,
    outbox,
    preferences,
    devices,
    sharing,
    grants,
    onOnline: online.tell,
    fault,
  })

  // Nobody else has this home: what was being fetched is not any more.
  for (const { id, standing, hook } of await inbox.records()) {
    if (standing.state === 'fetching') await inbox.step(id, { kind: 'reopened' })
    if (hook === 'due') onReady?.due(id)
  }
  const stopExpiry = await startExpiry({
    ...options,
    inbox,
    sent,
    rooms: [
      care.tend,
      grants.expire,
      sharing.expire,
      talk.tend,
      collect.expire,
      () => {
        const wanted = () => preferences.now.tellReceived === 'on'
        void tellReceived({ ...options, wanted }).catch(deviceLine.unlessLine('figures'))
      },
    ],
    onFault: fault('expire'),
  })
  const ends = [
    devices.stop,
    talk.stop,
    handOver.stop,
    linkHandOver.stop,
    inboxWatchers.add(sharing.changed),
    people.onChange((user) => {
      settle(user)
        .then(() => byItself.moved(user))
        .catch(fault('settle'))
    }),
    preferences.onChange((now, before) => void byItself.follow(now, before).catch(fault('rules'))),
    deviceLine.stop,
  ]
  deviceLine.follow()
  const bySender = Map.groupBy(await inbox.records(), ({ from }) => splitDevice(from).user)
  for (const { address } of await people.list()) await settle(address, bySender.get(address) ?? [])
  if (options.stays) await fetches.resume()
  pausedBy(over, fetches)
  void care.resume().catch(fault('retention'))
  deviceLine.begin()

  const operations = createOperations({
    ...options,
    preferences,
    isJunk: byItself.isJunk,
    sent,
    outbox,
    inbox,
    fetches,
    collect,
    environment,
    sentWatchers,
    inboxWatchers,
    uploads,
    care,
    lending,
    grants,
    handOver,
    linkHandOver,
    talk,
    live,
    source,
    devices,
    tell,
    async receiptsLeft(messageId, ms) {
      const outcomes = await triedWithin(receipts.of(messageId), ms)
      return outcomes?.every(({ kind }) => kind === 'accepted' || kind === 'gone') ? 'sent' : 'queued'
    },
  })

  return {
    source,
    grants,
    permit: sharing.permission.admits,
    tellsAddresses: () => preferences.now.tunnelOnly.length === 0,
    onChange: messageChanges({ inboxWatchers, sentWatchers, preferences, talk, grants }),
    cleared: inbox.cleared,
    readMedia: reader.read,
    live,
    peer: devicePeer({ ...options, operations, closing: closing.signal }),
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return
      closing.abort(new Trouble('cancelled', 'The device is closing.'))
      for (const end of ends) end()
      stopExpiry()
      await live[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
      await fetches[Symbol.asyncDispose]()
      await sharing[Symbol.asyncDispose]()
      await collect[Symbol.asyncDispose]()
      await onReady?.[Symbol.asyncDispose]()
      await care[Symbol.asyncDispose]()
      await outbox[Symbol.asyncDispose]()
      await served.close()
      await uploads.flush()
      await preferences[Symbol.asyncDispose]()
    },
  }
}
