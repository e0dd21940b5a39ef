// A line between devices and a server, over real sockets, that is watched and can be cut.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface WatchedLine {
  /** To be dialled in place of the server's. */
  readonly origin: string
  /** Called with all that passes, both ways. */
  onBytes: (bytes: Uint8Array) => void
  /** Where it leads; to be set before anybody dials. */
  serverPort: number
  /** Ends every connection without a word. */
  cut(): void
  close(): void
}

export async function openWatchedLine(): Promise<WatchedLine> {
  const sockets = new Set<Socket>()
  const listener = createServer((near) => {
    const far = connect(line.serverPort, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('data', (bytes: Buffer) => line.onBytes(bytes))
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const line: WatchedLine = {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    onBytes: () => {},
    serverPort: 0,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    close() {
      line.cut()
      listener.close()
    },
  }
  return line
}
