// One broadcast and one viewer within one process, for tests: a server that relays when the test lets it and moves pictures between paths
// when it is told, and a peer-to-peer connection that can be cut with what is under way on it. What the real server does is its own tests'.

import type { UserAddress } from '@doorpost/protocol/address'
import { decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { LiveFormat, LivePush, Sinks, Start, Watch, WatchState } from '@doorpost/protocol/live/control'
import { decodeHeader, isAfter, type FrameHeader } from '@doorpost/protocol/live/frame'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import type { LineAnswer } from '../session/line.ts'
import type { BinaryWebSocket } from './frame-connection.ts'
import type { PeerChannel } from './peer-channel.ts'

export const FAKE_FORMAT = {
  picture: { codec: 'avc1.42E01F', width: 64, height: 48, framesPerSecond: 25, layers: 1 },
  bytesPerSecond: { pictures: 1000, stills: 0, audio: 0 },
}
const CAPACITY = {
  bytesPerSecondMax: 1,
  bytesPerSecond: 0,
  reservedBytesPerSecond: 0,
  connectionsMax: 1,
  connections: 0,
}
export const FAKE_WATCH = toBase64url(new Uint8Array(16).fill(9))

interface FakeSocket extends BinaryWebSocket {
  deliver(bytes: Uint8Array): void
  end(code: number): void
}

function fakeSocket(onSend: (bytes: Uint8Array) => void): FakeSocket {
  const heard = new Map<string, (event: never) => void>()
  const tell = (kind: string, event: unknown) => heard.get(kind)?.(event as never)
  const socket: FakeSocket = {
    binaryType: 'blob',
    bufferedAmount: 0,
    send: (bytes) => onSend(bytes.slice()),
    close: () => {},
    addEventListener: (kind: string, listener: (event: never) => void) => void heard.set(kind, listener),
    deliver: (bytes) => tell('message', { data: bytes.slice().buffer }),
    end: (code) => tell('close', { code }),
  }
  queueMicrotask(() => tell('open', {}))
  return socket
}

/** Two ends; what is sent on one waits until the test delivers it. */
function fakeChannels(): { ends: [PeerChannel, PeerChannel]; deliver(): boolean; cut(): void } {
  const queue: (() => void)[] = []
  let isCut = false
  const make = (other: () => PeerChannel): PeerChannel => ({
    send(message) {
      const bytes = message.slice()
      if (isCut) return
      queue.push(() => {
        const back = decodeBack(bytes)
        if (back?.type === 'acknowledgement') other().onAcknowledgement(back)
        else other().onFrame(bytes)
      })
    },
    begin() {},
    onFrame: () => {},
    onAcknowledgement: () => {},
    onEnd: () => {},
    close: () => cut(),
  })
  const ends: [PeerChannel, PeerChannel] = [make(() => ends[1]), make(() => ends[0])]
  const cut = () => {
    if (isCut) return
    isCut = true
    queue.length = 0
    for (const end of ends) end.onEnd('cut')
  }
  return {
    ends,
    deliver() {
      const next = queue.shift()
      next?.()
      return next !== undefined
    },
    cut,
  }
}

export interface FakeLiveServer {
  /** Of the broadcaster's device, and of the viewer's. */
  call(method: string, target: string, options?: { body?: unknown }): Promise<LineAnswer>
  connect: { readonly broadcaster: () => BinaryWebSocket; readonly viewer: () => BinaryWebSocket }
  onPush: { broadcaster: (push: LivePush) => void; viewer: (push: LivePush) => void }
  /** What was asked, as `METHOD target`. */
  readonly calls: string[]
  /** Codecs of the formats that the broadcaster told, oldest first. */
  readonly formats: string[]
  /** Whether the broadcaster said that its peer-to-peer connection is there; undefined: it said nothing yet. */
  readonly pathUp: boolean | undefined
  /** Where pictures go from now on. */
  move(pictures: Sinks['pictures']): void
  /** The server hands the oldest message that waits with it to the viewer; false where none does. */
  relay(): boolean
  /** It leaves the oldest of them out, as for a viewer whose window is full, and what comes before the next key frame. */
  skip(): void
  /** A peer-to-peer connection. */
  join(): ReturnType<typeof fakeChannels>
  /** It starts anew: it knows nobody, and nothing is sent anywhere. */
  startAnew(): void
  /** It does not know the watch any more. */
  hasForgotten: boolean
  /** The broadcaster's frame connection breaks. */
  breakConnection(): void
  /** A viewer who asks is told that nothing is shown. */
  showsNothing: boolean
  /** It says that it is over. */
  tellEnd(): void
  /** It has nothing more for the viewer's frame connection. */
  closeViewer(): void
  /** Both. */
  end(): void
}

/** The viewer is let in as soon as it asks. */
export function fakeLiveServer(broadcaster: `${string}@${string}/${string}`): FakeLiveServer {
  const waiting: Uint8Array[] = []
  const calls: string[] = []
  let pathUp: boolean | undefined
  let ticket = toBase64url(new Uint8Array(32))
  let broadcast = ''
  /** As it was told first. */
  let format: LiveFormat = FAKE_FORMAT
  let sinks: Sinks = { turn: 0, pictures: 'server', watch: FAKE_WATCH, stills: false }
  let last: FrameHeader | undefined
  let skips = false
  let [fromBroadcaster, toViewer]: (FakeSocket | undefined)[] = []
  const answer = (body: unknown): LineAnswer => ({ status: 200, headers: {}, body })
  const watchOf = (standing: WatchState): Watch => ({
    watch: FAKE_WATCH,
    standing,
    approved: {
      broadcaster: broadcaster as never,
      broadcast,
      format,
      ticket,
      viewers: 1,
      capacity: CAPACITY,
    },
  })
  const server: FakeLiveServer = {
    async call(method, target, { body } = {}) {
      calls.push(`${method} ${target.replace(broadcast || 'none yet', 'BROADCAST')}`)
      if (target.endsWith('/paths')) pathUp = (body as { up: boolean }).up
      if (method === 'LIST') return answer({ capacity: CAPACITY, broadcasts: [] })
      if (target === '/live') {
        broadcast = (body as Start).broadcast
        if (server.formats.length === 0) ({ format } = body as Start)
        server.formats.push((body as Start).format.picture?.codec ?? 'none')
        return answer({ broadcast, ticket, sinks, viewersMax: 10, capacity: CAPACITY })
      }
      if (method === 'RETRIEVE' && server.hasForgotten) throw new Refusal('not-found')
      if (method === 'SEND' && target === '/watches' && server.showsNothing) throw new Refusal('not-found')
      if (target.startsWith('/watches') && !target.endsWith('/path')) {
        return answer(watchOf({ state: 'watching', pictures: 'moving', path: 'server' }))
      }
      return answer(undefined)
    },
    connect: {
      broadcaster() {
        fromBroadcaster = fakeSocket((bytes) => {
          const header = decodeHeader(bytes)
          if (!header) return
          const { epoch, sequence } = header
          fromBroadcaster?.deliver(encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted: false }))
          if (last && !isAfter(header, last)) return
          last = header
          waiting.push(bytes)
        })
        return fromBroadcaster
      },
      viewer() {
        toViewer = fakeSocket(() => {})
        return toViewer
      },
    },
    onPush: { broadcaster: () => {}, viewer: () => {} },
    calls,
    formats: [],
    get pathUp() {
      return pathUp
    },
    move(pictures) {
      sinks = { ...sinks, turn: sinks.turn + 1, pictures }
      server.onPush.broadcaster({ kind: 'live-sinks', broadcast, sinks })
    },
    relay() {
      while (skips && waiting[0] && !decodeHeader(waiting[0])?.keyFrame) waiting.shift()
      const next = waiting.shift()
      if (next && decodeHeader(next)?.keyFrame) skips = false
      if (next) toViewer?.deliver(next)
      return next !== undefined
    },
    skip() {
      const left = waiting.shift()
      if (left && decodeHeader(left)?.type !== 'audio') skips = true
    },
    join: fakeChannels,
    hasForgotten: false,
    startAnew() {
      ticket = toBase64url(new Uint8Array(32).fill(1))
      sinks = { turn: 0, pictures: 'none', stills: false }
      last = undefined
      server.hasForgotten = true
    },
    breakConnection: () => fromBroadcaster?.end(1006),
    showsNothing: false,
    tellEnd: () => server.onPush.viewer({ kind: 'watch', ...watchOf({ state: 'over', reason: 'ended' }) }),
    closeViewer: () => toViewer?.end(1000),
    end() {
      server.tellEnd()
      server.closeViewer()
    },
  }
  return server
}

export const ALICE = 'alice@a.example/laptop'
export const BOB = 'bob@a.example/phone'
export const BOB_USER = 'bob@a.example' as UserAddress
