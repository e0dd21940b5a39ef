// The bare end of a measured channel by node-datachannel: signals in and out, and as many bytes as are wanted, always the same. No
// encryption of ours, no hash, no disk.

import { type DataChannel, PeerConnection, type RtcConfig } from 'node-datachannel'

const MESSAGE_BYTES = 64 * 1024
/** As a careful program of others does: half a second of the line, refilled at a quarter of it. */
const HIGH_BYTES = 8 * 1024 * 1024
const LOW_BYTES = 2 * 1024 * 1024

export interface BareSignal {
  readonly sdp?: string
  readonly type?: 'offer' | 'answer'
  readonly candidate?: string
}

/** `tell`: to the other end. `hear`: what that one told; candidates may come before their description. */
export function openBarePeer(
  config: RtcConfig,
  tell: (signal: object) => void,
): { readonly peer: PeerConnection; hear(signal: BareSignal): void } {
  const peer = new PeerConnection('bare', config)
  const waiting: string[] = []
  let described = false
  peer.onLocalDescription((sdp, type) => tell({ sdp, type }))
  peer.onLocalCandidate((candidate) => tell({ candidate }))
  return {
    peer,
    hear({ sdp, type, candidate }) {
      if (sdp !== undefined && type !== undefined) {
        described = true
        peer.setRemoteDescription(sdp, type)
        for (const one of waiting.splice(0)) peer.addRemoteCandidate(one, '0')
      } else if (candidate !== undefined) {
        if (described) peer.addRemoteCandidate(candidate, '0')
        else waiting.push(candidate)
      }
    },
  }
}

/** Begins when the other end says anything. */
export function pour(channel: DataChannel, sizeBytes: number): void {
  const bytes = Buffer.alloc(MESSAGE_BYTES, 7)
  let sent = 0
  const fill = () => {
    while (sent < sizeBytes && channel.bufferedAmount() < HIGH_BYTES) {
      channel.sendMessageBinary(bytes)
      sent += bytes.length
    }
  }
  channel.setBufferedAmountLowThreshold(LOW_BYTES)
  channel.onBufferedAmountLow(fill)
  channel.onMessage(fill)
}
