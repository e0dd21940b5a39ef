// Live pictures of a device: what it shows and what it watches, who is let in, and what the server and other devices say about it. One
// broadcast is broadcast.ts's, one watching watching.ts's.

import { type DeviceAddress, deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import { type LiveCapacity, type LiveFormat, liveListSchema } from '@doorpost/protocol/live/control'
import type { PictureCodec } from '@doorpost/protocol/live/picture-codec'
import type { LiveKeyNote, LivePathNote, Note } from '@doorpost/protocol/note'
import { userOf } from '../contact-operations.ts'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { ShutOut } from '../identity/shut-out.ts'
import { type Progress, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Permission } from '../send/permission.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import type { Store } from '../store/store.ts'
import { type Broadcast, createBroadcast } from './broadcast.ts'
import type { LiveOperations, CapacityNow, LiveShowing, LiveStanding, LiveWatching } from './contract.ts'
import { filling } from './filling.ts'
import type { ConnectFrames } from './frame-connection.ts'
import { createKeyRing } from './key-ring.ts'
import type { LivePaths, ProvedDevice } from './live-paths.ts'
import { openLivePeople } from './live-people.ts'
import type { LiveMedia, LiveSink } from './media.ts'
import { mutable, type MutableSource } from './mutable.ts'
import type { ShownFrame } from './opening.ts'
import { recorded } from './recording.ts'
import type { EpochKey } from './sealer.ts'
import type { FrameSource } from './source.ts'
import { createWatching, type Watching } from './watching.ts'

/** Broadcasts of one device at once: a camera and a screen, and room. */
const SHOWN_MAX = 4
/** Watched by one device at once: what a screen holds. */
const WATCHED_MAX = 16
/** Longest that letting somebody in waits for the note with their key to be handed in, ms. */
const TELL_KEY_MS = 2_000

/** What a platform has for live pictures. */
export interface LivePlatform {
  readonly paths?: LivePaths
  readonly media?: LiveMedia
  /** Opens frame connections; the runtime's own WebSocket where nothing is said. */
  readonly connect?: ConnectFrames
}

export interface LiveOptions {
  readonly platform: LivePlatform
  /** The line asks now and then and is told nothing between: nothing can be live over it. */
  readonly polls: boolean
  readonly store: Store
  readonly line: Line
  readonly clock: Clock
  readonly random: Random
  readonly me: Identity
  readonly people: Pick<People, 'recall' | 'onChange'>
  readonly permission: Pick<Permission, 'admits'>
  /** Once its signal is aborted, nothing is shown or watched any more. */
  readonly shutOut?: Pick<ShutOut, 'signal'>
  /** Seals and sends a note. `handedIn` settles with its first try. */
  tell(to: UserAddress | DeviceAddress, note: Note): { readonly handedIn: Promise<unknown> }
  onFault(error: unknown): void
}

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

type Operation<Name extends keyof LiveOperations> = (
  args: LiveOperations[Name]['args'],
  context: Context,
) => Promise<LiveOperations[Name]['result']>

export interface Live extends AsyncDisposable {
  readonly operations: { readonly [Name in keyof LiveOperations]: Operation<Name> }
  /** `toMeAlone`: no other device was meant. `ofContact`: its user was approved here. */
  takeNote(from: ProvedDevice, note: LiveKeyNote | LivePathNote, said: { toMeAlone: boolean; ofContact: boolean }): void
  /** Shows what a source gives, for screens that have one of their own. Ends with the signal. */
  show(
    what: { readonly source: FrameSource; readonly format: LiveFormat },
    args: Pick<LiveOperations['live.show']['args'], 'to' | 'asks' | 'ackWindow'>,
    context: Context,
  ): Promise<LiveOperations['live.show']['result']>
  /** Watches, for screens that decode by themselves. Ends with the signal. */
  watch(
    args: {
      readonly user: string
      readonly pictures: 'moving' | 'stills'
      /** What the sink decodes. */
      readonly decodes: readonly PictureCodec[]
      readonly ackWindow?: number
      /** `false`: pictures alone. */
      readonly sound?: false | undefined
    },
    sink: {
      onFormat(format: LiveFormat): void
      /** `false`: it could not take it. */
      onFrame(frame: ShownFrame): unknown
      onWatching?(watching: Watching): void
    },
    context: Context,
  ): Promise<LiveWatching>
  /** Somebody lets this user watch: whose device, and which broadcast. The returned function ends it. */
  onShown(listener: (shown: { readonly by: DeviceAddress; readonly broadcast: string }) => void): () => void
}

export async function createLive(options: LiveOptions): Promise<Live> {
  const { platform, line, clock, me } = options
  const keys = createKeyRing()
  const lists = await openLivePeople(options.store)
  const broadcasts = new Map<string, Broadcast>()
  const watchings = new Map<Watching, UserAddress>()
  /** Films that are shown, as this device opened them. */
  const films = new Set<MutableSource>()
  /** Files that are written: what was taken is to be in them before the device is gone. */
  const fillings = new Set<Promise<unknown>>()
  const shown = listeners<{ by: DeviceAddress; broadcast: string }>()

  /** Whom keys were told: the devices that can open them, by what they sign with. */
  const toldTo = new Map<UserAddress, ReadonlySet<string>>()

  const tellKey = async (user: UserAddress, broadcast: string, { epoch, key }: EpochKey) => {
    const person = await options.people.recall(user)
    if (person) toldTo.set(user, new Set(activeDevices(person.opened.list).map((device) => device.key)))
    const { handedIn } = options.tell(user, { note: 'live-key', broadcast, epoch, key: toBase64url(key) })
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(TELL_KEY_MS, resolve)
    await Promise.race([handedIn, promise])
    cancel()
  }

  /** Who is blocked is put out of what is shown; a device that is its user's no more is left out of what comes. */
  async function lookAt(user: UserAddress): Promise<void> {
    const told = toldTo.get(user)
    const person = told && (await options.people.recall(user))
    const shownTo = [...broadcasts.values()].filter((one) => one.isApproved(user))
    if (!told || !person || shownTo.length === 0) return
    if (person.blocked) {
      // Where the server did not hear, it is told when it is back.
      for (const one of await Promise.allSettled(shownTo.map((broadcast) => broadcast.decide(user, 'kick')))) {
        if (one.status === 'rejected' && !(one.reason instanceof Trouble)) options.onFault(one.reason)
      }
      return
    }
    const active = activeDevices(person.opened.list)
    if ([...told].every((key) => active.some((device) => device.key === key))) return
    const remaining = new Set(active.map(({ name }) => deviceAddress(user, name)))
    for (const broadcast of shownTo) broadcast.leaveOut(user, remaining)
  }
  const stopLooking = options.people.onChange((user) => void lookAt(user).catch(options.onFault))

  async function proved(address: DeviceAddress): Promise<ProvedDevice | undefined> {
    const { user, device } = splitDevice(address)
    const person = await options.people.recall(user)
    const key = person && activeDevices(person.opened.list).find(({ name }) => name === device)?.key
    return key === undefined ? undefined : { address, deviceKey: fromBase64url(key) }
  }

  platform.paths?.begin({
    say: (to, note) => void options.tell(to, note),
    admits: options.permission.admits,
    mayWatch: ({ address }, broadcast) =>
      broadcasts.get(broadcast)?.isApproved(splitDevice(address as DeviceAddress).user) ?? false,
    onChannel(viewer, broadcast, channel) {
      const one = broadcasts.get(broadcast)
      if (one) one.attach(viewer, channel)
      else channel.close('the broadcast is over')
    },
  })

  const stopListening = line.onPush((push) => {
    if (push.kind === 'watch') for (const one of watchings.keys()) one.take(push)
    else if ('broadcast' in push) broadcasts.get(push.broadcast)?.take(push)
  })

  const refuseWhilePolling = () => {
    if (!options.polls) return
    throw new Trouble('not-available', 'A device that asks for its mail now and then can show and watch nothing.', {
      todo: 'Start its agent without --poll.',
    })
  }

  const untilOver = (asked: AbortSignal) => (options.shutOut ? AbortSignal.any([asked, options.shutOut.signal]) : asked)

  const show: Live['show'] = async (
    { source, format },
    { to, asks = 'contacts', ackWindow },
    { signal: asked, onProgress },
  ) => {
    refuseWhilePolling()
    const signal = untilOver(asked)
    if (broadcasts.size >= SHOWN_MAX)
      throw new Trouble('not-available', `This device shows ${SHOWN_MAX} things already.`)
    const users = to.map((who) => userOf(who, me))
    const broadcast = createBroadcast({
      line,
      origin: me.origin,
      clock,
      random: options.random,
      connect: platform.connect,
      source,
      format,
      asks,
      ackWindow,
      tellKey,
      decide: (user) =>
        lists.now.never.includes(user) ? 'decline' : lists.now.always.includes(user) ? 'approve' : 'ask',
      onChange: () => onProgress({ kind: 'live', change: { what: 'showing', showing: showingOf(broadcast) } }),
      onFault: options.onFault,
    })
    broadcasts.set(broadcast.id, broadcast)
    const stop = () => void broadcast.stop().catch(options.onFault)
    try {
      signal.throwIfAborted()
      signal.addEventListener('abort', stop, { once: true })
      await broadcast.start()
      for (const user of lists.now.never) await broadcast.decide(user, 'kick')
      for (const user of users) await broadcast.decide(user, 'approve')
      const reason = await broadcast.ended
      options.shutOut?.signal.throwIfAborted()
      const { frames, skipped } = broadcast.state
      return { broadcast: broadcast.id, frames, skipped, reason }
    } finally {
      signal.removeEventListener('abort', stop)
      await broadcast.stop()
      broadcasts.delete(broadcast.id)
      if (broadcasts.size === 0) toldTo.clear()
    }
  }

  const watch: Live['watch'] = async (args, sink, { signal: asked, onProgress }) => {
    const { user: who, pictures, decodes, ackWindow, sound } = args
    const signal = untilOver(asked)
    refuseWhilePolling()
    if (watchings.size >= WATCHED_MAX) throw new Trouble('not-available', `This device watches ${WATCHED_MAX} already.`)
    const user = userOf(who, me)
    const watching = createWatching({
      line,
      origin: me.origin,
      clock,
      connect: platform.connect,
      keys,
      paths: pictures === 'moving' ? platform.paths : undefined,
      user,
      pictures,
      decodes,
      ackWindow,
      sound,
      proved,
      onFormat: sink.onFormat,
      onFrame: sink.onFrame,
      onChange: () => onProgress({ kind: 'live', change: { what: 'watching', watching: watchingOf(user, watching) } }),
      onFault: options.onFault,
    })
    watchings.set(watching, user)
    const leave = () => void watching.leave().catch(options.onFault)
    try {
      signal.throwIfAborted()
      signal.addEventListener('abort', leave, { once: true })
      sink.onWatching?.(watching)
      await watching.start()
      await watching.ended
      options.shutOut?.signal.throwIfAborted()
      return watchingOf(user, watching)
    } finally {
      signal.removeEventListener('abort', leave)
      await watching.leave()
      watchings.delete(watching)
    }
  }

  async function kept<Result>(
    sink: LiveSink,
    asked: AbortSignal,
    fill: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const stop = new AbortController()
    const signal = AbortSignal.any([asked, stop.signal])
    const under = filling(
      sink,
      () => fill(signal),
      (trouble) => stop.abort(trouble),
    )
    fillings.add(under)
    return await under.finally(() => fillings.delete(under))
  }

  const standing = (): LiveStanding => ({
    always: [...lists.now.always],
    never: [...lists.now.never],
    showing: [...broadcasts.values()].map(showingOf),
  })

  return {
    show,
    watch,
    onShown: shown.add,
    takeNote(from, note, { toMeAlone, ofContact }) {
      if (note.note === 'live-path') {
        if (toMeAlone) platform.paths?.take(from, note)
        return
      }
      // A stranger shows nothing to anybody who did not ask for it.
      const { user } = splitDevice(from.address as DeviceAddress)
      if (!ofContact && ![...watchings.values()].includes(user)) return
      keys.take(from.address, note)
      for (const one of watchings.keys()) one.unlock()
      shown.tell({ by: from.address as DeviceAddress, broadcast: note.broadcast })
    },
    operations: {
      async 'live.show'(args, context) {
        if (!platform.media) throw new Trouble('not-available', 'This device has no films to show.')
        const { media } = platform
        const { source: opened, format } = await media.openSource(args)
        const source = mutable(opened)
        films.add(source)
        using _forgotten = { [Symbol.dispose]: () => void films.delete(source) }
        const shown = async (one: FrameSource, signal = context.signal) =>
          await show({ source: (await media.inCodecs?.(one, format)) ?? one, format }, args, { ...context, signal })
        if (args.record === undefined) return await shown(source)
        // What is kept stays in one codec, whatever is sent.
        const sink = await media.openSink({ into: args.record })
        return await kept(sink, context.signal, (signal) => shown(recorded(source, format, sink), signal))
      },
      async 'live.showing'() {
        return standing()
      },
      async 'live.mute'({ muted }) {
        for (const film of films) film.mute(muted)
        return standing()
      },
      async 'live.capacity'(_none, { signal }) {
        const { body } = await options.line.call('LIST', '/live', { signal })
        const answer = liveListSchema.safeParse(body)
        if (!answer.success) throw brokeProtocol('The server told its capacity in a way of its own.', answer.error)
        return capacityOf(answer.data.capacity)
      },
      async 'live.decide'({ user: who, decision }) {
        const user = userOf(who, me)
        if (decision === 'allow') await lists.wish(user, 'always')
        if (decision === 'kick') await lists.wish(user, 'never')
        if (decision === 'lift' || decision === 'approve') {
          const isRefused = lists.now.never.includes(user)
          if (decision === 'lift' || isRefused) await lists.wish(user, 'forget')
        }
        const meant = [...broadcasts.values()].filter(
          ({ state }) => decision !== 'allow' || state.asking.includes(user),
        )
        // All of them, also where the server did not hear of the first.
        const decided = await Promise.allSettled(
          meant.map((broadcast) => broadcast.decide(user, decision === 'allow' ? 'approve' : decision)),
        )
        for (const one of decided) if (one.status === 'rejected') throw one.reason
        return standing()
      },
      async 'live.watch'({ user, into, stills, socket, ackWindow, ...heard }, { signal: asked, onProgress }) {
        if (!platform.media) throw new Trouble('not-available', 'This device has nowhere to show pictures.')
        const where = {
          ...(into !== undefined && { into }),
          ...(stills !== undefined && { stills }),
          ...(socket !== undefined && { socket }),
        }
        const sink = await platform.media.openSink(where)
        const sound = sink.hears ? heard.sound : false
        const wish = {
          user,
          pictures: stills === undefined ? 'moving' : 'stills',
          decodes: sink.decodes,
          sound,
          ...(ackWindow !== undefined && { ackWindow }),
        } as const
        return await kept(sink, asked, (signal) =>
          watch(
            wish,
            {
              onFormat: ({ audio, ...format }) =>
                sink.onFormat({ ...format, ...(audio && sound !== false && { audio }) }),
              onFrame: (frame) => sink.take(frame),
            },
            { signal, onProgress },
          ),
        )
      },
    },
    async [Symbol.asyncDispose]() {
      stopListening()
      stopLooking()
      await Promise.all([...broadcasts.values()].map((one) => one.stop()))
      await Promise.all([...watchings.keys()].map((one) => one.leave()))
      await Promise.allSettled(fillings)
    },
  }
}

function showingOf({ state }: Broadcast): LiveShowing {
  return {
    broadcast: state.broadcast,
    asking: [...state.asking],
    viewers: state.viewers.map(({ viewer, standing, bytesPerSecond, skipped }) => ({
      address: viewer,
      state: standing.state,
      ...(standing.state === 'watching' && { path: standing.path, pictures: standing.pictures }),
      ...('reason' in standing && { reason: standing.reason }),
      bytesPerSecond,
      skipped,
    })),
    sinks: state.sinks.pictures,
    frames: state.frames,
    skipped: state.skipped,
    ...(state.capacity && { capacity: capacityOf(state.capacity) }),
  }
}

function capacityOf({ bytesPerSecondMax, bytesPerSecond, connectionsMax, connections }: LiveCapacity): CapacityNow {
  return { bytesPerSecondMax, bytesPerSecond, connectionsMax, connections }
}

function watchingOf(user: UserAddress, { state }: Watching): LiveWatching {
  const { standing, path, switches, pictures, unshown, viewers, capacity } = state
  const { shown, missing, doubled, late } = pictures
  return {
    user,
    state: standing.state,
    ...('reason' in standing && { reason: standing.reason }),
    ...(standing.state === 'watching' && { pictures: standing.pictures }),
    ...(state.isWithoutRoom && { noRoom: true as const }),
    ...(path !== undefined && { path }),
    switches,
    shown,
    missing,
    doubled,
    late,
    unshown,
    viewers,
    ...(capacity && { capacity: capacityOf(capacity) }),
  }
}
