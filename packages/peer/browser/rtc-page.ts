// Peer connections for the device in the worker: makes them, tells what they find, and hands their channels over. Which
// connection is made with whom, and what travels on it, the worker decides.

import { type IceServers, MEDIA_CHANNEL, MEDIA_CHANNEL_INIT } from '../paths/webrtc-connection.ts'
import type { RtcAsk, RtcTold } from './rtc-messages.ts'

/** Serves the worker at the other end of this port. The returned function ends every connection. */
export function serveRtc(port: MessagePort, Connection = globalThis.RTCPeerConnection): () => void {
  const connections = new Map<number, PageConnection>()
  const tell = (told: RtcTold, transfer: Transferable[] = []) => port.postMessage(told, transfer)
  port.onmessage = ({ data }: MessageEvent<RtcAsk>) => {
    const { of } = data
    if (data.do === 'make') {
      const end = (cause: string) => {
        if (connections.delete(of)) tell({ of, told: 'end', cause })
      }
      try {
        connections.set(of, pageConnection(new Connection({ iceServers: iceServersOf(data.servers) }), of, tell, end))
      } catch (error) {
        tell({ of, told: 'end', cause: error instanceof Error ? error.message : String(error) })
      }
      return
    }
    connections.get(of)?.take(data)
  }
  return () => {
    for (const connection of [...connections.values()]) connection.end('the page is closing')
    port.close()
  }
}

interface PageConnection {
  take(ask: Exclude<RtcAsk, { do: 'make' }>): void
  end(cause: string): void
}

function pageConnection(
  peer: RTCPeerConnection,
  of: number,
  tell: (told: RtcTold, transfer?: Transferable[]) => void,
  onEnd: (cause: string) => void,
): PageConnection {
  let channel: RTCDataChannel | undefined
  let pump: ReturnType<typeof pumpOf> | undefined
  let isOver = false
  /** One after the other, so that no candidate overtakes its description. */
  let last: Promise<unknown> = Promise.resolve()

  const end = (cause: string) => {
    if (isOver) return
    isOver = true
    peer.close()
    onEnd(cause)
  }
  const then = (task: () => Promise<unknown>) => {
    last = last
      .then(() => (isOver ? undefined : task()))
      .catch((error: unknown) => {
        end(error instanceof Error ? error.message : String(error))
      })
  }
  /** It goes to the worker in the turn in which it came to be: later no browser lets it go (WebRTC 1.0 section 6.2.3, transfer steps). */
  const makeChannel = () => {
    const made = peer.createDataChannel(MEDIA_CHANNEL, MEDIA_CHANNEL_INIT)
    made.binaryType = 'arraybuffer'
    if (letGo(made)) return
    channel = made
    pump = pumpOf(made, of, tell, end)
  }
  /** Some browsers keep channels in pages. */
  const letGo = (taken: RTCDataChannel): boolean => {
    try {
      tell({ of, told: 'channel', channel: taken }, [taken])
      return true
    } catch {
      return false
    }
  }
  const describe = async () => {
    await peer.setLocalDescription()
    tell({ of, told: 'description', sdp: peer.localDescription?.sdp ?? '' })
  }
  const hear = (type: 'offer' | 'answer', sdp: string) => peer.setRemoteDescription({ type, sdp })

  peer.onicecandidate = ({ candidate }) => {
    if (candidate && !isOver) tell({ of, told: 'candidate', line: candidate.candidate })
  }
  peer.onicegatheringstatechange = () => {
    if (peer.iceGatheringState === 'complete' && !isOver) tell({ of, told: 'gathered' })
  }
  peer.onconnectionstatechange = () => {
    const { connectionState: state } = peer
    if (state === 'failed' || state === 'closed' || state === 'disconnected') end(`the connection is ${state}`)
  }
  peer.ondatachannel = () => end('a channel that nobody asked for')

  return {
    take(ask) {
      switch (ask.do) {
        case 'offer':
          makeChannel()
          return then(describe)
        case 'answer':
          makeChannel()
          return then(async () => {
            await hear('offer', ask.sdp)
            await describe()
          })
        case 'take-answer':
          return then(() => hear('answer', ask.sdp))
        case 'take-candidate':
          return then(() => peer.addIceCandidate({ candidate: ask.line, sdpMLineIndex: 0 }))
        case 'send':
          return pump?.send(ask.bytes)
        case 'low':
          if (channel) channel.bufferedAmountLowThreshold = ask.bytes
          return
        case 'close':
          return end(ask.cause)
      }
    },
    end,
  }
}

/** What comes goes to the worker without a copy; of what the worker sends it is told how much has not left. */
function pumpOf(
  channel: RTCDataChannel,
  of: number,
  tell: (told: RtcTold, transfer?: Transferable[]) => void,
  end: (cause: string) => void,
): { send(bytes: ArrayBuffer): void } {
  let takenBytes = 0
  const tellSent = () => tell({ of, told: 'sent', takenBytes, bufferedBytes: channel.bufferedAmount })
  const opened = () => tell({ of, told: 'pumped' })
  if (channel.readyState === 'open') opened()
  else channel.onopen = opened
  channel.onclose = () => end('the other side closed')
  channel.onbufferedamountlow = tellSent
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) tell({ of, told: 'bytes', bytes: data }, [data])
    else end('a message that is not bytes')
  }
  return {
    send(bytes) {
      takenBytes += bytes.byteLength
      try {
        channel.send(bytes)
      } catch (error) {
        return end(error instanceof Error ? error.message : String(error))
      }
      tellSent()
    },
  }
}

function iceServersOf({ stun, turn }: IceServers): RTCIceServer[] {
  const bare = (host: string) => (host.includes(':') ? `[${host}]` : host)
  return [
    ...stun.map(({ host, port }) => ({ urls: `stun:${bare(host)}:${port}` })),
    ...turn.map(({ host, port, transport, username, credential }) => ({
      urls:
        transport === 'tls'
          ? `turns:${bare(host)}:${port}?transport=tcp`
          : `turn:${bare(host)}:${port}?transport=${transport}`,
      username,
      credential,
    })),
  ]
}
