// Peer connections as the device in the worker has them: each is made and kept by the page (rtc-page.ts), its channel comes here
// where the browser lets it.

import type { PathDescription } from '@doorpost/protocol/path-signal'
import type { ConnectRtc, RtcChannel, RtcConnection } from '../paths/webrtc-connection.ts'
import { readCandidate, readDescription, writeCandidate, writeDescription } from '../paths/webrtc-sdp.ts'
import type { RtcAsk, RtcTold } from './rtc-messages.ts'

export function createWorkerRtc(port: MessagePort): ConnectRtc {
  const hearing = new Map<number, (told: RtcTold) => void>()
  let made = 0
  port.onmessage = ({ data }: MessageEvent<RtcTold>) => hearing.get(data.of)?.(data)
  return async (servers) => {
    const of = ++made
    const ask = (what: RtcAsk, transfer: Transferable[] = []) => port.postMessage(what, transfer)
    ask({ of, do: 'make', servers })
    const { connection, hear } = workerConnection(of, ask, () => hearing.delete(of))
    hearing.set(of, hear)
    return connection
  }
}

function workerConnection(
  of: number,
  ask: (what: RtcAsk, transfer?: Transferable[]) => void,
  onEnd: () => void,
): { readonly connection: RtcConnection; hear(told: RtcTold): void } {
  /** The SDP as the browser made it. */
  const described = Promise.withResolvers<string>()
  described.promise.catch(() => {})
  let channel: RTCDataChannel | undefined
  let rtc: RtcChannel | undefined
  let pump: Pump | undefined
  /** What the other end said it takes; until it said so, what everybody takes (RFC 8841 section 6.1). */
  let messageBytesMax = 65_536
  let isOver = false

  const end = (cause: string) => {
    if (isOver) return
    isOver = true
    onEnd()
    channel?.close()
    described.reject(new Error(cause))
    rtc?.onEnd(cause)
    connection.onEnd(cause)
  }
  const opened = (made: RtcChannel) => {
    rtc = made
    connection.onChannel(made)
  }
  const connection: RtcConnection = {
    async offer(): Promise<PathDescription> {
      ask({ of, do: 'offer' })
      return readDescription(await described.promise)
    },
    async answer(offer) {
      messageBytesMax = offer.messageBytesMax
      ask({ of, do: 'answer', sdp: writeDescription('offer', offer) })
      return readDescription(await described.promise)
    },
    takeAnswer(answer) {
      messageBytesMax = answer.messageBytesMax
      ask({ of, do: 'take-answer', sdp: writeDescription('answer', answer) })
    },
    takeCandidate: (candidate) => ask({ of, do: 'take-candidate', line: writeCandidate(candidate) }),
    onCandidate: () => {},
    onGathered: () => {},
    onChannel: () => {},
    onEnd: () => {},
    close(cause) {
      if (isOver) return
      ask({ of, do: 'close', cause })
      end(cause)
    },
  }
  return {
    connection,
    hear(told) {
      if (isOver) return
      switch (told.told) {
        case 'description':
          return described.resolve(told.sdp)
        case 'candidate': {
          const found = readCandidate(told.line)
          if (found) connection.onCandidate(found)
          return
        }
        case 'gathered':
          return connection.onGathered()
        case 'channel': {
          const given = told.channel
          channel = given
          const open = () => opened(ownChannel(given, messageBytesMax, end))
          if (given.readyState === 'open') open()
          else given.onopen = open
          given.onclose = () => end('the other side closed')
          return
        }
        case 'pumped':
          pump = pumpedChannel(messageBytesMax, (what, transfer) => ask({ of, ...what }, transfer))
          return opened(pump.channel)
        case 'bytes':
          return pump?.channel.onMessage(new Uint8Array(told.bytes))
        case 'sent':
          return pump?.sent(told.takenBytes, told.bufferedBytes)
        case 'end':
          return end(told.cause)
      }
    },
  }
}

/** A channel that lives in this worker. */
function ownChannel(channel: RTCDataChannel, messageBytesMax: number, end: (cause: string) => void): RtcChannel {
  channel.binaryType = 'arraybuffer'
  const rtc: RtcChannel = {
    messageBytesMax,
    likesLongMessages: true,
    get bufferedBytes() {
      return channel.bufferedAmount
    },
    send: (bytes) => channel.send(bytes as Uint8Array<ArrayBuffer>),
    onMessage: () => {},
    onLow: () => {},
    onEnd: () => {},
    setLowBytes(bytes) {
      channel.bufferedAmountLowThreshold = bytes
    },
  }
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) rtc.onMessage(new Uint8Array(data))
    else end('a message that is not bytes')
  }
  channel.onbufferedamountlow = () => rtc.onLow()
  return rtc
}

interface Pump {
  readonly channel: RtcChannel
  sent(takenBytes: number, bufferedBytes: number): void
}

type PumpAsk = { readonly do: 'send'; readonly bytes: ArrayBuffer } | { readonly do: 'low'; readonly bytes: number }

/** A channel in the page. What is on its way there counts as not sent. */
function pumpedChannel(messageBytesMax: number, ask: (what: PumpAsk, transfer?: Transferable[]) => void): Pump {
  let givenBytes = 0
  let takenBytes = 0
  let inPageBytes = 0
  let lowBytes = 0
  const channel: RtcChannel = {
    messageBytesMax,
    likesLongMessages: true,
    get bufferedBytes() {
      return givenBytes - takenBytes + inPageBytes
    },
    send(bytes) {
      // Its own memory: the bytes are the caller's again, and go without another copy.
      const own = bytes.slice().buffer
      givenBytes += own.byteLength
      ask({ do: 'send', bytes: own }, [own])
    },
    onMessage: () => {},
    onLow: () => {},
    onEnd: () => {},
    setLowBytes(bytes) {
      lowBytes = bytes
      ask({ do: 'low', bytes })
    },
  }
  return {
    channel,
    sent(taken, buffered) {
      const before = channel.bufferedBytes
      takenBytes = taken
      inPageBytes = buffered
      if (before > lowBytes && channel.bufferedBytes <= lowBytes) channel.onLow()
    },
  }
}
