// A TCP or TLS socket as a carrier. Whether the other end may be believed is its owner's to know.

import type { Socket } from 'node:net'
import type { Carrier } from '../paths/carrier.ts'

/** Owns the socket from now on. */
export function socketCarrier(socket: Socket): Carrier {
  let over = false
  let corked = false
  const end = (cause: string) => {
    if (over) return
    over = true
    socket.destroy()
    carrier.onEnd(cause)
  }
  const carrier: Carrier = {
    onData: () => {},
    onEnd: () => {},
    write(bytes, onGone) {
      // What is said in one turn leaves as one record.
      if (!corked) {
        corked = true
        socket.cork()
        queueMicrotask(() => {
          corked = false
          socket.uncork()
        })
      }
      // Called also when the connection ends before they went.
      socket.write(bytes, onGone && (() => onGone()))
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: end,
  }
  socket.pause()
  socket.on('data', (chunk: Buffer) => carrier.onData(chunk))
  socket.on('error', (error: Error) => end(error.message))
  socket.once('close', () => end('the other side closed'))
  return carrier
}
