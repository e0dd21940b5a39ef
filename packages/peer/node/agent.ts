// A device running on Node: takes the lock of its home, opens store, line, listener and control socket, says where it
// can be reached, and keeps at it until it is closed. Commands without an agent open the same for as long as they run.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { sign, verify } from '@doorpost/protocol/signature'
import { systemClock } from '../clock.ts'
import { type Device, openDevice } from '../device.ts'
import { type DeviceEvent, faultEvent } from '../device-event.ts'
import { MOVED } from '../identity/export.ts'
import { readIdentity } from '../identity/identity-record.ts'
import { keepOwnList } from '../identity/own-list.ts'
import { openPeople } from '../identity/people.ts'
import { watchShutOut } from '../identity/shut-out.ts'
import { type Peer, Trouble } from '../operations.ts'
import { systemRandom } from '../random.ts'
import { openHttpLine } from '../session/http-line.ts'
import { openSessionLine } from '../session/session-line.ts'
import { listenControl } from './control-server.ts'
import { nodeDeviceFiles } from './device-files.ts'
import { createDialMe } from './dial-me.ts'
import { createDialOut } from './dial-out.ts'
import { createDirectOpener } from './direct-door.ts'
import { type DirectListener, listenDirect } from './direct-listener.ts'
import { createNodeLive } from './live-platform.ts'
import { nodeDoctorProbes } from './doctor-probes.ts'
import { explainUnreachable } from './explain-unreachable.ts'
import { openHome } from './home.ts'
import { homePaths } from './home-paths.ts'
import { createHook } from './hook.ts'
import { defaultListenHost, isInTheOpen, networkAddressesOf } from './network-addresses.ts'
import { nodePieceCrypto } from './piece-crypto.ts'
import { createRangeTokens } from '../send/range-tokens.ts'
import { createLentFolders } from './lent-folders.ts'
import { openRangeDoor } from './range-door.ts'
import { nodeRetentionFiles } from './retention-files.ts'
import { createSentCopies } from './sent-copies.ts'
import { saveFile } from './save-file.ts'
import { nodeFolderEyes } from './watch-folder.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { createNodeWebrtcPaths } from './webrtc-paths.ts'
import { openTunnel } from './tunnel-agent.ts'

/** How often the machine's addresses are looked at again, ms: looking costs a tenth of a millisecond, and a film waits for a laptop that moved. */
const ADDRESSES_EVERY_MS = 2_000

export interface AgentOptions {
  /** The folder of this device; made by joining. */
  readonly home: string
  /** `agent`: stays, goes on with earlier fetches. `command`: one command's own. */
  readonly as?: 'agent' | 'command'
  /** Ask for mail every so many seconds instead of keeping a session. */
  readonly pollSeconds?: number
  /** Where to listen for direct paths; on every address (loopback alone where the server is there) and any free port where nothing is said. */
  readonly listen?: { readonly host?: string; readonly port?: number }
  /** Folders from which other devices of this user may have files sent. Absolute. */
  readonly lend?: readonly string[]
  /** A door for other programs to fetch ciphertext from, with tokens; on loopback where no host is said. */
  readonly rangeDoor?: { readonly host?: string; readonly port: number }
  /** Fetch the media of mutual contacts without being asked, into `folder`: all of them, none; or as the user's rules say where nothing is said. */
  readonly fetchByItself?: boolean
  /** What the network of this machine is to the user's rules; unmetered where nothing is said. */
  readonly network?: 'metered' | 'unmetered'
  /** For what is fetched by itself; `received` in the home where nothing is said. */
  readonly folder?: string
  /** A shell command, run once per message that became ready; told by DOORPOST_* variables. */
  readonly onReady?: string
  /** One call per thing worth a line in a log. Holds no secret, no title, no text and no file name. */
  readonly onEvent?: (event: AgentEvent) => void
}

/** What an agent tells its log: `event` is a stable word, the rest is plain data. */
export type AgentEvent = DeviceEvent

