// One broadcast of this device: starts it at the server, and sends each frame where the server's sinks say: to the server, to one viewer's
// peer-to-peer connection, or to both. What was under way on a path that is left goes first on the other. Whom it is shown to is
// audience.ts's, who is let in without asking live.ts's; frames are a source's.

import { splitDevice, type DeviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { decodeBack } from '@doorpost/protocol/live/acknowledgement'
import {
  type Decision,
  type LiveCapacity,
  type LiveFormat,
  type LivePush,
  type LiveViewersPush,
  type Sinks,
  startedSchema,
} from '@doorpost/protocol/live/control'
import { Refusal } from '@doorpost/protocol/errors'
import { ACK_WINDOW_MAX, KEY_FRAME_AGAIN_MS, RESEND_WITHIN_MS } from '@doorpost/protocol/live/limits'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Trouble } from '../operations.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { createAudience } from './audience.ts'
import { pictureFor } from './choose-codec.ts'
import { type ConnectFrames, type FrameConnection, openFrameConnection } from './frame-connection.ts'
import { createOutgoing, type Outgoing } from './outgoing.ts'
import { createPathless } from './pathless.ts'
import type { PeerChannel } from './peer-channel.ts'
import { createSealer, type EpochKey, type SealedFrame } from './sealer.ts'
import type { EncodedFrame, FrameSource } from './source.ts'
import { createUplink, UPLINK_EVERY_MS } from './uplink.ts'

/** How long frames under way may take to be acknowledged when all is over, ms, and how often that is looked at. */
const LAST_FRAMES_MS = 2_000
const LAST_FRAMES_LOOK_MS = 20
/** A picture that is not acknowledged for this long means that its path is dead, ms: what is left of the second is for saying so and sending. */
const STALL_MS = RESEND_WITHIN_MS - 300
/** Not yet on their way to the server, bytes: beyond it pictures are skipped. Some seconds of a slow uplink. */
const UPLINK_BYTES_MAX = 1024 * 1024

export interface BroadcastOptions {
  readonly line: Pick<Line, 'call' | 'onState'>
  /** The server as dialled. */
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly connect?: ConnectFrames | undefined
  readonly source: FrameSource
  readonly format: LiveFormat
  readonly asks: 'contacts' | 'anybody'
  readonly ackWindow?: number | undefined
  /** Seals the key to the devices of a user and hands it in; resolves when that is done, or cannot be soon. */
  tellKey(user: UserAddress, broadcast: string, key: EpochKey): Promise<void>
  /** About somebody who asks. `ask`: the person was asked, and decides later. */
  decide(user: UserAddress, contact: boolean): 'approve' | 'decline' | 'ask'
  /** Something of `state` changed. */
  onChange(): void
  onFault(error: unknown): void
}

export interface BroadcastState {
  readonly broadcast: string
  /** Who asks and has no answer. */
  readonly asking: readonly UserAddress[]
  readonly viewers: LiveViewersPush['viewers']
  readonly sinks: Sinks
  /** Of the source, since it began. */
  readonly frames: number
  /** Not sent on a path because it was slow. */
  readonly skipped: number
  readonly capacity: LiveCapacity | undefined
}

export type BroadcastEnd = 'source-ended' | 'stopped' | Extract<LivePush, { kind: 'live-over' }>['reason']

export interface Broadcast {
  readonly id: string
  readonly state: BroadcastState
  /** Settles when it is over. Rejects when the source failed. */
  readonly ended: Promise<BroadcastEnd>
  /** Starts it: rejects where the server does not want it. */
  start(): Promise<void>
  take(push: LivePush): void
  decide(user: UserAddress, decision: Decision['decision']): Promise<void>
  /** Whether this user was let in and not put out. */
  isApproved(user: UserAddress): boolean
  /** A device that was told keys is its user's no more: `remaining` are. It gets and opens nothing of what comes. */
  leaveOut(user: UserAddress, remaining: ReadonlySet<DeviceAddress>): void
  attach(viewer: DeviceAddress, channel: PeerChannel): void
  stop(): Promise<void>
}

interface Peer {
  readonly channel: PeerChannel
  readonly outgoing: Outgoing
  /** Told to the server. */
  isTold: boolean
  cancelStall: (() => void) | undefined
}

