// Bytes for a program on this machine, over a socket in its own private folder: the agent connects, writes as fast as the other end
// reads, and notices when it has gone.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Sink } from '../receive/stream-part.ts'

/** Connects to a listening socket of this user. Rejects the system's error when nobody listens. */
export async function openStreamSink(path: string): Promise<Sink> {
  const socket: Socket = connect(path)
  await once(socket, 'connect')
  const gone = new AbortController()
  let ended = false
  // `close` follows.
  socket.on('error', () => {})
  socket.once('close', () => gone.abort(new Error('the reader has gone')))
  // Nothing comes this way; reading is how the end is noticed.
  socket.resume()
  const finished = once(socket, 'finish')
  // Whoever ends it hears of it; it may fail before.
  finished.catch(() => {})
  return {
    gone: gone.signal,
    write(bytes) {
      return new Promise((resolve, reject) => {
        gone.signal.throwIfAborted()
        const stop = () => reject(gone.signal.reason as Error)
        gone.signal.addEventListener('abort', stop, { once: true })
        // When it is called, the bytes are the system's.
        socket.write(bytes, (error) => {
          gone.signal.removeEventListener('abort', stop)
          if (!error) return resolve()
          gone.abort(error)
          reject(error)
        })
      })
    },
    async end() {
      ended = true
      socket.end()
      // The reader closes when it has taken everything.
      if (!gone.signal.aborted) await once(gone.signal, 'abort')
    },
    async [Symbol.asyncDispose]() {
      if (!ended) socket.destroy()
    },
  }
}
