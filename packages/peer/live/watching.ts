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
import { decodeHeader } from '@doorpost/protocol/live/frame'
import { codecNamed, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { Refusal } from '@doorpost/protocol/errors'
import { BROADCASTER_AWAY_MS } from '@doorpost/protocol/live/limits'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { type ConnectFrames, type FrameConnection, openFrameConnection } from './frame-connection.ts'
import type { KeyRing } from './key-ring.ts'
import type { LivePaths, ProvedDevice } from './live-paths.ts'
import { createOpening, type SealedShown, type ShownFrame } from './opening.ts'
import type { PeerChannel } from './peer-channel.ts'
import { createReorder, type LivePath, type Numbered, type ReorderCounts } from './reorder.ts'

/** Waits before a peer-to-peer connection is tried again, ms; the last holds. */
const PEER_AGAIN_MS = [2_000, 5_000, 15_000, 30_000] as const
/** Pushes that may come before the answer that says which are ours: those of other watchings among them. */
const EARLY_MAX = 64
/** How often counts are told while pictures come, ms. */
const COUNTS_EVERY_MS = 1_000
/** When all is over: how long nothing may come on a connection that is still to bring its last frames, and how long that may take in all, ms. */
const LAST_SILENCE_MS = 2_000
const LAST_FRAMES_MS = 10_000
/** How often a server that knows nothing of what is watched is asked again, ms: it started anew, and the broadcaster is not back yet. */
const UNKNOWN_AGAIN_MS = 2_000

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
  /** `false`: the sink could not take it. */
  onFrame(frame: ShownFrame): unknown
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

interface Arrived extends Numbered, SealedShown {}

export function createWatching(options: WatchingOptions): Watching {
  const { line, clock } = options
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
  const opening = createOpening({
    clock,
    keys: options.keys,
    decodes: options.decodes,
    sound: options.sound,
    approved: () => approved,
    onFrame: options.onFrame,
    onPicture(isAnother) {
      hasAskedAgain = false
      if (isAnother) options.onChange()
    },
    onFault: options.onFault,
  })
  let over: WatchEnd | undefined
  /** It is over at the server, which brings what it sent before still. */
  let last: { readonly reason: WatchEnd; readonly untilMs: number } | undefined
  /** The frame connection brings nothing more. */
  let isServerDone = false
  let cancelLast = () => {}
  let cancelAsk = () => {}
  let cancelDue = () => {}
  let cancelTry = () => {}
  let cancelCounts = () => {}
  let stopListening = () => {}

  function takeStanding(next: Watch): void {
    if (over !== undefined || (last && next.standing.state === 'over')) return
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
      if (reason === 'ended' || reason === 'draining') bringLast(reason)
      else finish(reason)
    }
    options.onChange()
  }

  /** Another broadcast numbers from the beginning. */
  function beginAnew(): void {
    bringHeld()
    order = createReorder()
    opening.beginAnew()
    peer?.close('another broadcast')
  }

  function openServer(ticket: string): void {
    if (usedTicket === ticket) return
    connection?.close()
    isServerDone = false
    usedTicket = ticket
    connection = openFrameConnection({
      origin: options.origin,
      ticket,
      clock,
      connect: options.connect,
      onMessage: (message) => take('server', message),
      onOpen: () => order.begin('server', clock.nowMs()),
      onLost(isOver) {
        isServerDone = isOver
        opening.take(order.end('server', clock.nowMs()))
        lookForLast()
      },
    })
  }

  function tryPeer(): void {
    const { paths } = options
    if (!paths || !approved || peer || isTrying || last || over !== undefined) return
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
    if (last || over !== undefined) return
    const waitMs = PEER_AGAIN_MS[Math.min(tries++, PEER_AGAIN_MS.length - 1)] as number
    cancelTry()
    cancelTry = clock.after(waitMs, tryPeer)
  }

  function usePeer(channel: PeerChannel): void {
    if (last || over !== undefined) return channel.close('over')
    peer = channel
    order.begin('peer', clock.nowMs())
    channel.onFrame = (message) => take('peer', message)
    channel.onEnd = () => {
      if (peer === channel) peer = undefined
      opening.take(order.end('peer', clock.nowMs()))
      tellPath(false)
      tryLater()
      lookForLast()
    }
    channel.begin()
    tellPath(true)
  }

  function tellPath(up: boolean): void {
    if (last || over !== undefined || watch === undefined) return
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
      const keyFrameWanted = opening.takeKeyFrameWanted()
      const back = encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted })
      if (from === 'server') connection?.send(back)
      else peer?.send(back)
    }
    const isSound = type === 'audio'
    const isKey = header.keyFrame || isSound
    opening.take(order.take(from, { epoch, sequence, isKey, isSound, header, message, path: from }, clock.nowMs()))
    lookLater()
    lookForLast()
  }

  function lookLater(): void {
    cancelDue()
    const dueMs = Math.min(order.dueMs ?? Infinity, opening.dueMs)
    if (dueMs === Infinity) return
    cancelDue = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      opening.take(order.due(clock.nowMs()))
      lookLater()
      lookForLast()
    })
  }

  /** Nobody sends anything new: what is under way is waited for, as what came is for its key. */
  function bringLast(reason: WatchEnd): void {
    last = { reason, untilMs: clock.nowMs() + LAST_FRAMES_MS }
    cancelTry()
    lookForLast()
  }

  function lookForLast(): void {
    if (!last || over !== undefined) return
    const { reason, untilMs } = last
    const nowMs = clock.nowMs()
    cancelLast()
    const isBrought = (isServerDone || !connection?.isOpen) && !peer
    if (!isBrought && nowMs < untilMs) {
      cancelLast = clock.after(Math.min(LAST_SILENCE_MS, untilMs - nowMs), () => {
        isServerDone = true
        peer?.close('it is over')
        lookForLast()
      })
      return
    }
    bringHeld()
    lookLater()
    if (opening.waiting === 0) finish(reason)
  }

  /** What waits for a frame before it waits in vain. */
  function bringHeld(): void {
    for (const path of ['server', 'peer'] as const) opening.take(order.end(path, clock.nowMs()))
  }

  function isWithoutRoom(): boolean {
    const isGivenLess = standing.state === 'watching' && standing.pictures === 'stills' && options.pictures === 'moving'
    const { picture } = approved?.format ?? {}
    const codec = picture && codecNamed(picture.codec)
    return isGivenLess && codec !== undefined && options.decodes.includes(codec)
  }

  function tellCounts(): void {
    if (over !== undefined) return
    cancelCounts = clock.after(COUNTS_EVERY_MS, () => {
      if (opening.path !== undefined) options.onChange()
      tellCounts()
    })
  }

  function finish(reason: WatchEnd): void {
    if (over !== undefined) return
    // It was acknowledged: whoever keeps it has it.
    bringHeld()
    opening.giveUp()
    over = reason
    standing = { state: 'over', reason }
    cancelDue()
    cancelLast()
    cancelAsk()
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
    const wish = {
      ...{ user, pictures, decodes },
      ...(ackWindow !== undefined && { ackWindow }),
      ...(sound === false && { audio: false }),
    }
    early ??= []
    let later: Watch[]
    try {
      const { body } = await line.call('SEND', '/watches', { body: wish })
      const answer = watchSchema.safeParse(body)
      if (!answer.success)
        throw brokeProtocol('The server answered a request to watch with something else.', answer.error)
      watch = answer.data.watch
      takeStanding(answer.data)
      later = early.filter((one) => one.watch === watch)
    } finally {
      early = undefined
    }
    for (const one of later) takeStanding(one)
  }

  /** The line was gone: what was pushed meanwhile nobody heard, and the server may know nothing of us any more. */
  async function lookAgain(): Promise<void> {
    if (last || over !== undefined || watch === undefined) return
    cancelAsk()
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
    await askAnew(clock.nowMs())
  }

  /** A server that started anew may hear of the broadcast later than of this: it is asked again for as long as a broadcaster may be away. */
  async function askAnew(sinceMs: number): Promise<void> {
    if (last || over !== undefined) return
    try {
      await ask()
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'not-found') throw error
      const isLong = clock.nowMs() - sinceMs >= BROADCASTER_AWAY_MS
      if (!peer && (isServerDone || isLong)) return bringLast(isServerDone ? 'ended' : 'gone')
      cancelAsk()
      cancelAsk = clock.after(UNKNOWN_AGAIN_MS, () => void askAnew(sinceMs).catch(lookLaterAgain))
      return
    }
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
        path: opening.path,
        switches: opening.switches,
        pictures: order.counts,
        unshown: opening.unshown,
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
      opening.unlock()
      lookLater()
      lookForLast()
    },
    wantKeyFrame() {
      opening.lose()
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