export interface RunningAgent extends AsyncDisposable {
  readonly peer: Peer
  readonly address: DeviceAddress
  /** What the server was told: `192.0.2.7:4711`. */
  readonly networkAddresses: readonly string[]
  /** Settles when the agent has closed, by `close` or by the operation `stop`. */
  readonly closed: Promise<void>
  /** Ends it cleanly: what runs is paused and kept. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the device of `home`. Being unable to reach the server is no error: it goes on when the line is there.
 * Throws Trouble: `no-identity` (nobody joined here), `home-in-use` (an agent or a command has it open).
 */
export async function openAgent(options: AgentOptions): Promise<RunningAgent> {
  const onEvent = options.onEvent ?? (() => {})
  // A folder that was misspelled, or is something else, is neither made nor made private.
  const { home: folder, database } = homePaths(options.home)
  if (!existsSync(database)) throw nobodyJoined(`Nobody has joined a server from ${folder} yet.`)
  const opened = await openHome(options.home)
  if (opened.kind === 'home-in-use') {
    const who = opened.pid === undefined ? 'Another program' : `Process ${opened.pid}`
    throw new Trouble('home-in-use', `${who} is working in this home.`)
  }
  // Closed in the opposite order, whatever was opened when something fails.
  await using stack = new AsyncDisposableStack()
  const home = stack.use(opened.home)
  const store = stack.use(await openSqliteStore(home.database))
  const identity = await readIdentity(store)
  if (!identity) throw nobodyJoined('Nobody has joined a server from here yet.')
  const movedAt = await store.get<string>('settings', MOVED)
  if (movedAt !== undefined) {
    throw new Trouble('not-available', `${identity.address} was moved to another machine from here.`, {
      todo: 'If it never arrived there, let it run here again: doorpost export --stay',
    })
  }
  const own = keepOwnList(store, identity)
  const { me } = own
  const { origin } = me
  const line = stack.use(
    options.pollSeconds === undefined
      ? openSessionLine({ origin, as: me, explain: (signal) => explainUnreachable(origin, signal) })
      : openHttpLine({ origin, as: me }),
  )
  const people = stack.use(
    await openPeople({ store, line, me, own, onTrouble: (error) => onEvent(faultEvent('people', error)) }),
  )

  const shutOut = stack.use(
    watchShutOut({
      line,
      own,
      clock: systemClock,
      openLine: () => openHttpLine({ origin }),
      onKnown: (facts) => onEvent({ event: 'shut-out', level: 'warn', user: me.user, ...facts }),
      onFault: (error) => onEvent(faultEvent('shut-out', error)),
    }),
  )
  const signAs = (kind: Parameters<typeof sign>[0], body: Uint8Array) => sign(kind, body, me.deviceKey.secret)
  const tunnel = stack.use(
    openTunnel({
      origin,
      as: me,
      line,
      polls: options.pollSeconds !== undefined,
      onFault: (error) => onEvent(faultEvent('tunnel', error)),
    }),
  )
  const webrtc = stack.use(createNodeWebrtcPaths({ line, origin }))
  const live = stack.use(createNodeLive({ line, origin }))
  const inTheOpen = (address: string) => isInTheOpen(address, origin)
  const identified = { address: me.address, deviceKey: me.deviceKey.public, sign: signAs, verify }
  const dialMe = createDialMe({
    addresses: () => networkAddresses.filter(inTheOpen),
    clock: systemClock,
    random: systemRandom,
  })
  const dialOut = stack.use(createDialOut({ ...identified, mayDial: inTheOpen }))
  const received = resolve(options.folder ?? join(home.path, 'received'))
  let networkAddresses: readonly string[] = []
  const stop = Promise.withResolvers<void>()
  const rangeTokens = createRangeTokens(systemClock, systemRandom)
  const device: Device = stack.use(
    await openDevice({
      store,
      people,
      line,
      me,
      own,
      shutOut,
      clock: systemClock,
      random: systemRandom,
      files: nodeDeviceFiles,
      crypto: nodePieceCrypto,
      openers: [
        createDirectOpener(identified, { ...dialMe, clock: systemClock, isInTheOpen: inTheOpen }),
        // Who collects mail now and then would hear the answer too late.
        ...(options.pollSeconds === undefined ? [webrtc.opener] : []),
        tunnel.opener,
      ],
      webrtc,
      dialMe: {
        begin(doors) {
          dialMe.begin(doors)
          dialOut.begin(doors)
        },
        take(from, note) {
          dialOut.take(from, note)
          dialMe.take(from, note)
        },
      },
      livePlatform: live.platform,
      home: home.path,
      saveFile,
      retentionFiles: nodeRetentionFiles,
      rangeTokens,
      folderEyes: nodeFolderEyes,
      ...(options.lend && { lent: createLentFolders(options.lend) }),
      sentCopies: createSentCopies(home.path),
      stays: options.as !== 'command',
      ...(options.pollSeconds !== undefined && { pollEveryMs: options.pollSeconds * 1000 }),
      ...(options.as !== 'command' && options.fetchByItself === true && { fetchInto: received }),
      ...(options.as !== 'command' && options.fetchByItself === undefined && { fetchRuledInto: received }),
      keepInto: received,
      ...(options.network !== undefined && { metered: options.network === 'metered' }),
      ...(options.onReady !== undefined && { runHook: createHook(options.onReady) }),
      probes: nodeDoctorProbes,
      networkAddresses: () => networkAddresses,
      onEvent,
      onStop: stop.resolve,
    }),
  )

  tunnel.serve(device.source, device.grants)
  const listener = await openListener(options, origin, (host, port) =>
    listenDirect({
      host,
      port,
      address: me.address,
      sign: signAs,
      verify,
      permit: device.permit,
      source: device.source,
      redeem: dialMe.redeem,
    }),
  ).catch((error: unknown) => {
    // Sending and receiving mail, and fetching from others, go on without it.
    onEvent(faultEvent('listener', error))
    return undefined
  })
  if (listener) {
    stack.defer(() => listener.close())
    const look = () => {
      const found = device.tellsAddresses() ? networkAddressesOf(listener, origin) : []
      if (JSON.stringify(found) === JSON.stringify(networkAddresses)) return
      networkAddresses = found
      line.setAddresses(found)
      onEvent({ event: 'listening', level: 'info', addresses: found })
    }
    look()
    const again = setInterval(look, ADDRESSES_EVERY_MS)
    stack.defer(() => clearInterval(again))
  }
  if (options.rangeDoor) {
    const { source } = device
    const onFault = (error: unknown) => onEvent(faultEvent('range-door', error))
    const door = await openRangeDoor({ ...options.rangeDoor, source, tokens: rangeTokens, onFault })
    stack.use(door)
    onEvent({ event: 'range-door', level: 'info', port: door.port })
  }
  const control = await listenControl({
    path: home.controlSocket,
    peer: device.peer,
    onFault: (error) => onEvent(faultEvent('control', error)),
  })
  const running = stack.move()

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      // Commands that wait are told first, while there is still somebody to tell them.
      await device[Symbol.asyncDispose]()
      await control.close()
      await running.disposeAsync()
      onEvent({ event: 'closed', level: 'info' })
    })()
    return closing
  }
  const closed = Promise.withResolvers<void>()
  const closeAndTell = () => close().finally(closed.resolve)
  stop.promise.then(closeAndTell).catch((error: unknown) => onEvent(faultEvent('close', error)))
  onEvent({ event: 'open', level: 'info', address: me.address })
  return {
    peer: device.peer,
    address: me.address,
    get networkAddresses() {
      return networkAddresses
    },
    closed: closed.promise,
    close: closeAndTell,
    [Symbol.asyncDispose]: closeAndTell,
  }
}

function nobodyJoined(detail: string): Trouble {
  return new Trouble('no-identity', detail, { todo: 'Join one first: doorpost join SERVER YOUR-NAME' })
}

/** Without a wish the first of these that the machine has: every address of both families, or of the old one. */
async function openListener(
  { listen }: AgentOptions,
  origin: string,
  open: (host: string, port: number) => Promise<DirectListener>,
): Promise<DirectListener> {
  const host = listen?.host ?? defaultListenHost(origin)
  const port = listen?.port ?? 0
  try {
    return await open(host, port)
  } catch (error) {
    // EAFNOSUPPORT, EADDRNOTAVAIL: no IPv6 here.
    if (host !== '::' || listen?.host !== undefined) throw error
    return await open('0.0.0.0', port)
  }
}
