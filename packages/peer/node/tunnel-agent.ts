// The tunnel of a device on Node: an opener for its own fetches, and the answering of others as long as it runs. It shows the token of
// the line's login.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { type Clock, systemClock } from '../clock.ts'
import type { PathOpener } from '../paths/openers.ts'
import type { Source } from '../paths/path.ts'
import { createTunnelOpener } from '../paths/tunnel-opener.ts'
import { serveTunnel } from '../paths/tunnel-serve.ts'
import type { Grants } from '../send/grants.ts'
import type { Line, LoggedIn } from '../session/line.ts'
import type { LoginKey } from '../session/login.ts'
import { createNodeTunnelHttp } from './tunnel-http.ts'

export interface NodeTunnel extends AsyncDisposable {
  readonly opener: PathOpener
  /** Answers others from now on, until it is disposed. */
  serve(source: Source, grants?: Pick<Grants, 'meet'>): void
}

export function openTunnel(options: {
  readonly origin: string
  readonly as: LoginKey & { readonly address: DeviceAddress }
  readonly line: Line & LoggedIn
  /** The line is no session: requests are collected. */
  readonly polls: boolean
  readonly clock?: Clock
  onFault(error: unknown): void
}): NodeTunnel {
  const { origin, as, line, polls, clock = systemClock, onFault } = options
  const http = createNodeTunnelHttp({ origin, token: (signal, refused) => line.token(signal, refused) })
  let serving: ReturnType<typeof serveTunnel> | undefined
  return {
    opener: createTunnelOpener({ http, as, clock }),
    serve(source, grants) {
      serving ??= serveTunnel({
        http,
        line,
        polls,
        address: as.address,
        source,
        ...(grants && { grants }),
        clock,
        onFault,
      })
    },
    async [Symbol.asyncDispose]() {
      await serving?.close()
    },
  }
}
