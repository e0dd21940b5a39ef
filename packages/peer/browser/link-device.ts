// What a link's browser has in place of a device: one message in an inbox of its own, fetched, played and kept by the same parts as
// anybody's, from the link's sender alone; through the tunnel alone, unless its sender and the person here both agreed to more. No account,
// no contacts, nothing sent but requests.

import type { Identity } from '../identity/identity-record.ts'
import { Refusal } from '@doorpost/protocol/errors'
import type { SignedMessage } from '@doorpost/protocol/signed-message'
import { hashOfSigned } from '@doorpost/protocol/signature'
import { asTrouble } from '../as-trouble.ts'
import { systemClock } from '../clock.ts'
import { type DeviceEvent, faultEvent } from '../device-event.ts'
import { type OperationName, type Operations, type Peer, type Progress, Trouble } from '../operations.ts'
import { createPathMemory } from '../paths/path-memory.ts'
import type { Between } from '../paths/permitted.ts'
import { createTunnelHttp } from '../paths/tunnel-http.ts'
import type { ConnectRtc } from '../paths/webrtc-connection.ts'
import { createIceServers } from '../paths/webrtc-ice.ts'
import { systemRandom } from '../random.ts'
import { clearAway } from '../receive/clear-away.ts'
import { createFetches } from '../receive/fetches.ts'
import type { RunEnvironment } from '../receive/fetch-run.ts'
import { get } from '../receive/get.ts'
import { openInbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import { createPartsHere } from '../receive/parts-here.ts'
import { createPlayHeads } from '../receive/play-heads.ts'
import { createMediaReader, type MediaReader } from '../receive/read-media.ts'
import { stream } from '../receive/stream.ts'
import { createTurns } from '../receive/turns.ts'
import { listeners } from '../session/listeners.ts'
import type { Store } from '../store/store.ts'
import type { HeldLink } from './link-grant.ts'
import type { LinkAddresses } from './contract.ts'
import { createLinkPaths } from './link-paths.ts'
import { createLinkWebrtc } from './link-webrtc.ts'
import type { OpfsFiles } from './opfs-files.ts'
import { createWebPieceCrypto } from './web-crypto.ts'

/** Media fetched at the same time, as on any device. */
const FETCHES_AT_ONCE = 2
/** The sender is told again after this what they were not told, ms. */
const TELL_AGAIN_MS = 30_000
/** While its device is away, how the link stands is asked this often at most, ms. */
const LOOK_AGAIN_MS = 10_000
/** How often it is written how much of a media is here, ms. */
const NOTE_EVERY_MS = 2_000
/** Longest delay of a timer, ms (2^31 - 1, what runtimes take). */
const TIMER_MAX_MS = 2_147_483_647

/** Room `grants` of this link's own store: whether the person here shows their network address. */
const SHOWN = 'shown'

export interface LinkDevice extends AsyncDisposable {
  /** `inbox` (the one message), `get`, `get.stream`, `pause`. Everything else is Trouble `not-available`. */
  readonly peer: Pick<Peer, 'do'>
  readonly readMedia: MediaReader['read']
  readonly addresses: LinkAddresses
  /** Kept for this link. Throws Trouble `not-available` where there is nothing to agree to. */
  showAddress(isShown: boolean): Promise<void>
}

export interface LinkDeviceOptions {
  readonly held: HeldLink
  readonly store: Store
  readonly files: OpfsFiles
  /** Absent in browsers without peer connections. */
  readonly connect?: ConnectRtc | undefined
  onChange(): void
  onEvent(event: DeviceEvent): void
  /** Another browser was first: nothing comes any more. */
  onTaken(): void
}

export async function openLinkDevice(options: LinkDeviceOptions): Promise<LinkDevice> {
  const { held, store, files, onEvent } = options
  const { grant, address, browser, content } = held
  const clock = systemClock
  const random = systemRandom
  const crypto = createWebPieceCrypto()
  const closing = new AbortController()
  const fault = (where: string) => (error: unknown) => onEvent(faultEvent(where, error))
  const people = {
    recall: async () => held.sender,
    resolve: async () => ({ kind: 'known' as const, person: held.sender }),
    onChange: () => () => {},
  }
  const none = () => () => {}
  const user = address.slice(0, address.indexOf('/')) as Identity['user']
  // As far as an inbox asks: whose receipts it makes, which nobody is given.
  const me = { user, address, deviceKey: browser, opened: held.sender.opened } as Identity
  const watchers = listeners<InboxRecord>()
  const endChanges = watchers.add(() => options.onChange())

  const inbox = await openInbox({
    store,
    clock,
    me,
    people,
    outgoing: { notes: () => [], changesFor: () => [], add: () => {} },
    watchers,
    isJunk: () => false,
    requestsPerDay: () => 0,
    fetchesByItself: () => false,
    hooked: false,
    onStop(id) {
      fetches
        .stop(id)
        .then(() => clearAway(id, { inbox, files }))
        .catch(fault('clear-away'))
    },
    onDue: () => {},
  })

  const proved = listeners<void>()
  const http = createTunnelHttp({ origin: held.origin, token: (signal, refused) => held.line.token(signal, refused) })
  const paths = await createLinkPaths({
    held,
    http,
    store,
    crypto,
    clock,
    random,
    onRefused: (by) => void look(by === 'source').catch(fault('link')),
    onProved: () => proved.tell(),
  })
  const { connect } = options
  const openers = [paths.opener]
  // Its sender agreed already, by signing the grant.
  if (connect && grant.opens) {
    const webrtc = createLinkWebrtc({
      connect,
      iceServers: createIceServers({ line: held.line, origin: held.origin, clock }),
      // What the page calls localhost may be any machine to its network.
      serverOnLoopback: false,
      clock,
      link: held.link,
      id: grant.id,
      browser,
      random,
      proved: paths.proved,
      ask: paths.offer,
    })
    // Where it is given out now, wherever the message says it came from.
    openers.unshift({ kind: 'webrtc', open: (_target, signal) => webrtc.open(paths.target(), signal) })
  }
  const canShow = openers.length > 1
  let isShown = canShow && (await store.get<boolean>('grants', SHOWN)) === true
  const shownChanges = listeners<void>()
  const between = async (): Promise<Between> => ({
    tie: 'named',
    blocked: false,
    tunnelOnly: !isShown,
    bothOpened: isShown,
  })
  const environment: RunEnvironment = {
    clock,
    me: { user, address },
    people,
    permission: { between, onChange: (listener) => shownChanges.add(listener) },
    copies: { of: () => [], onChange: none },
    parts: createPartsHere(),
    heads: createPlayHeads(),
    pathMemory: createPathMemory(clock),
    onFault: fault('sources'),
    files,
    crypto,
    openers,
    turns: createTurns(FETCHES_AT_ONCE, clock),
    isPriority: () => false,
    onLine: (listener) => proved.add(listener),
  }
  const fetches = createFetches({
    inbox,
    clock,
    environment,
    onFault: fault('fetch'),
    onDropped: (id, { source, fault: { state } }) =>
      onEvent({ event: 'source-dropped', level: 'warn', id, source, why: state }),
    onUnattended: () => {},
  })
  const reader = createMediaReader({
    inbox,
    fetches,
    files,
    environment,
    clock,
    isJunk: () => false,
    playFolder: '/playing',
    onFault: fault('play'),
  })
  const { id } = grant

  /** How the link stands at the server. `refused`: its source gives nothing, so that where it is open it is another browser's. */
  let isAsking = false
  async function look(refused: boolean): Promise<void> {
    if (isAsking || closing.signal.aborted) return
    isAsking = true
    try {
      const before = held.serving.address
      const standing = await held.standing()
      if (standing === 'open') {
        // Its sender handed it to another device of theirs: that one is asked at once.
        if (held.serving.address !== before) proved.tell()
        else if (refused) options.onTaken()
        return
      }
      if (standing === 'revoked')
        await inbox.learn(id, { gone: { reason: 'withdrawn', at: new Date(clock.nowMs()).toISOString() } })
      else await inbox.step(id, { kind: 'ran-out' })
    } catch (error) {
      // The server is away, or busy: the next refusal asks again.
      if (!(error instanceof Trouble) && !(error instanceof Refusal)) throw error
    } finally {
      isAsking = false
    }
  }

  let lookedAtMs = Number.NEGATIVE_INFINITY
  /** While it waits for its sender's device, that may be theirs no more. */
  const endLooking = watchers.add(({ standing }) => {
    if (standing.state !== 'scheduled' || clock.nowMs() - lookedAtMs < LOOK_AGAIN_MS) return
    lookedAtMs = clock.nowMs()
    void look(false).catch(fault('link'))
  })

  let cancelTell = () => {}
  let telling: Promise<void> = Promise.resolve()
  function tellStored(): void {
    cancelTell()
    telling = telling
      .then(async () => {
        if (closing.signal.aborted) return
        const record = (await inbox.get(id))?.record
        const roots = record?.media.flatMap(({ root, path }) => (path === undefined ? [] : [root])) ?? []
        if (roots.length === 0) return
        if (!(await paths.tellStored(roots))) cancelTell = clock.after(TELL_AGAIN_MS, tellStored)
      })
      .catch(fault('tell'))
  }
  const endTelling = watchers.add(({ media }) => {
    if (media.some(({ path }) => path !== undefined)) tellStored()
  })

  let cancelNote = () => {}
  /** A page may go at any moment: what is told of its part after that is what was written last. */
  async function noteParts(): Promise<void> {
    const record = (await inbox.get(id))?.record
    if (record?.standing.state === 'fetching') await inbox.step(id, { kind: 'began' })
    if (!closing.signal.aborted) cancelNote = clock.after(NOTE_EVERY_MS, () => void noteParts().catch(fault('note')))
  }

  let cancelEnd = () => {}
  function untilEnd(): void {
    const leftMs = Date.parse(grant.expires) - clock.nowMs()
    if (leftMs <= 0) void inbox.step(id, { kind: 'ran-out' }).catch(fault('expire'))
    else cancelEnd = clock.after(Math.min(leftMs + 1, TIMER_MAX_MS), untilEnd)
  }

  const { from, fromAccount, date, expires, head } = grant
  // As it is given out now; once it is here it stays as it came.
  const opened = held.serving.address
  const given = grant.content.media.map((handle) => ({ ...handle, sources: [opened] }))
  const said = { ...grant.content, media: given }
  const message: SignedMessage = {
    v: 1,
    id,
    from,
    fromAccount,
    to: [{ address: user, accountKey: fromAccount, seen: head }],
    date,
    expires,
    head,
    content: said,
  }
  await inbox.takeIn(message, hashOfSigned(content.grant), held.sender, [])
  for (const { standing } of await inbox.records()) {
    if (standing.state === 'fetching') await inbox.step(id, { kind: 'reopened' })
  }
  untilEnd()
  await fetches.resume()
  tellStored()
  void noteParts().catch(fault('note'))
  void look(false).catch(fault('link'))

  const asked = {
    inbox,
    fetches,
    environment,
    files,
    clock,
    isJunk: () => false,
    refresh: async () => {},
    receipts: async () => 'queued' as const,
  }
  /** Handed over since this page was opened, it comes from another device than the message says: one gives it out at every moment. */
  const named = (source: string): string => (source === opened ? held.serving.address : source)
  const toldNow = (progress: Progress): Progress =>
    progress.kind === 'fetching'
      ? {
          ...progress,
          source: named(progress.source),
          ...(progress.serving && {
            serving: progress.serving.map((one) => ({ ...one, source: named(one.source) })),
          }),
        }
      : progress
  const operations: {
    [Name in OperationName]?: (
      args: Operations[Name]['args'],
      context: Parameters<typeof get>[1],
    ) => Promise<Operations[Name]['result']>
  } = {
    inbox: () => inbox.entries(),
    get: (args, context) => get(args, context, asked),
    'get.stream': (args, context) => stream(args, context, asked),
    async pause(args) {
      await fetches.stop(args.id)
      const entry = await inbox.entry(args.id)
      if (!entry) throw new Trouble('no-such-message', 'There is no such message here.')
      return entry
    },
  }

  return {
    readMedia: reader.read,
    get addresses() {
      return canShow ? (isShown ? 'shown' : 'hidden') : 'not-offered'
    },
    async showAddress(shown) {
      if (!canShow) throw new Trouble('not-available', 'Its sender gives this link out through the server alone.')
      await store.write([{ put: 'grants', key: SHOWN, value: shown }])
      isShown = shown
      shownChanges.tell()
      options.onChange()
    },
    peer: {
      async do<Name extends OperationName>(
        name: Name,
        args: Operations[Name]['args'],
        { onProgress = () => {}, signal }: Parameters<Peer['do']>[2] = {},
      ): Promise<Operations[Name]['result']> {
        const until = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
        const operation = operations[name]
        if (!operation) throw new Trouble('not-available', 'That needs an account.')
        try {
          return await operation(args, { signal: until, onProgress: (progress) => onProgress(toldNow(progress)) })
        } catch (error) {
          throw asTrouble(error, until)
        }
      },
    },
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return
      closing.abort(new Trouble('cancelled', 'The page is closing.'))
      cancelEnd()
      cancelTell()
      cancelNote()
      endChanges()
      endTelling()
      endLooking()
      await reader[Symbol.asyncDispose]()
      await fetches[Symbol.asyncDispose]()
      await telling
    },
  }
}
