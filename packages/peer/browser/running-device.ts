// A device that runs in a browser: line, paths and files around device.ts, as node/agent.ts has them on a machine. Nobody can call on a page, so
// there is no listener and no address to tell.

import { systemClock } from '../clock.ts'
import { type Device, openDevice } from '../device.ts'
import { type DeviceEvent, faultEvent } from '../device-event.ts'
import type { Identity } from '../identity/identity-record.ts'
import { keepOwnList } from '../identity/own-list.ts'
import { openPeople } from '../identity/people.ts'
import { watchShutOut } from '../identity/shut-out.ts'
import { createLivePaths } from '../live/live-paths.ts'
import type { ConnectRtc } from '../paths/webrtc-connection.ts'
import { createIceServers } from '../paths/webrtc-ice.ts'
import { createWebrtcPaths } from '../paths/webrtc-path.ts'
import { createTunnelHttp } from '../paths/tunnel-http.ts'
import { createTunnelOpener } from '../paths/tunnel-opener.ts'
import { serveTunnel } from '../paths/tunnel-serve.ts'
import { systemRandom } from '../random.ts'
import { openHttpLine } from '../session/http-line.ts'
import { openSessionLine } from '../session/session-line.ts'
import type { Store } from '../store/store.ts'
import type { DeviceChange } from './contract.ts'
import type { OpfsFiles } from './opfs-files.ts'
import { createOpfsRetention } from './opfs-retention.ts'
import type { OpfsTree } from './opfs-tree.ts'
import { createWebPieceCrypto } from './web-crypto.ts'

/** Folder of everything that is kept. */
export const KEPT = '/kept'

export interface RunningOptions {
  readonly store: Store
  readonly identity: Identity
  readonly files: OpfsFiles
  readonly tree: OpfsTree
  /** Absent in browsers without peer connections. */
  readonly connect?: ConnectRtc
  onChange(change: DeviceChange): void
  onEvent(event: DeviceEvent): void
}

export interface RunningDevice extends AsyncDisposable {
  readonly device: Device
  readonly online: boolean
  /** The network may have changed, or the page slept: looks whether the line is still one, and brings it back. */
  wake(): void
}

export async function openRunningDevice(options: RunningOptions): Promise<RunningDevice> {
  const { store, files, onEvent, onChange } = options
  await using stack = new AsyncDisposableStack()
  const own = keepOwnList(store, options.identity)
  const { me } = own
  const { origin } = me
  const line = stack.use(openSessionLine({ origin, as: me }))
  const people = stack.use(
    await openPeople({ store, line, me, own, onTrouble: (error) => onEvent(faultEvent('people', error)) }),
  )
  const shutOut = stack.use(
    watchShutOut({
      line,
      own,
      clock: systemClock,
      openLine: () => openHttpLine({ origin }),
      onKnown: ({ why }) => onEvent({ event: 'shut-out', level: 'warn', why }),
      onFault: (error) => onEvent(faultEvent('shut-out', error)),
    }),
  )
  const http = createTunnelHttp({ origin, token: (signal, refused) => line.token(signal, refused) })
  const { connect } = options
  const peerConnections = connect && {
    connect,
    iceServers: createIceServers({ line, origin, clock: systemClock }),
    // What the page calls localhost may be any machine to its network.
    serverOnLoopback: false,
    clock: systemClock,
    random: systemRandom,
  }
  const webrtc = peerConnections && stack.use(createWebrtcPaths(peerConnections))
  const livePaths = peerConnections && stack.use(createLivePaths(peerConnections))
  const device = stack.use(
    await openDevice({
      store,
      people,
      line,
      me,
      own,
      shutOut,
      clock: systemClock,
      random: systemRandom,
      files,
      crypto: createWebPieceCrypto(),
      openers: [...(webrtc ? [webrtc.opener] : []), createTunnelOpener({ http, as: me })],
      ...(webrtc && { webrtc }),
      livePlatform: { ...(livePaths && { paths: livePaths }) },
      home: '/',
      sentCopies: files.sentCopies,
      retentionFiles: createOpfsRetention(files, options.tree),
      stays: true,
      fetchRuledInto: KEPT,
      networkAddresses: () => [],
      onEvent,
      onStop: () => {},
    }),
  )
  const { source, grants } = device
  const serving = serveTunnel({
    http,
    line,
    address: me.address,
    source,
    grants,
    clock: systemClock,
    onFault: (error) => onEvent(faultEvent('tunnel', error)),
  })
  stack.defer(() => serving.close())
  const ends = [
    device.onChange(onChange),
    line.onState(() => onChange({ what: 'line' })),
    shutOut.onChange(() => onChange({ what: 'line' })),
    device.live.onShown(({ by }) => onChange({ what: 'shown', id: by })),
    people.onChange(() => onChange({ what: 'people' })),
    own.onFollow(() => onChange({ what: 'devices' })),
  ]
  stack.defer(() => {
    for (const end of ends) end()
  })
  const running = stack.move()
  return {
    device,
    get online() {
      return line.state === 'online'
    },
    wake() {
      // Said again, presence shows within seconds whether anybody hears; a call brings a line back that waits to try again.
      if (line.state === 'online') line.setAddresses([])
      else line.call('FINGER', '/').catch(() => {})
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
