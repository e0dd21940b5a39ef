// The webrtc paths of a device on Node: its peer connections by node-datachannel, STUN and TURN as its server says. Where the server is on
// this machine everything stays on loopback.

import { systemClock } from '../clock.ts'
import { createIceServers } from '../paths/webrtc-ice.ts'
import { createWebrtcPaths, type WebrtcOptions, type WebrtcPaths } from '../paths/webrtc-path.ts'
import { systemRandom } from '../random.ts'
import type { Line } from '../session/line.ts'
import { defaultListenHost } from './network-addresses.ts'
import { createNodeRtc } from './webrtc-connection.ts'

interface NodeServer {
  readonly line: Pick<Line, 'call'>
  /** The server as this device dials it. */
  readonly origin: string
}

/** What every kind of webrtc connection on Node is tried with. */
export function nodeAttempts({ line, origin }: NodeServer): WebrtcOptions {
  const host = defaultListenHost(origin)
  const serverOnLoopback = host === '127.0.0.1'
  return {
    connect: createNodeRtc(serverOnLoopback ? { bindAddress: host } : {}),
    iceServers: createIceServers({ line, origin, clock: systemClock }),
    serverOnLoopback,
    clock: systemClock,
    random: systemRandom,
  }
}

export const createNodeWebrtcPaths = (server: NodeServer): WebrtcPaths => createWebrtcPaths(nodeAttempts(server))
