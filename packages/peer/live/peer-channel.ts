// Frames and what goes against them on a peer-to-peer connection: cuts its line of bytes into messages, and checks with a probe each
// second that somebody is still there. How the connection comes to be is live-paths.ts's.
//
//   message = u32be length ‖ bytes: a frame (protocol/live/frame.ts) or one of protocol/live/acknowledgement.ts

import { concat } from '@doorpost/protocol/bytes'
import { type BackMessage, decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { LIVE_FRAME_BYTES_MAX, LIVE_PING_MS, LIVE_SILENCE_MS } from '@doorpost/protocol/live/limits'
import type { Clock } from '../clock.ts'
import type { Carrier } from '../paths/carrier.ts'

const LENGTH_BYTES = 4

export interface PeerChannel {
  send(message: Uint8Array): void
  /** Once, when the handlers are set: nothing is delivered before. */
  begin(): void
  /** Set once. */
  onFrame: (message: Uint8Array) => void
  onAcknowledgement: (message: Extract<BackMessage, { type: 'acknowledgement' }>) => void
  /** Called once, also after `close`. */
  onEnd: (cause: string) => void
  /** Idempotent; never throws. */
  close(cause: string): void
}

/** Takes the carrier over. */
export function openPeerChannel(carrier: Carrier, clock: Clock): PeerChannel {
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  let heardMs = clock.nowMs()
  let probes = 0
  let over = false
  let cancelProbe = () => {}

  const send = (message: Uint8Array) => {
    if (over) return
    const length = new Uint8Array(LENGTH_BYTES)
    new DataView(length.buffer).setUint32(0, message.length)
    carrier.write(length)
    carrier.write(message)
  }
  const end = (cause: string) => {
    if (over) return
    over = true
    cancelProbe()
    gathered = []
    channel.onEnd(cause)
  }
  const take = (message: Uint8Array) => {
    const back = decodeBack(message)
    if (back?.type === 'probe') send(encodeBack({ type: 'echo', number: back.number }))
    else if (back?.type === 'acknowledgement') channel.onAcknowledgement(back)
    else if (!back) channel.onFrame(message)
  }
  const probe = () => {
    if (clock.nowMs() - heardMs >= LIVE_SILENCE_MS) return channel.close('silent')
    send(encodeBack({ type: 'probe', number: probes++ % 2 ** 32 }))
    cancelProbe = clock.after(LIVE_PING_MS, probe)
  }

  carrier.onData = (bytes) => {
    heardMs = clock.nowMs()
    // Lent for this call.
    gathered.push(bytes.slice())
    gatheredBytes += bytes.length
    while (!over && gatheredBytes >= LENGTH_BYTES) {
      const [first] = gathered as [Uint8Array]
      const joined = gathered.length === 1 || first.length >= LENGTH_BYTES ? first : concat(...gathered)
      const length = new DataView(joined.buffer, joined.byteOffset).getUint32(0)
      if (length > LIVE_FRAME_BYTES_MAX) return channel.close('a message longer than any may be')
      if (gatheredBytes < LENGTH_BYTES + length) return
      const all = concat(...gathered)
      const rest = all.subarray(LENGTH_BYTES + length)
      gathered = rest.length > 0 ? [rest] : []
      gatheredBytes = rest.length
      take(all.slice(LENGTH_BYTES, LENGTH_BYTES + length))
    }
  }
  carrier.onEnd = end

  const channel: PeerChannel = {
    send,
    begin() {
      if (over) return
      probe()
      carrier.resume()
    },
    onFrame: () => {},
    onAcknowledgement: () => {},
    onEnd: () => {},
    close(cause) {
      carrier.close(cause)
      end(cause)
    },
  }
  return channel
}
