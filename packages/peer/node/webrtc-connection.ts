// A peer connection by node-datachannel, as webrtc-path.ts needs it. Loaded when the first one is wanted: it takes 30 ms and 9 MB that most
// commands never need, and platforms it was not built for do without this path.

import type * as Native from 'node-datachannel'
import type { DataChannel, PeerConnection, RtcConfig } from 'node-datachannel'
import type { PathCandidate } from '@doorpost/protocol/path-signal'
import {
  type ConnectRtc,
  type IceServers,
  MEDIA_CHANNEL,
  MEDIA_CHANNEL_INIT,
  type RtcChannel,
  type RtcConnection,
} from '../paths/webrtc-connection.ts'
import { readCandidate, readDescription, writeCandidate, writeDescription } from '../paths/webrtc-sdp.ts'

/** Longest message this end takes, bytes: four of ours; nothing makes them longer. */
const MESSAGE_BYTES_MAX = 256 * 1024

export interface NodeRtcOptions {
  /** Bind here alone, e.g. `127.0.0.1`. */
  readonly bindAddress?: string
  /** For tests of relays. It hides no address (libdatachannel #1587), so nobody else uses it. */
  readonly relayOnly?: boolean
  /** How the native part comes here. */
  readonly load?: () => Promise<typeof Native>
}

/** Rejects where the native part is missing. */
export function createNodeRtc({
  bindAddress,
  relayOnly = false,
  load = () => import('node-datachannel'),
}: NodeRtcOptions = {}): ConnectRtc {
  return async (servers) => {
    const native = await load().catch((cause: unknown) => {
      throw new Error('webrtc is not available on this platform', { cause })
    })
    const config: RtcConfig = {
      iceServers: iceServersOf(servers),
      maxMessageSize: MESSAGE_BYTES_MAX,
      ...(bindAddress !== undefined && { bindAddress }),
      ...(relayOnly && { iceTransportPolicy: 'relay' }),
    }
    return connectionOf(new native.PeerConnection('doorpost', config), ({ kind }) => !relayOnly || kind === 'relay')
  }
}

function connectionOf(peer: PeerConnection, mayTell: (candidate: PathCandidate) => boolean): RtcConnection {
  // Held here: a channel that nothing refers to is collected, and closed with it.
  let channel: DataChannel | undefined
  let opened = false
  let over = false
  let endChannel = (_cause: string) => {}
  let named: string | undefined
  const described = Promise.withResolvers<string>()
  const waiting: PathCandidate[] = []
  // Whoever asks for the description hears of it.
  described.promise.catch(() => {})

  const end = (cause: string) => {
    if (over) return
    over = true
    described.reject(new Error(cause))
    endChannel(cause)
    // Closing in the middle of a callback of the library's would wait for that callback.
    setImmediate(() => {
      channel?.close()
      peer.close()
    })
    connection.onEnd(cause)
  }
  const guarded = (task: () => void) => {
    try {
      task()
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
  }
  const takeChannel = (taken: DataChannel) => {
    // One channel, and the one that was meant: another is somebody who plays by other rules.
    if (channel && channel !== taken) return end('a second channel')
    channel = taken
    const isOpen = () => {
      if (over || opened) return
      opened = true
      if (taken.getLabel() !== MEDIA_CHANNEL || named === undefined) return end('a channel that nobody asked for')
      if (peer.remoteFingerprint().value.toUpperCase() !== named) return end('another certificate than was signed')
      connection.onChannel(channelOf())
    }
    taken.onOpen(() => guarded(isOpen))
    taken.onClosed(() => end('the other side closed'))
    taken.onError((error) => end(error))
    if (taken.isOpen()) guarded(isOpen)
  }
  const channelOf = (): RtcChannel => {
    const open = channel as DataChannel
    const rtc: RtcChannel = {
      messageBytesMax: open.maxMessageSize(),
      givesMemoryBack: true,
      get bufferedBytes() {
        return open.bufferedAmount()
      },
      send(bytes) {
        open.sendMessageBinary(bytes)
      },
      onMessage: () => {},
      onLow: () => {},
      onEnd: () => {},
      setLowBytes: (bytes) => open.setBufferedAmountLowThreshold(bytes),
    }
    open.onMessage((message) => {
      if (over) return
      if (message instanceof Uint8Array) rtc.onMessage(message)
      else end('a message that is not bytes')
    })
    open.onBufferedAmountLow(() => over || rtc.onLow())
    endChannel = (cause) => rtc.onEnd(cause)
    return rtc
  }
  /** Candidates before the description throw: they wait. */
  const takeDescription = (role: 'offer' | 'answer', description: Parameters<typeof writeDescription>[1]) => {
    named = description.fingerprint
    peer.setRemoteDescription(writeDescription(role, description), role)
    for (const candidate of waiting.splice(0)) peer.addRemoteCandidate(writeCandidate(candidate), '0')
  }

  peer.onLocalDescription((sdp) => described.resolve(sdp))
  peer.onLocalCandidate((line) => {
    const candidate = over ? undefined : readCandidate(line)
    if (candidate && mayTell(candidate)) connection.onCandidate(candidate)
  })
  peer.onGatheringStateChange((state) => {
    if (state === 'complete' && !over) connection.onGathered()
  })
  peer.onStateChange((state) => {
    if (state === 'failed' || state === 'closed' || state === 'disconnected') end(`the connection is ${state}`)
  })
  peer.onDataChannel((taken) => guarded(() => takeChannel(taken)))

  const connection: RtcConnection = {
    async offer() {
      takeChannel(peer.createDataChannel(MEDIA_CHANNEL, MEDIA_CHANNEL_INIT))
      return readDescription(await described.promise)
    },
    async answer(offer) {
      takeDescription('offer', offer)
      // Made before that it would begin an offer of its own.
      takeChannel(peer.createDataChannel(MEDIA_CHANNEL, MEDIA_CHANNEL_INIT))
      return readDescription(await described.promise)
    },
    takeAnswer: (answer) => takeDescription('answer', answer),
    takeCandidate(candidate) {
      if (over) return
      if (named === undefined) waiting.push(candidate)
      else peer.addRemoteCandidate(writeCandidate(candidate), '0')
    },
    onCandidate: () => {},
    onGathered: () => {},
    onChannel: () => {},
    onEnd: () => {},
    close: end,
  }
  return connection
}

function iceServersOf({ stun, turn }: IceServers): RtcConfig['iceServers'] {
  const relayTypes = { udp: 'TurnUdp', tcp: 'TurnTcp', tls: 'TurnTls' } as const
  return [
    ...stun.map(({ host, port }) => ({ hostname: host, port })),
    ...turn.map(({ host, port, transport, username, credential }) => ({
      hostname: host,
      port,
      username,
      password: credential,
      relayType: relayTypes[transport],
    })),
  ]
}
