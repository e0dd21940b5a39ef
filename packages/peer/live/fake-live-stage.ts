// One broadcast of a source that a test makes frames for, and one viewer of it, both whole, over the server and the peer-to-peer connections of
// fake-live-server.ts: for tests of what arrives.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import type { LiveFormat } from '@doorpost/protocol/live/control'
import { PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import { fakeClock, settle } from '../fake-clock.ts'
import { systemRandom } from '../random.ts'
import type { LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import { type Broadcast, createBroadcast } from './broadcast.ts'
import { ALICE, BOB, BOB_USER, FAKE_FORMAT, FAKE_WATCH, fakeLiveServer } from './fake-live-server.ts'
import { createKeyRing } from './key-ring.ts'
import type { LivePaths } from './live-paths.ts'
import type { PeerChannel } from './peer-channel.ts'
import type { EncodedFrame, FrameSource, PictureFormat } from './source.ts'
import { createWatching } from './watching.ts'

interface Changes {
  readonly decodes?: readonly PictureCodec[]
  /** What the source makes. */
  readonly pictures?: readonly PictureFormat[]
  readonly audio?: LiveFormat['audio']
  /** Of the viewer. */
  readonly sound?: false
  /** The broadcaster has as many peer-to-peer connections as it may. */
  readonly isFull?: boolean
  readonly ackWindow?: number
  /** Stills for others are numbered among the pictures, so that a missing number says nothing. */
  readonly still?: LiveFormat['still']
  /** Keys are told when the test says so. */
  readonly keysWait?: boolean
  /** A picture that the viewer's sink cannot take. */
  readonly leavesOut?: number
}

/** What every packet of sound says: no picture's number. */
export const SOUND = 0xffff

export async function openLiveStage({
  decodes = PICTURE_CODECS,
  pictures,
  audio,
  sound,
  isFull = false,
  ackWindow = 30,
  still,
  keysWait = false,
  leavesOut,
}: Changes = {}) {
  const clock = fakeClock()
  const server = fakeLiveServer(ALICE)
  const keys = createKeyRing()
  const faults: unknown[] = []
  const states = listeners<LineState>()
  let give: (frame: EncodedFrame) => void = () => {}
  let keyFramesWanted = 0
  const used: string[] = []
  let isClosed = false
  let end: (trouble?: Error) => void = () => {}
  let tellKeys: () => void = () => {}
  const told = keysWait ? new Promise<void>((resolve) => void (tellKeys = resolve)) : undefined
  const source: FrameSource = {
    start({ onFrame, onEnd }) {
      give = onFrame
      end = onEnd
    },
    wantKeyFrame: () => void keyFramesWanted++,
    ...(pictures && { pictures, use: (picture) => void used.push(picture.codec) }),
    [Symbol.asyncDispose]: async () => void (isClosed = true),
  }
  const broadcast: Broadcast = createBroadcast({
    line: { call: server.call, onState: states.add },
    origin: 'http://a.example',
    clock,
    random: systemRandom,
    connect: server.connect.broadcaster,
    source,
    format: { ...FAKE_FORMAT, ...(audio && { audio }), ...(still && { still }) },
    asks: 'contacts',
    ackWindow,
    async tellKey(_user, id, { epoch, key }) {
      const take = () => {
        keys.take(ALICE, { note: 'live-key', broadcast: id, epoch, key: toBase64url(key) })
        watching.unlock()
      }
      if (told) told.then(take, () => {})
      else take()
    },
    decide: () => 'ask',
    onChange() {},
    onFault: (error) => faults.push(error),
  })
  const waiting: ((channel: PeerChannel) => void)[] = []
  const openedMs: number[] = []
  const paths: LivePaths = {
    begin() {},
    open() {
      openedMs.push(clock.nowMs())
      return isFull ? Promise.reject(new Error('full')) : new Promise((resolve) => waiting.push(resolve))
    },
    take() {},
    [Symbol.dispose]() {},
  }
  const seen: number[] = []
  const asked: unknown[] = []
  const watching = createWatching({
    line: {
      call(method, target, what) {
        if (target === '/watches') asked.push(what?.body)
        return server.call(method, target, what)
      },
      onState: states.add,
    },
    origin: 'http://a.example',
    clock,
    connect: server.connect.viewer,
    keys,
    paths,
    user: 'alice@a.example' as UserAddress,
    pictures: 'moving',
    decodes,
    sound,
    proved: async (address) => ({ address, deviceKey: new Uint8Array(32) }),
    onFormat() {},
    onFrame({ bytes }) {
      const number = (bytes.at(-2) ?? 0) * 256 + (bytes.at(-1) ?? 0)
      if (number === leavesOut) return false
      seen.push(number)
      return true
    },
    onChange() {},
    onFault: (error) => faults.push(error),
  })
  server.onPush = { broadcaster: (push) => broadcast.take(push), viewer: (push) => watching.take(push) }
  await broadcast.start()
  await broadcast.decide(BOB_USER, 'approve')
  broadcast.take({
    kind: 'live-ask',
    broadcast: broadcast.id,
    watch: FAKE_WATCH,
    viewer: BOB as DeviceAddress,
    contact: true,
  })
  await watching.start()
  await settle()
  let made = 0
  return {
    clock,
    server,
    broadcast,
    watching,
    seen,
    asked,
    faults,
    lineIsBack: () => states.tell('online'),
    keyFramesWanted: () => keyFramesWanted,
    made: () => made,
    /** The source ends, or fails. */
    endSource: (trouble?: Error) => end(trouble),
    isSourceClosed: () => isClosed,
    tellKeys: () => tellKeys(),
    /** When a peer-to-peer connection was asked for. */
    openedMs,
    /** Codecs that the source was told to change to. */
    used,
    /** `begins`: of a key frame, which says so what codec it is in. */
    frame(isKey = made === 0, begins: readonly number[] = []) {
      const bytes = Uint8Array.of(...begins, made >> 8, made & 255)
      give({ kind: 'picture', isKey, layer: 0, capturedAtUs: clock.nowMs() * 1000, bytes })
      made++
    },
    sound() {
      const capturedAtUs = clock.nowMs() * 1000
      give({ kind: 'audio', isKey: false, layer: 0, capturedAtUs, bytes: Uint8Array.of(SOUND >> 8, SOUND & 255) })
    },
    /** A peer-to-peer connection opens at both ends. */
    async join() {
      const joined = server.join()
      const ready = waiting.shift()
      if (!ready) return undefined
      broadcast.attach(BOB as DeviceAddress, joined.ends[0])
      ready(joined.ends[1])
      await settle()
      return joined
    },
  }
}
