// For tests: a stranger at a direct listener's door. A TLS connection of their own, on which nothing is said, and all that comes
// back on it.

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { createWireReader, type Frame } from '@doorpost/protocol/piece-wire'

export interface Knock {
  /** Whoever knocks destroys it. */
  readonly socket: TLSSocket
  /** Frames that came, in order; more may come. */
  readonly heard: Frame[]
  /** How much came, frames or not. */
  bytes(): number
}

/** Rejects when the connection does not stand up. */
export async function knock(port: number): Promise<Knock> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  // How it ends is seen by the socket itself.
  socket.on('error', () => undefined)
  const heard: Frame[] = []
  let bytes = 0
  const reader = createWireReader()
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (const event of reader.push(chunk)) if ('frame' in event) heard.push(event.frame)
  })
  await once(socket, 'secureConnect')
  return { socket, heard, bytes: () => bytes }
}
