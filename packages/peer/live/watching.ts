// One watching of somebody's broadcast: asks, opens the frame connection when it is let in, tries for a peer-to-peer connection,
// acknowledges every picture on the path it came on, and gives frames in order, opened, each once. Decoding and showing is the sink's.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import {
  type LiveCapacity,
  type LiveFormat,
  type LivePush,
  type Watch,
  type WatchState,
  watchSchema,
} from '@doorpost/protocol/live/control'
import { decodeHeader, type FrameHeader } from '@doorpost/protocol/live/frame'
import { codecNamed, codecOfKeyFrame, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { Refusal } from '@doorpost/protocol/errors'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { type ConnectFrames, type FrameConnection, openFrameConnection } from './frame-connection.ts'
import type { KeyRing } from './key-ring.ts'
import type { LivePaths, ProvedDevice } from './live-paths.ts'
import type { PeerChannel } from './peer-channel.ts'
import { createReorder, type LivePath, type Numbered, type ReorderCounts } from './reorder.ts'

/** A frame waits for its key at most so long, ms: the note left before the first frame did. */
const KEY_MS = 3_000
/** Frames that wait for a key: two seconds of them and sound. */
const LOCKED_MAX = 200
/** Waits before a peer-to-peer connection is tried again, ms; the last holds. */
const PEER_AGAIN_MS = [2_000, 5_000, 15_000, 30_000] as const
/** Pushes that may come before the answer that says which are ours: those of other watchings among them. */
const EARLY_MAX = 64
/** How often counts are told while pictures come, ms. */
const COUNTS_EVERY_MS = 1_000
/** How long the frame connection may take to bring its last frames when all is over, ms. */
const LAST_FRAMES_MS = 2_000

/** A frame that can be decoded now. */
export interface ShownFrame {
  readonly header: FrameHeader
  readonly bytes: Uint8Array
  readonly path: LivePath
}

export interface WatchingOptions {
  readonly line: Pick<Line, 'call' | 'onState'>
  readonly origin: string
  readonly clock: Clock
  readonly connect?: ConnectFrames | undefined
  readonly keys: KeyRing
  readonly paths: LivePaths | undefined
  readonly user: UserAddress
  readonly pictures: 'moving' | 'stills'
  /** What the sink decodes: pictures in any other codec are not given to it. */
  readonly decodes: readonly PictureCodec[]
  readonly ackWindow?: number | undefined
  /** `false`: pictures alone are asked for, and given. */
  readonly sound?: false | undefined
  /** The device as its user's list has it; undefined where it is not known. */
  proved(device: DeviceAddress): Promise<ProvedDevice | undefined>
  onFormat(format: LiveFormat): void
  onFrame(frame: ShownFrame): void
  onChange(): void
  onFault(error: unknown): void
}

export interface WatchingState {
  readonly standing: WatchState
  /** Which way the last picture came. */
  readonly path: LivePath | undefined
  /** How often pictures came another way than the one before. */
  readonly switches: number
  readonly pictures: ReorderCounts
  /** Came and could not be opened, or needed one that did not come. */
  readonly unshown: number
  readonly viewers: number
  readonly capacity: LiveCapacity | undefined
  /** Stills come for want of room: moving pictures were asked for, and could be decoded. */
  readonly isWithoutRoom: boolean
}

export type WatchEnd = Extract<WatchState, { state: 'over' }>['reason']

export interface Watching {
  readonly state: WatchingState
  /** Settles when it is over, with what came shown. */
  readonly ended: Promise<WatchEnd>
  /** Rejects where the server does not want it. */
  start(): Promise<void>
  take(push: LivePush): void
  /** A key came. */
  unlock(): void
  /** For a sink that cannot go on without. */
  wantKeyFrame(): void
  leave(): Promise<void>
}

interface Arrived extends Numbered {
  readonly header: FrameHeader
  readonly message: Uint8Array
  readonly path: LivePath
}

export function createWatching(options: WatchingOptions): Watching {
  const { line, clock, keys } = options
  const ended = Promise.withResolvers<WatchEnd>()
  const leaving = new AbortController()
  let order = createReorder<Arrived>()
  /** Pushes that came before the answer that names the watch. */
  let early: Watch[] | undefined = []
  let watch: string | undefined
  let standing: WatchState = { state: 'asked' }
  let approved: Watch['approved']
  let connection: FrameConnection | undefined
  let usedTicket: string | undefined
  let peer: PeerChannel | undefined
  let isTrying = false
  /** Once, until pictures come again. */
  let hasAskedAgain = false
  let tries = 0
  let locked: { readonly frame: Arrived; readonly untilMs: number }[] = []
  let waitsForKeyFrame = true
  /** The last key frame is in a codec that is not decoded here: until another comes the server sends stills. */
  let isForeign = false
  let keyFrameWanted = false
  let lastTaken: FrameHeader | undefined
  let path: LivePath | undefined
  let switches = 0
  let unshown = 0
  /** The sink could not take a frame; said once. */
  let hasFailed = false
  let over: WatchEnd | undefined
  let cancelDue = () => {}
  let cancelTry = () => {}
  let cancelCounts = () => {}
  let stopListening = () => {}

  function takeStanding(next: Watch): void {
    if (over !== undefined) return
    if (next.approved && splitDevice(next.approved.broadcaster).user !== options.user) {
      // Whose pictures they are is for no server to say.
      options.onFault(brokeProtocol('The server names a device of somebody else as the one that shows.'))
      return finish('gone')
    }
    standing = next.standing
    if (next.approved) {
      const isNew = next.approved.broadcast !== approved?.broadcast
      if (isNew && approved) beginAnew()
      approved = next.approved
      if (isNew || next.approved.ticket !== usedTicket) options.onFormat(next.approved.format)
      openServer(next.approved.ticket)
      tryPeer()
    }
    if (standing.state === 'over' && standing.reason === 'gone' && !hasAskedAgain) {
      // Too long without a line; who was let in is let in again.
      hasAskedAgain = true
      ask().catch(() => finish('gone'))
    } else if (standing.state === 'over') {
      const { reason } = standing
      // What was sent before is still on its way.
      if (reason === 'ended' && connection) clock.after(LAST_FRAMES_MS, () => finish(reason))
      else finish(reason)
    }
    options.onChange()
  }

  /** Another broadcast numbers from the beginning. */
  function beginAnew(): void {
    order = createReorder()
    locked = []
    lastTaken = undefined
    waitsForKeyFrame = true
    peer?.close('another broadcast')
  }

  function openServer(ticket: string): void {
    if (usedTicket === ticket) return
    connection?.close()
    usedTicket = ticket
    connection = openFrameConnection({
      origin: options.origin,
      ticket,
      clock,
      connect: options.connect,
      onMessage: (message) => take('server', message),
      onOpen: () => order.begin('server', clock.nowMs()),
      onLost(isOver) {
        show(order.end('server', clock.nowMs()))
        if (isOver && standing.state === 'over') finish(standing.reason)
      },
    })
  }

  function tryPeer(): void {
    const { paths } = options
    if (!paths || !approved || peer || isTrying || over !== undefined) return
    const { broadcaster, broadcast } = approved
    isTrying = true
    const attempt = async () => {
      const proved = await options.proved(broadcaster)
      if (!proved) throw new Error('not known here')
      usePeer(await paths.open(proved, broadcast, leaving.signal))
    }
    attempt().then(
      () => {
        isTrying = false
        tries = 0
      },
      () => {
        isTrying = false
        tryLater()
      },
    )
  }

  function tryLater(): void {
    if (over !== undefined) return
    const waitMs = PEER_AGAIN_MS[Math.min(tries++, PEER_AGAIN_MS.length - 1)] as number
    cancelTry()
    cancelTry = clock.after(waitMs, tryPeer)
  }

  function usePeer(channel: PeerChannel): void {
    if (over !== undefined) return channel.close('over')
    peer = channel
    order.begin('peer', clock.nowMs())
    channel.onFrame = (message) => take('peer', message)
    channel.onEnd = () => {
      if (peer === channel) peer = undefined
      show(order.end('peer', clock.nowMs()))
      tellPath(false)
      tryLater()
    }
    channel.begin()
    tellPath(true)
  }

  function tellPath(up: boolean): void {
    if (over !== undefined || watch === undefined) return
    line.call('SEND', `/watches/${watch}/path`, { body: { up } }).catch((error: unknown) => {
      // Without a line it is said when this watch asks where it stands; of one that is over the server knows nothing.
      const isForeseen = error instanceof Trouble || (error instanceof Refusal && error.code === 'not-found')
      if (over === undefined && !isForeseen) options.onFault(error)
    })
  }

  function take(from: LivePath, message: Uint8Array): void {
    const header = decodeHeader(message)
    if (!header || over !== undefined) return
    const { epoch, sequence, type } = header
    if (type !== 'audio') {
      const back = encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted })
      keyFrameWanted = false
      if (from === 'server') connection?.send(back)
      else peer?.send(back)
    }
    const isSound = type === 'audio'
    const isKey = header.keyFrame || isSound
    show(order.take(from, { epoch, sequence, isKey, isSound, header, message, path: from }, clock.nowMs()))
    lookLater()
  }

  function lookLater(): void {
    cancelDue()
    const dueMs = Math.min(order.dueMs ?? Infinity, locked[0]?.untilMs ?? Infinity)
    if (dueMs === Infinity) return
    cancelDue = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      show(order.due(clock.nowMs()))
      lookLater()
    })
  }

  function show(arrived: readonly Arrived[]): void {
    const untilMs = clock.nowMs() + KEY_MS
    locked.push(...arrived.map((frame) => ({ frame, untilMs })))
    unlock()
  }

  /** In the order they came: what follows a frame whose key is not here yet waits with it. */
  function unlock(): void {
    if (!approved) return
    const { broadcaster, broadcast, format } = approved
    const nowMs = clock.nowMs()
    for (;;) {
      const [first] = locked
      if (!first) break
      const { header, message, path: from } = first.frame
      const isHere = keys.has(broadcaster, broadcast, header.epoch)
      if (!isHere && first.untilMs > nowMs && locked.length <= LOCKED_MAX) break
      locked = locked.slice(1)
      const bytes = isHere ? keys.open(broadcaster, broadcast, message) : undefined
      if (header.type === 'audio') {
        // Straight from the broadcaster it comes all the same.
        if (bytes && options.sound !== false) give({ header, bytes, path: from })
        continue
      }
      // Where nothing else is numbered between pictures, and each needs the one before, a missing number ends the sequence.
      const { layers } = format.picture ?? { layers: 1 }
      const isWhole = layers === 1 && format.audio === undefined && format.still === undefined
      const { epoch, sequence } = header
      const follows = epoch === lastTaken?.epoch ? sequence === lastTaken.sequence + 1 : sequence === 0
      lastTaken = header
      if (!bytes || (isWhole && !follows)) waitsForKeyFrame = true
      if (bytes && header.keyFrame) waitsForKeyFrame = false
      if (bytes && header.keyFrame && header.type === 'picture') isForeign = !isDecoded(bytes, format)
      if (isForeign && header.type === 'picture') {
        unshown++
        continue
      }
      if (!bytes || waitsForKeyFrame) {
        unshown++
        keyFrameWanted = true
        continue
      }
      if (path !== undefined && path !== from) switches++
      const isAnother = path !== from
      path = from
      hasAskedAgain = false
      if (isAnother) options.onChange()
      give({ header, bytes, path: from })
    }
  }

  function isWithoutRoom(): boolean {
    const isGivenLess = standing.state === 'watching' && standing.pictures === 'stills' && options.pictures === 'moving'
    const { picture } = approved?.format ?? {}
    const codec = picture && codecNamed(picture.codec)
    return isGivenLess && codec !== undefined && options.decodes.includes(codec)
  }

  function isDecoded(keyFrame: Uint8Array, { picture }: LiveFormat): boolean {
    const codec = codecOfKeyFrame(keyFrame) ?? (picture && codecNamed(picture.codec))
    return codec !== undefined && options.decodes.includes(codec)
  }

  /** A sink that a frame is too much for goes on without it: what came from somebody else ends nothing here. */
  function give(frame: ShownFrame): void {
    try {
      options.onFrame(frame)
    } catch (error) {
      unshown++
      if (!hasFailed) options.onFault(error)
      hasFailed = true
    }
  }

  function tellCounts(): void {
    if (over !== undefined) return
    cancelCounts = clock.after(COUNTS_EVERY_MS, () => {
      if (path !== undefined) options.onChange()
      tellCounts()
    })
  }

  function finish(reason: WatchEnd): void {
    if (over !== undefined) return
    over = reason
    standing = { state: 'over', reason }
    cancelDue()
    cancelTry()
    cancelCounts()
    stopListening()
    leaving.abort()
    connection?.close()
    peer?.close('over')
    ended.resolve(reason)
    options.onChange()
  }

  async function ask(): Promise<void> {
    const { user, pictures, decodes, ackWindow, sound } = options
    early ??= []
    const wish = {
      ...{ user, pictures, decodes },
      ...(ackWindow !== undefined && { ackWindow }),
      ...(sound === false && { audio: false }),
    }
    const { body } = await line.call('SEND', '/watches', { body: wish })
    const answer = watchSchema.safeParse(body)
    if (!answer.success)
      throw brokeProtocol('The server answered a request to watch with something else.', answer.error)
    watch = answer.data.watch
    takeStanding(answer.data)
    const later = early.filter((one) => one.watch === watch)
    early = undefined
    for (const one of later) takeStanding(one)
  }

  /** The line was gone: what was pushed meanwhile nobody heard, and the server may know nothing of us any more. */
  async function lookAgain(): Promise<void> {
    if (over !== undefined || watch === undefined) return
    try {
      const { body } = await line.call('RETRIEVE', `/watches/${watch}`)
      const answer = watchSchema.safeParse(body)
      if (!answer.success)
        throw brokeProtocol('The server says where a watch stands in a way of its own.', answer.error)
      if (answer.data.standing.state !== 'over') {
        takeStanding(answer.data)
        if (peer) tellPath(true)
        return
      }
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'not-found') throw error
    }
    await ask()
    if (peer) tellPath(true)
  }

  /** Not there either: the next time that the line comes back is soon enough. */
  function lookLaterAgain(error: unknown): void {
    if (over === undefined && !(error instanceof Trouble)) options.onFault(error)
  }

  return {
    ended: ended.promise,
    get state() {
      return {
        standing,
        path,
        switches,
        pictures: order.counts,
        unshown,
        viewers: approved?.viewers ?? 0,
        capacity: approved?.capacity,
        isWithoutRoom: isWithoutRoom(),
      }
    },
    async start() {
      await ask()
      stopListening = line.onState((state) => {
        if (state === 'online') lookAgain().catch(lookLaterAgain)
      })
      tellCounts()
    },
    take(push) {
      if (push.kind !== 'watch') return
      if (early) early = [...early, push].slice(-EARLY_MAX)
      else if (push.watch === watch) takeStanding(push)
    },
    unlock() {
      unlock()
      lookLater()
    },
    wantKeyFrame() {
      waitsForKeyFrame = true
      keyFrameWanted = true
      if (watch !== undefined) {
        line.call('SEND', `/watches/${watch}`, { body: { keyFrame: true } }).catch(options.onFault)
      }
    },
    async leave() {
      const name = watch
      if (over !== undefined) return
      finish('left')
      if (name !== undefined) await line.call('REMOVE', `/watches/${name}`).catch(() => {})
    },
  }
}
