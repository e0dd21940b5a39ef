// Reads the plain lane: piece after piece, each straight from the socket into the buffer it is to be verified in, with no copy between.
// Believes nothing: a header that fits no open question ends the lane, which loses nothing.

import { connect, type Socket } from 'node:net'
import { concat } from '@doorpost/protocol/bytes'
import { decodeLaneHeader, LANE_HEADER_BYTES, LANE_MAGIC } from '@doorpost/protocol/piece-wire'

/** Where the bytes of one piece go. `filled` is called once, when all have come. */
export type LanePiece = { length: number; buffer: Uint8Array | Promise<Uint8Array>; filled(): void }

export type LaneOptions = {
  host: string
  port: number
  localAddress: string
  id: Uint8Array
  mac: Uint8Array
  /** The piece of this length that was asked for under this number on the lane; undefined ends the lane. */
  expected(seq: number, length: number): LanePiece | undefined
  onBytes(count: number): void
  /** It is over: by us, by the other end, or because it made no sense. Once. */
  onEnd(): void
}

/** Connects and presents the MAC. Close it by destroying the socket. */
export function openLane(options: LaneOptions): Socket {
  const scratch = new Uint8Array(LANE_HEADER_BYTES)
  let piece: LanePiece | undefined
  let buffer: Uint8Array | undefined
  let got = 0

  const socket = connect({
    host: options.host,
    port: options.port,
    localAddress: options.localAddress,
    noDelay: true,
    onread: { buffer: next, callback: onRead },
  })

  /** Where the next read goes. While a buffer is waited for it is the scratch, which is copied from afterwards. */
  function next(): Uint8Array {
    if (!piece) return scratch.subarray(got)
    return buffer ? buffer.subarray(got, piece.length) : scratch.subarray(0, piece.length)
  }

  /** Answers whether to go on reading. */
  function onRead(count: number, into: Uint8Array): boolean {
    options.onBytes(count)
    if (piece && buffer) {
      if (into.buffer === scratch.buffer) {
        buffer.set(scratch.subarray(0, count), got)
      }
      got += count
      if (got === piece.length) {
        const { filled } = piece
        piece = undefined
        buffer = undefined
        got = 0
        filled()
      }
      return !socket.destroyed
    }
    got += count
    if (got < LANE_HEADER_BYTES) return true
    const header = decodeLaneHeader(scratch)
    got = 0
    const expected = options.expected(header.seq, header.length)
    if (!expected) return end()
    piece = expected
    if (expected.buffer instanceof Uint8Array) {
      buffer = expected.buffer
      return true
    }
    void expected.buffer.then((late) => {
      if (socket.destroyed) return
      buffer = late
      socket.resume()
    })
    return false
  }

  function end(): false {
    socket.destroy()
    return false
  }

  socket.on('error', () => socket.destroy())
  socket.once('close', () => options.onEnd())
  socket.once('end', () => socket.destroy())
  socket.write(concat(LANE_MAGIC, options.id, options.mac))
  return socket
}