const NO_SINKS: Sinks = { turn: -1, pictures: 'none', stills: false }

export function createBroadcast(options: BroadcastOptions): Broadcast {
  const { line, clock, random, source } = options
  const id = toBase64url(random(16))
  const sealer = createSealer(random)
  const ended = Promise.withResolvers<BroadcastEnd>()
  ended.promise.catch(() => {})
  const audience = createAudience({
    broadcast: id,
    line,
    sealer,
    tellKey: options.tellKey,
    hangUp: (user) => hangUp((viewer) => splitDevice(viewer).user === user, 'put out'),
    wantKeyFrame,
    onChange: options.onChange,
    onFault: options.onFault,
  })
  const peers = new Map<DeviceAddress, Peer>()
  /** Which watch is whose. */
  const watches = new Map<string, DeviceAddress>()
  let { format } = options
  const framesPerSecond = format.picture?.framesPerSecond ?? 1
  /** Then they go wherever pictures go, as the server has it (server/live/relaying.ts). */
  const makesStillsAlone = format.picture === undefined
  let connection: FrameConnection | undefined
  let usedTicket: string | undefined
  /** Where pictures go while a server that started anew finds out who watches. */
  let bridge: Peer | undefined
  /** The server is near or has taken it all: its window only holds back an uplink that is too slow. */
  let toServer = createOutgoing({ framesPerSecond, ackWindow: ACK_WINDOW_MAX })
  const pathless = createPathless()
  let sinks = NO_SINKS
  let viewers: LiveViewersPush['viewers'] = []
  let capacity: LiveCapacity | undefined
  let frames = 0
  let skippedBefore = 0
  let begun = false
  let over = false
  /** Nothing more is taken: what left is waited for. */
  let ending: Promise<void> | undefined
  let keyFrameAskedMs = -Infinity
  let stopListening = () => {}
  let cancelAim = () => {}
  const uplink = createUplink(format.bytesPerSecond.pictures * 8)

  const body = () => ({
    broadcast: id,
    asks: options.asks,
    format,
    ...(options.ackWindow !== undefined && { ackWindow: options.ackWindow }),
  })
  const tell = (target: string, what: unknown) => {
    line.call('SEND', `/live/${id}/${target}`, { body: what }).catch((error: unknown) => {
      // Without a line it is said when that comes back; of a watch that is over the server knows nothing.
      const isForeseen = error instanceof Trouble || (error instanceof Refusal && error.code === 'not-found')
      if (!over && !isForeseen) options.onFault(error)
    })
  }

  async function register(): Promise<void> {
    const { body: answer } = await line.call('SEND', '/live', { body: body() })
    const started = startedSchema.safeParse(answer)
    if (!started.success) throw brokeProtocol('The server started a broadcast without saying how.', started.error)
    const { ticket } = started.data
    capacity = started.data.capacity
    if (ticket !== usedTicket) {
      // Another than before: a server that started anew, knows nobody yet, and counts from the beginning.
      connection?.close()
      if (sinks.pictures === 'peer' || sinks.pictures === 'both') bridge = peerOf(sinks)
      sinks = NO_SINKS
      usedTicket = ticket
      connection = openFrameConnection({
        origin: options.origin,
        ticket,
        clock,
        connect: options.connect,
        onMessage: fromServer,
        onOpen: again,
      })
    }
    follow(started.data.sinks)
  }

  /** The line is back, and maybe at a server that knows nothing of us. */
  async function comeBack(): Promise<void> {
    if (over) return
    await register()
    for (const decision of audience.decisions()) tell('decisions', decision)
    for (const [viewer, peer] of peers) tellPath(viewer, peer)
  }

  /** A new connection knows nothing of what the one before took with it. */
  function again(): void {
    const { left, missingFrom, skipped } = toServer
    skippedBefore += skipped
    toServer = createOutgoing({ framesPerSecond, ackWindow: ACK_WINDOW_MAX })
    for (const frame of left) send(frame, 'server')
    toServer.miss(missingFrom)
  }

  function fromServer(message: Uint8Array): void {
    const back = decodeBack(message)
    if (back?.type !== 'acknowledgement') return
    for (const frame of toServer.acknowledge(back, clock.nowMs())) connection?.send(frame.bytes)
    if (back.keyFrameWanted || toServer.needsKeyFrame) wantKeyFrame()
  }

  function wantKeyFrame(): void {
    const nowMs = clock.nowMs()
    if (ending || nowMs - keyFrameAskedMs < KEY_FRAME_AGAIN_MS) return
    keyFrameAskedMs = nowMs
    source.wantKeyFrame()
  }

  function follow(next: Sinks): void {
    if (next.turn <= sinks.turn || over) return
    const before = sinks
    const alone = bridge ?? (before.pictures === 'peer' ? peerOf(before) : undefined)
    sinks = next
    if (next.pictures !== 'none') {
      bridge = undefined
      goOn(before.pictures, alone)
    } else if (!bridge) {
      if (alone) pathless.leave(alone.outgoing)
      else pathless.miss(connection?.isOpen || toServer.left.length === 0 ? toServer.missingFrom : 0)
      pathless.forget()
    }
    const wanted = next.pictures !== 'none'
    if (!ending) source.want?.({ pictures: wanted, stills: next.stills || (wanted && makesStillsAlone) })
    if (!begun && !ending && (next.pictures !== 'none' || next.stills)) {
      begun = true
      aim()
      source.start({
        onFrame: take,
        onEnd: (trouble) => void finish(trouble ? { trouble } : 'source-ended').catch(options.onFault),
      })
    }
    options.onChange()
  }

  /** Goes on where the path before stood: with what is under way there, and with nothing that needs what was skipped there. */
  function goOn(before: Sinks['pictures'], alone: Peer | undefined): void {
    const isOn = (path: 'server' | 'peer', of: Sinks['pictures']) => of === path || of === 'both'
    const comesTo = (path: 'server' | 'peer') => !isOn(path, before) && isOn(path, sinks.pictures)
    if (comesTo('server') && alone) pathless.leave(alone.outgoing)
    const { frames: first, missingFrom } = pathless.take()
    if (comesTo('server')) {
      toServer.begin()
      // What is under way peer-to-peer may never arrive: the viewer shows none twice.
      for (const frame of first) send(frame, 'server')
      toServer.miss(missingFrom)
    }
    const peer = comesTo('peer') ? peerOf(sinks) : undefined
    if (!peer || peer === alone) return
    peer.outgoing.begin()
    // They would come too late for what comes straight across.
    if (before === 'server' && !connection?.isOpen) for (const frame of toServer.left) send(frame, 'peer')
    peer.outgoing.miss(Math.min(missingFrom, before === 'server' ? toServer.missingFrom : Infinity))
  }

  const peerOf = ({ watch }: Sinks) => {
    const viewer = watch === undefined ? undefined : watches.get(watch)
    return viewer === undefined ? undefined : peers.get(viewer)
  }

  function take(frame: EncodedFrame): void {
    if (over || ending) return
    if (frame.kind !== 'audio') frames++
    const isStill = frame.kind === 'still' && !makesStillsAlone
    if (isStill ? !sinks.stills : sinks.pictures === 'none' && !bridge) {
      if (frame.kind === 'picture') pathless.miss(frame.layer)
      return
    }
    let sealed: SealedFrame
    try {
      sealed = sealer.seal(frame)
    } catch (error) {
      // Too long for a message: the next key frame may be shorter.
      options.onFault(error)
      return wantKeyFrame()
    }
    if (!isStill && bridge) return sendTo(bridge, sealed)
    if (isStill || sinks.pictures !== 'peer') send(sealed, 'server')
    if (!isStill && (sinks.pictures === 'peer' || sinks.pictures === 'both')) send(sealed, 'peer')
  }

  function send(frame: SealedFrame, path: 'server' | 'peer'): void {
    const nowMs = clock.nowMs()
    if (path === 'server') {
      const isFull = (connection?.bufferedBytes ?? 0) > UPLINK_BYTES_MAX && !frame.header.keyFrame
      if (isFull && frame.header.type !== 'audio') {
        toServer.miss(frame.header.layer)
        return
      }
      for (const one of toServer.offer(frame, nowMs)) connection?.send(one.bytes)
      if (toServer.needsKeyFrame) wantKeyFrame()
      return
    }
    const peer = peerOf(sinks)
    if (!peer) {
      if (sinks.pictures === 'peer') pathless.keep(frame)
      return
    }
    sendTo(peer, frame)
  }

  function sendTo(peer: Peer, frame: SealedFrame): void {
    for (const one of peer.outgoing.offer(frame, clock.nowMs())) peer.channel.send(one.bytes)
    if (peer.outgoing.needsKeyFrame) wantKeyFrame()
    peer.cancelStall ??= clock.after(STALL_MS, () => lookForStall(peer))
  }

  /** A line that swallows everything says nothing of it: silence would tell only after LIVE_SILENCE_MS. */
  function lookForStall(peer: Peer): void {
    peer.cancelStall = undefined
    const { oldestSentMs } = peer.outgoing
    if (over || oldestSentMs === undefined) return
    const waitMs = oldestSentMs + STALL_MS - clock.nowMs()
    if (waitMs > 0) peer.cancelStall = clock.after(waitMs, () => lookForStall(peer))
    else if (peerOf(sinks) === peer) peer.channel.close('nothing is acknowledged')
  }

  /** Tells the encoder what the links that are in use can take. */
  function aim(): void {
    const peer = sinks.pictures === 'peer' || sinks.pictures === 'both' ? peerOf(sinks)?.outgoing : undefined
    const links = sinks.pictures === 'peer' ? [peer] : [toServer, peer]
    const bitsPerSecond = uplink.look(links.filter((one) => one !== undefined))
    if (bitsPerSecond !== undefined) source.aimFor?.(bitsPerSecond)
    cancelAim = clock.after(UPLINK_EVERY_MS, aim)
  }

  function hangUp(concerns: (viewer: DeviceAddress) => boolean, why: string): void {
    for (const [viewer, { channel }] of [...peers]) if (concerns(viewer)) channel.close(why)
  }

  function tellPath(viewer: DeviceAddress, peer: Peer): void {
    const watch = watchOf(viewer)
    if (watch === undefined) return
    peer.isTold = true
    tell('paths', { watch, up: true })
  }

  /** A device that came back has a new watch; the last is the one that counts. */
  const watchOf = (viewer: DeviceAddress) => [...watches].findLast(([, whose]) => whose === viewer)?.[0]

  function know(watch: string, viewer: DeviceAddress): void {
    if (watches.get(watch) === viewer) return
    watches.set(watch, viewer)
    const peer = peers.get(viewer)
    if (peer) tellPath(viewer, peer)
  }

  function takeViewers(push: LiveViewersPush): void {
    const here = new Set(push.viewers.map(({ watch }) => watch))
    for (const watch of [...watches.keys()]) if (!here.has(watch) && watch !== sinks.watch) watches.delete(watch)
    for (const { watch, viewer } of push.viewers) {
      const { user } = splitDevice(viewer)
      // Let in by the server because they were before: they may have lost what they were told.
      const isNew = !watches.has(watch)
      know(watch, viewer)
      if (isNew && audience.isApproved(user)) audience.tellAgain(user)
    }
    viewers = push.viewers
    capacity = push.capacity
    changeCodec(push)
    options.onChange()
  }

  /** Pictures are in what all viewers decode. The source changes at once; what is on its way says for itself what it is in. */
  function changeCodec({ decoders }: LiveViewersPush): void {
    const picture = format.picture && pictureFor({ pictures: source.pictures ?? [], current: format.picture, decoders })
    if (!picture || picture === format.picture) return
    format = { ...format, picture }
    source.use?.(picture)
    // Without a line the server is told when that comes back.
    register().catch((error: unknown) => {
      if (!over && !(error instanceof Trouble)) options.onFault(error)
    })
  }

  function takeAsk(user: UserAddress, contact: boolean): void {
    const decision = audience.isApproved(user) ? 'approve' : options.decide(user, contact)
    if (decision === 'ask') audience.ask(user)
    else audience.decide(user, decision).catch(options.onFault)
    options.onChange()
  }

  /** Frames that left, or wait for a path, and were not acknowledged. `isServerThere`: else nothing more comes from there. */
  function underWay(isServerThere: boolean): number {
    const peer = bridge ?? (sinks.pictures === 'server' ? undefined : peerOf(sinks))
    const straight = peer?.outgoing.left.length ?? 0
    return isServerThere ? straight + toServer.left.length + pathless.size : straight
  }

  /** Until what was sent has arrived: whoever hears that all is over looks for nothing more. */
  async function drained(isServerThere: boolean): Promise<void> {
    const giveUpMs = clock.nowMs() + LAST_FRAMES_MS
    while (underWay(isServerThere) > 0 && clock.nowMs() < giveUpMs) {
      await new Promise<void>((resolve) => void clock.after(LAST_FRAMES_LOOK_MS, resolve))
    }
  }

  function finish(how: BroadcastEnd | { readonly trouble: Error }): Promise<void> {
    ending ??= Promise.resolve().then(() => end(how))
    return ending
  }

  async function end(how: BroadcastEnd | { readonly trouble: Error }): Promise<void> {
    // The camera first: it shows nothing more.
    const closed = Promise.resolve(source[Symbol.asyncDispose]())
    closed.catch(options.onFault)
    cancelAim()
    const isOurs = how === 'source-ended' || how === 'stopped' || typeof how === 'object'
    if (connection) await drained(isOurs)
    over = true
    stopListening()
    if (isOurs && connection) await line.call('REMOVE', `/live/${id}`).catch(() => {})
    for (const { channel } of [...peers.values()]) channel.close('the broadcast is over')
    connection?.close()
    await closed.catch(() => {})
    if (typeof how === 'object') ended.reject(how.trouble)
    else ended.resolve(how)
    options.onChange()
  }

  return {
    id,
    ended: ended.promise,
    get state() {
      const skipped =
        skippedBefore + toServer.skipped + [...peers.values()].reduce((sum, one) => sum + one.outgoing.skipped, 0)
      return { broadcast: id, asking: audience.asking, viewers, sinks, frames, skipped, capacity }
    },
    async start() {
      await register()
      stopListening = line.onState((state) => {
        if (state === 'online') comeBack().catch(options.onFault)
      })
    },
    take(push) {
      if (over) return
      if (push.kind === 'live-ask') {
        know(push.watch, push.viewer)
        takeAsk(splitDevice(push.viewer).user, push.contact)
      } else if (push.kind === 'live-sinks') follow(push.sinks)
      else if (push.kind === 'live-key-frame') wantKeyFrame()
      else if (push.kind === 'live-viewers') takeViewers(push)
      else if (push.kind === 'live-over') finish(push.reason).catch(options.onFault)
    },
    decide: audience.decide,
    isApproved: audience.isApproved,
    leaveOut(user, remaining) {
      if (over || !audience.wasTold(user)) return
      hangUp((viewer) => splitDevice(viewer).user === user && !remaining.has(viewer), 'its device was revoked')
      audience.renewKey()
    },
    attach(viewer, channel) {
      // Put out while it opened.
      if (!audience.isApproved(splitDevice(viewer).user)) return channel.close('put out')
      const peer: Peer = {
        channel,
        outgoing: createOutgoing({ framesPerSecond, ackWindow: options.ackWindow }),
        isTold: false,
        cancelStall: undefined,
      }
      peers.get(viewer)?.channel.close('another took its place')
      peers.set(viewer, peer)
      channel.onAcknowledgement = (back) => {
        for (const frame of peer.outgoing.acknowledge(back, clock.nowMs())) channel.send(frame.bytes)
        if (back.keyFrameWanted || peer.outgoing.needsKeyFrame) wantKeyFrame()
      }
      channel.onEnd = () => {
        if (peers.get(viewer) === peer) {
          const watch = watchOf(viewer)
          if (bridge === peer || (peerOf(sinks) === peer && sinks.pictures === 'peer')) {
            pathless.leave(peer.outgoing)
          }
          skippedBefore += peer.outgoing.skipped
          peers.delete(viewer)
          if (bridge === peer) bridge = undefined
          peer.cancelStall?.()
          if (watch !== undefined && peer.isTold && !over) tell('paths', { watch, up: false })
        }
      }
      channel.begin()
      tellPath(viewer, peer)
    },
    stop: () => finish('stopped'),
  }
}
