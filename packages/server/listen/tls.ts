// The TLS end of the port: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, no session tickets
// (a stolen ticket key would open recorded connections, and tickets let an observer link them).

import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import tls from 'node:tls'

/** PEM texts: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
}

export interface TlsEnd {
  /** Takes over a socket whose unread bytes begin with a handshake. */
  accept(socket: Socket): void
  /** Uses another certificate for the connections to come. Throws when it cannot be read. */
  reload(files: TlsFiles): void
}

/** `onSecure` gets each connection once its handshake is done; one that fails is torn down. */
export function createTlsEnd(files: TlsFiles, handshakeMs: number, onSecure: (socket: tls.TLSSocket) => void): TlsEnd {
  const fixed = {
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const
  const server = tls.createServer({
    ...fixed,
    cert: pem(files.cert),
    key: pem(files.key),
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: handshakeMs,
    allowHalfOpen: true,
  } as tls.TlsOptions)
  server.on('secureConnection', onSecure)
  server.on('tlsClientError', (_error: Error, socket: tls.TLSSocket) => socket.destroy())
  return {
    accept: (socket) => server.emit('connection', socket),
    reload: (next) => server.setSecureContext({ ...fixed, cert: pem(next.cert), key: pem(next.key) }),
  }
}

function pem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text)
}
