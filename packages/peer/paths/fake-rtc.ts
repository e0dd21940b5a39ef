// Peer connections within one process, for tests of signalling: two ends that know each other's fingerprints are joined when each has tried a
// candidate of the other. What node-datachannel does is webrtc.test.ts's.

import type { PathCandidate, PathDescription } from '@doorpost/protocol/path-signal'
import type { ConnectRtc, IceServers, RtcChannel, RtcConnection } from './webrtc-connection.ts'

export interface FakeConnection extends RtcConnection {
  readonly servers: IceServers
  readonly tried: PathCandidate[]
  readonly closedBy: string | undefined
  /** Finds a candidate of its own, now. */
  find(candidate: Partial<PathCandidate>): void
  /** There will be no more. */
  gathered(): void
}

/** A street of connections; `made` has all in the order they were made. */
export function fakeRtc(): { readonly connect: ConnectRtc; readonly made: FakeConnection[] } {
  const made: FakeConnection[] = []
  const byFingerprint = new Map<string, { connection: FakeConnection; theirs: string | undefined }>()
  const connect: ConnectRtc = (servers) => {
    const mine = made.length.toString(16).padStart(2, '0').toUpperCase()
    const fingerprint = Array.from({ length: 32 }, () => mine).join(':')
    const own: PathDescription = { ufrag: 'ufrag', pwd: 'p'.repeat(22), fingerprint, messageBytesMax: 65_536 }
    const tried: PathCandidate[] = []
    let closedBy: string | undefined
    const entry: { connection: FakeConnection; theirs: string | undefined } = {
      theirs: undefined,
      connection: {
        servers,
        tried,
        get closedBy() {
          return closedBy
        },
        offer: () => Promise.resolve(own),
        answer(offer) {
          entry.theirs = offer.fingerprint
          return Promise.resolve(own)
        },
        takeAnswer(answer) {
          entry.theirs = answer.fingerprint
          meet()
        },
        takeCandidate(candidate) {
          tried.push(candidate)
          meet()
        },
        onCandidate: () => {},
        onGathered: () => {},
        onChannel: () => {},
        onEnd: () => {},
        close(cause) {
          if (closedBy !== undefined) return
          closedBy = cause
          entry.connection.onEnd(cause)
          const other = byFingerprint.get(entry.theirs ?? '')
          other?.connection.close('the other side closed')
        },
        find: (candidate) =>
          entry.connection.onCandidate({
            foundation: '1',
            priority: 1,
            address: '192.0.2.7',
            port: 5000,
            kind: 'host',
            ...candidate,
          }),
        gathered: () => entry.connection.onGathered(),
      },
    }
    const meet = () => {
      const other = byFingerprint.get(entry.theirs ?? '')
      const both = other?.theirs === fingerprint && tried.length > 0 && other.connection.tried.length > 0
      if (!both || closedBy !== undefined) return
      const [one, two] = [fakeChannel(), fakeChannel()]
      one.peer = two
      two.peer = one
      entry.connection.onChannel(one)
      other.connection.onChannel(two)
    }
    byFingerprint.set(fingerprint, entry)
    made.push(entry.connection)
    return Promise.resolve(entry.connection)
  }
  return { connect, made }
}

export interface FakeChannel extends RtcChannel {
  /** What was sent, message by message. */
  readonly sent: Uint8Array[]
  bufferedBytes: number
  readonly lowBytes: number
  /** Gets what is sent; without one it is only kept. */
  peer: FakeChannel | undefined
  /** Counts what is sent as not having left. */
  holds: boolean
}

export function fakeChannel(messageBytesMax = 256 * 1024): FakeChannel {
  let lowBytes = 0
  const channel: FakeChannel = {
    messageBytesMax,
    sent: [],
    bufferedBytes: 0,
    holds: false,
    peer: undefined,
    get lowBytes() {
      return lowBytes
    },
    send(bytes) {
      const copy = Uint8Array.from(bytes)
      channel.sent.push(copy)
      if (channel.holds) channel.bufferedBytes += copy.length
      if (channel.peer) queueMicrotask(() => channel.peer?.onMessage(Uint8Array.from(copy)))
    },
    onMessage: () => {},
    onLow: () => {},
    onEnd: () => {},
    setLowBytes(bytes) {
      lowBytes = bytes
    },
  }
  return channel
}
