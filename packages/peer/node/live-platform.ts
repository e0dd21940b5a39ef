// Live pictures of a device on Node: films and cameras by ffmpeg, files and players, peer-to-peer connections by node-datachannel.

import { systemClock } from '../clock.ts'
import { createLivePaths } from '../live/live-paths.ts'
import type { LivePlatform } from '../live/live.ts'
import { inCodecs } from './film-codecs.ts'
import { openFilm } from './live-film.ts'
import { openLiveSink } from './live-sinks.ts'
import { nodeAttempts } from './webrtc-paths.ts'

export interface NodeLive extends Disposable {
  readonly platform: LivePlatform
}

export function createNodeLive(server: Parameters<typeof nodeAttempts>[0]): NodeLive {
  const paths = createLivePaths(nodeAttempts(server))
  return {
    platform: {
      paths,
      media: {
        openSource: (wish) => openFilm(wish, systemClock),
        inCodecs: (source, format) => inCodecs(source, format, systemClock),
        openSink: (where) => openLiveSink(where, systemClock),
      },
    },
    [Symbol.dispose]: () => paths[Symbol.dispose](),
  }
}
