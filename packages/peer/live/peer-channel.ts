// Frames and what goes against them on a peer-to-peer connection: cuts its line of bytes into messages, and checks with a probe each
// second that somebody is still there. How the connection comes to be is live-paths.ts's.
//
//   message = u32be length ‖ bytes: a frame (protocol/live/frame.ts) or one of protocol/live/acknowledgement.ts

import { type BackMessage, decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { decodeHeader } from '@doorpost/protocol/live/frame'
import { ACK_WINDOW_MAX, LIVE_FRAME_BYTES_MAX, LIVE_PING_MS, LIVE_SILENCE_MS } from '@doorpost/protocol/live/limits'
import type { Clock } from '../clock.ts'
import type { Carrier } from '../paths/carrier.ts'

const LENGTH_BYTES = 4
/**
 * What may wait here for the other end to take it, bytes: the largest window of the largest frames. Only one that acknowledges what it never
 * took, or asks for echoes and reads none, can make it more.
 */
const UNTAKEN_BYTES_MAX = ACK_WINDOW_MAX * LIVE_FRAME_BYTES_MAX
/** What waiting costs beside a message's own bytes, about; echoes are small and many. */
const WAITING_BYTES = 256

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
  const head = new Uint8Array(LENGTH_BYTES)
  let headBytes = 0
  /** Of the message that is coming, and how much of it is here. */
  let body: Uint8Array | undefined
  let bodyBytes = 0
  let untakenBytes = 0
  let heardMs = clock.nowMs()
  let probes = 0
  let over = false
  let cancelProbe = () => {}

  const send = (message: Uint8Array) => {
    if (over) return
    const costBytes = message.length + WAITING_BYTES
    untakenBytes += costBytes
    if (untakenBytes > UNTAKEN_BYTES_MAX) return channel.close('the other end takes nothing')
    const length = new Uint8Array(LENGTH_BYTES)
    new DataView(length.buffer).setUint32(0, message.length)
    carrier.write(length)
    carrier.write(message, () => void (untakenBytes -= costBytes))
  }
  const end = (cause: string) => {
    if (over) return
    over = true
    cancelProbe()
    body = undefined
    channel.onEnd(cause)
  }
  const take = (message: Uint8Array) => {
    const back = decodeBack(message)
    if (back?.type === 'probe') send(encodeBack({ type: 'echo', number: back.number }))
    else if (back?.type === 'acknowledgement') channel.onAcknowledgement(back)
    else if (back) return
    else if (decodeHeader(message)) channel.onFrame(message)
    else channel.close('a message that is none')
  }
  /** Copies what the message that is coming still needs; how much that was. Each byte is copied once, in whatever parts it comes. */
  const fill = (into: Uint8Array, filled: number, from: Uint8Array): number => {
    const bytes = from.subarray(0, into.length - filled)
    into.set(bytes, filled)
    return bytes.length
  }
  const probe = () => {
    if (clock.nowMs() - heardMs >= LIVE_SILENCE_MS) return channel.close('silent')
    send(encodeBack({ type: 'probe', number: probes++ % 2 ** 32 }))
    cancelProbe = clock.after(LIVE_PING_MS, probe)
  }

  carrier.onData = (bytes) => {
    heardMs = clock.nowMs()
    for (let at = 0; !over && at < bytes.length; ) {
      if (!body) {
        const taken = fill(head, headBytes, bytes.subarray(at))
        headBytes += taken
        at += taken
        if (headBytes < LENGTH_BYTES) return
        const length = new DataView(head.buffer).getUint32(0)
        if (length > LIVE_FRAME_BYTES_MAX) return channel.close('a message longer than any may be')
        body = new Uint8Array(length)
        bodyBytes = 0
      }
      const taken = fill(body, bodyBytes, bytes.subarray(at))
      bodyBytes += taken
      at += taken
      if (bodyBytes < body.length) return
      const whole = body
      body = undefined
      headBytes = 0
      take(whole)
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
