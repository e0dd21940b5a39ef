// A connected socket's two ends, as it sees them.

import type { Socket } from 'node:net'
import type { Line } from './private-line.ts'

export function lineOf(socket: Socket): Line {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  return { localHost: localAddress, localPort, remoteHost: remoteAddress, remotePort }
}
