// Live pictures of a device on Node: films and cameras by ffmpeg, files and players, peer-to-peer connections by node-datachannel.

import { systemClock } from '../clock.ts'
import { createLivePaths, type LivePaths } from '../live/live-paths.ts'
import type { LivePlatform } from '../live/live.ts'
import { createIceServers } from '../paths/webrtc-ice.ts'
import { systemRandom } from '../random.ts'
import type { Line } from '../session/line.ts'
import { openFilm } from './live-film.ts'
import { openLiveSink } from './live-sinks.ts'
import { defaultListenHost } from './network-addresses.ts'
import { createNodeRtc } from './webrtc-connection.ts'

export interface NodeLive extends Disposable {
  readonly platform: LivePlatform
}

/** `origin`: the server as this device dials it. */
export function createNodeLive({
  line,
  origin,
}: {
  readonly line: Pick<Line, 'call'>
  readonly origin: string
}): NodeLive {
  const host = defaultListenHost(origin)
  const serverOnLoopback = host === '127.0.0.1'
  const paths: LivePaths = createLivePaths({
    connect: createNodeRtc(serverOnLoopback ? { bindAddress: host } : {}),
    iceServers: createIceServers({ line, origin, clock: systemClock }),
    serverOnLoopback,
    clock: systemClock,
    random: systemRandom,
  })
  return {
    platform: { paths, media: { openSource: (wish) => openFilm(wish, systemClock), openSink: openLiveSink } },
    [Symbol.dispose]: () => paths[Symbol.dispose](),
  }
}
