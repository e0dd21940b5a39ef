// A data channel as a carrier: what is written in one turn is put together into messages, long runs are cut into them, and no more is
// handed over than the channel can send soon. What came while the reader paused is kept, bounded by what a reader asks for.

import { concat } from '@doorpost/protocol/bytes'
import type { Carrier } from './carrier.ts'
import type { RtcChannel } from './webrtc-connection.ts'

/** Bytes of one message: every implementation takes 64 KiB; between machines without browsers more is no faster (bench/webrtc.ts). */
const MESSAGE_BYTES = 64 * 1024
/** The same from a browser, as far as the other end takes it. */
const LONG_MESSAGE_BYTES = 256 * 1024
/** Handed to the channel and not yet sent, bytes: handing over then comes in runs of two pieces. */
const HIGH_BYTES = 4 * 1024 * 1024
/**
 * Where handing over goes on, bytes: 20 ms at 100 MB/s, as a turn of ours that hashes pieces comes late on a busy machine. With 512 KiB the
 * channel ran dry before every third run (bench/webrtc.ts, two processes on two cores), with this once in a GiB.
 */
const LOW_BYTES = 2 * 1024 * 1024
/** Writes up to this are put together with their neighbours, bytes: frames are shorter, pieces much longer. */
const SMALL_BYTES = 4 * 1024

/**
 * Messages that may come while paused, whatever they hold: all bytes that any path lets wait, in the shortest messages that an end may ask
 * for, twice. Each costs memory of its own, also an empty one.
 */
const UNREAD_MESSAGES_MAX = 16_384

export interface RtcCarrierOptions {
  readonly channel: RtcChannel
  /** Closes the connection beneath. */
  close(cause: string): void
  /** Bytes that may come while paused; beyond it the other end sends what nobody asked for. */
  readonly unreadBytesMax: number
}

type Waiting = { bytes: Uint8Array; onGone: (() => void) | undefined }

/** Whoever owns the connection closes it when that is over. */
export function rtcCarrier({ channel, close, unreadBytesMax }: RtcCarrierOptions): Carrier {
  const messageBytes = Math.min(channel.likesLongMessages ? LONG_MESSAGE_BYTES : MESSAGE_BYTES, channel.messageBytesMax)
  const queue: Waiting[] = []
  const unread: Uint8Array[] = []
  let unreadBytes = 0
  let flushing = false
  let paused = true
  let delivering = false
  let over = false

  const end = (cause: string) => {
    if (over) return
    over = true
    for (const { onGone } of queue.splice(0)) onGone?.()
    unread.length = 0
    carrier.onEnd(cause)
    close(cause)
  }
  /** Hands over what the channel has room for. */
  const flush = () => {
    flushing = false
    try {
      while (!over && queue.length > 0 && channel.bufferedBytes < HIGH_BYTES) {
        const taken = smallOnes(queue, messageBytes)
        if (taken.length > 0) {
          channel.send(taken.length === 1 && taken[0] ? taken[0].bytes : concat(...taken.map(({ bytes }) => bytes)))
          for (const { onGone } of taken) onGone?.()
          continue
        }
        const [next] = queue as [Waiting]
        channel.send(next.bytes.subarray(0, messageBytes))
        next.bytes = next.bytes.subarray(messageBytes)
        if (next.bytes.length > 0) continue
        queue.shift()
        next.onGone?.()
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
  }
  const deliver = () => {
    if (delivering) return
    delivering = true
    while (!paused && !over) {
      const next = unread.shift()
      if (!next) break
      unreadBytes -= next.length
      carrier.onData(next)
      if (channel.givesMemoryBack) giveBack(next)
    }
    delivering = false
  }

  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write(bytes, onGone) {
      if (over) return onGone?.()
      queue.push({ bytes, onGone })
      if (flushing) return
      flushing = true
      queueMicrotask(flush)
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      deliver()
    },
    close: end,
  }
  channel.setLowBytes(LOW_BYTES)
  channel.onLow = flush
  channel.onMessage = (bytes) => {
    if (over) return
    unreadBytes += bytes.length
    if (unreadBytes > unreadBytesMax || unread.length >= UNREAD_MESSAGES_MAX) {
      return end('more came than was asked for')
    }
    unread.push(bytes)
    deliver()
  }
  channel.onEnd = end
  return carrier
}

/**
 * Every message is memory of its own outside the heap, 16 for each MiB. Detached it is given back now; left to the collector it makes it
 * come a dozen times a second.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && !buffer.detached) buffer.transfer(0)
}

/** Takes the small writes at the head of the queue, as many as one message holds. */
function smallOnes(queue: Waiting[], messageBytes: number): Waiting[] {
  let bytes = 0
  let count = 0
  for (const one of queue) {
    if (one.bytes.length > SMALL_BYTES || bytes + one.bytes.length > messageBytes) break
    bytes += one.bytes.length
    count++
  }
  return queue.splice(0, count)
}
