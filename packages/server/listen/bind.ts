// Takes the port: one listening socket, or two of the same number where `localhost` means IPv4 and IPv6.

import net, { type AddressInfo, type Server, type Socket } from 'node:net'

/** Connections beyond the bound that may be told so at once; more are dropped by Node without a word. */
const TURNED_AWAY_AT_ONCE = 256
/** Tries to find a free port that is free on both families. */
const PORT_TRIES = 5
/** There is no IPv6 here, which is no mistake. */
const NO_IPV6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/**
 * Throws EADDRINUSE also when somebody else has the port on ::1: half of the callers of `localhost` would reach them.
 */
export async function bind(
  host: string,
  port: number,
  maxConnections: number,
  onConnection: (socket: Socket) => void,
  onError: (error: Error) => void,
): Promise<Server[]> {
  const open = (address: string, number: number) => bindOne(address, number, maxConnections, onConnection, onError)
  if (host !== 'localhost') return [await open(host, port)]
  for (let tries = 1; ; tries++) {
    const first = await open('127.0.0.1', port)
    try {
      return [first, await open('::1', (first.address() as AddressInfo).port)]
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (NO_IPV6.has(code)) return [first]
      await new Promise((resolve) => first.close(resolve))
      if (port !== 0 || code !== 'EADDRINUSE' || tries >= PORT_TRIES) throw error
    }
  }
}

function bindOne(
  host: string,
  port: number,
  maxConnections: number,
  onConnection: (socket: Socket) => void,
  onError: (error: Error) => void,
): Promise<Server> {
  // Half-open: a caller may close its side after its request and still read the answer (RFC 9112 section 9.6).
  const server = net.createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, onConnection)
  server.maxConnections = maxConnections + TURNED_AWAY_AT_ONCE
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      // A later error is a failed accept (EMFILE): the connection is lost, the server goes on.
      server.on('error', onError)
      resolve(server)
    })
  })
}
