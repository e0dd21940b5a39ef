// Opens a path through the tunnel: always possible while there is a line to the server, and open at once. Whether anybody is at
// the other end shows with the first answer; a device that is away, or lets nobody in, leaves it unanswered.

import { type Clock, systemClock } from '../clock.ts'
import { type Random, systemRandom } from '../random.ts'
import type { LoginKey } from '../session/login.ts'
import { createFramedPath } from './framed-path.ts'
import type { PathOpener } from './openers.ts'
import { createTunnelCarrier } from './tunnel-carrier.ts'
import type { TunnelHttp } from './tunnel-http.ts'

export interface TunnelOpenerOptions {
  readonly http: TunnelHttp
  readonly as: LoginKey
  readonly clock?: Clock
  readonly random?: Random
}

export function createTunnelOpener({
  http,
  as,
  clock = systemClock,
  random = systemRandom,
}: TunnelOpenerOptions): PathOpener {
  return {
    kind: 'tunnel',
    ready: () => http.ready?.(),
    async open(target, signal) {
      signal.throwIfAborted()
      return createFramedPath('tunnel', createTunnelCarrier({ http, as, target, clock, random }))
    },
  }
}
