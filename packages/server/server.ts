// Starts a server: opens its storage, its rooms and its port, and closes them in the order that loses nothing.

import type { Logger } from 'pino'
import { ownPhrase, Refusal } from '@doorpost/protocol/errors'
import { SEND_BODY_BYTES_MAX } from '@doorpost/protocol/limits'
import { openAdmins } from './admin/admins.ts'
import { openLimits } from './admin/limits.ts'
import { takeInvitations } from './accounts/admin-invitations.ts'
import { recordDomain, recordedDomain } from './domain-record.ts'
import { createHandler } from './handler.ts'
import { systemClock } from './listen/clock.ts'
import type { Handler } from './listen/exchange.ts'
import type { FrameRooms } from './listen/frames-door.ts'
import { listen } from './listen/port.ts'
import { standardPhraseOf } from './listen/problem.ts'
import { openLog } from './log.ts'
import { openRooms } from './open-rooms.ts'
import { ownHosts } from './own-host.ts'
import { type Policy, policyOf } from './policy/policy.ts'
import { readPolicyFile } from './policy/policy-file.ts'
import { checkOptions, originsOf, type ServerOptions } from './start-options.ts'
import { openThreadedStorage } from './storage/sqlite-threaded.ts'
import { openStun, stunHostOf, type StunServer } from './stun/stun-server.ts'
import { readTurn } from './stun/turn.ts'
import { readWebFiles } from './web/web-files.ts'

/** Time for what is in progress when the server is told to stop, ms: under the 10 s after which supervisors kill. */
const DRAIN_GRACE_MS = 8_000
/** One message of a session, bytes: the largest SEND and the call around it. */
const SESSION_MESSAGE_BYTES_MAX = SEND_BODY_BYTES_MAX + 64 * 1024

export interface RunningServer {
  /** Where to dial it, e.g. `http://localhost:8025`. */
  readonly origin: string
  readonly domain: string
  readonly port: number
  /** UDP; undefined: STUN is not answered. */
  readonly stunPort: number | undefined
  readonly dataFolder: string
  readonly registration: Policy['registration']
  /** Reads the policy file again (SIGHUP does so too). Throws PolicyFault and keeps the old policy when it is wrong. */
  reloadPolicy(): Promise<void>
  /** Stops: refuses what is new, finishes what is in progress, ends sessions with 1001, closes the storage. */
  drain(): Promise<void>
}

/** Throws StartRefused, PolicyFault, DataFolderError, or what the system says when the port cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, onLoopback, domain: wanted } = checkOptions(options)
  const { dataFolder, clock = systemClock, logger: log = openLog() } = options
  const { file, turn } = await readPolicy(options.policyFile, onLoopback)
  const web = options.webFolder === undefined ? undefined : await readWebFiles(options.webFolder)
  // What was opened when something fails to is closed again.
  await using opened = new AsyncDisposableStack()
  const storage = opened.use(await openThreadedStorage({ folder: dataFolder }))
  const limits = openLimits({ store: storage.limits, set: await storage.limits.all(), file, onLoopback })
  const { policy } = limits
  const ready = Promise.withResolvers<Handler>()
  const frames: { rooms?: FrameRooms } = {}
  let domain = wanted ?? (await recordedDomain(dataFolder))
  const originsAt = (port: number) => originsOf(options, domain ?? `localhost:${port}`, port, onLoopback)
  const door = await listen({
    port: options.port,
    host,
    ...(options.tls && { tls: options.tls }),
    handler: async (exchange) => (await ready.promise)(exchange),
    origins: originsAt,
    frameRooms: () => frames.rooms,
    trustedProxies: options.trustedProxies ?? [],
    limits: { sessionMessageBytes: SESSION_MESSAGE_BYTES_MAX, ...options.limits },
    clock,
    phraseOf: (status) => ownPhrase(status) ?? standardPhraseOf(status),
    onFault({ door, method, error }) {
      // An answer that is relayed broke off: its reader must not take it for whole, and nobody here made a mistake.
      if (error instanceof Refusal) log.debug({ code: error.code, door, method }, 'an answer broke off')
      else log.error({ err: error, door, method }, 'a door met a fault')
    },
  })
  opened.defer(() => door.close(0))
  domain ??= `localhost:${door.port}`
  await recordDomain(dataFolder, domain)
  const { port } = door
  const origins = originsAt(port)
  // A proxy in front ends TLS, not UDP: what is behind one on this machine is asked from outside all the same.
  const stun = await openStunAt(stunHostOf(host, onLoopback), options.stunPort ?? port, log)
  opened.defer(async () => await stun?.close())
  const { rooms, metrics, follow, drain, close } = openRooms({
    domain,
    origins,
    clock,
    storage,
    log,
    policy,
    limits,
    admins: openAdmins({
      domain,
      named: options.admins ?? [],
      dataFolder,
      clock,
      onFault: (error) => log.error({ err: error }, 'who runs this server could not be read; it stays as it was'),
    }),
    turn,
    ...(stun && { stunPort: stun.port }),
    ...(web && { web }),
    isOwnHost: onLoopback ? ownHosts(domain, origins) : () => true,
    takeInvitations: () => takeInvitations(dataFolder, storage, clock.wallMs()),
  })
  metrics.observe('doorpost_connections', 'Connections of all kinds, now.', () => door.counts().connections)
  metrics.observe('doorpost_sessions', 'WebSocket sessions, now.', () => door.counts().sessions)
  frames.rooms = rooms.live
  ready.resolve(createHandler(rooms))

  async function reloadPolicy(): Promise<void> {
    const read = await readPolicy(options.policyFile, onLoopback)
    follow(limits.follow(read.file), read.turn)
    log.info('the policy was read again')
  }

  function onHangUp(): void {
    reloadPolicy().catch((error: unknown) => log.error({ err: error }, 'the policy stays as it was'))
  }

  async function stop(): Promise<void> {
    process.off('SIGHUP', onHangUp)
    drain()
    await stun?.close()
    await door.close(DRAIN_GRACE_MS)
    await close()
    await storage[Symbol.asyncDispose]()
    log.info('the server has stopped')
  }

  if (options.policyFile !== undefined) process.on('SIGHUP', onHangUp)
  log.info({ domain, port }, 'the server is running')
  let stopped: Promise<void> | undefined
  // From here on all of it is stop's to close.
  opened.move()
  return {
    origin: origins[0] ?? '',
    domain,
    port,
    stunPort: stun?.port,
    dataFolder,
    registration: policy.registration,
    reloadPolicy,
    drain: () => (stopped ??= stop()),
  }
}

async function readPolicy(policyFile: string | undefined, onLoopback: boolean) {
  const file = policyFile === undefined ? {} : await readPolicyFile(policyFile)
  return { file, turn: await readTurn(policyOf(file, onLoopback), policyFile) }
}

/** `port` 0: not wanted. Without it paths between devices behind routers are fewer, and all else goes on. */
async function openStunAt(host: string, port: number, log: Logger): Promise<StunServer | undefined> {
  if (port === 0) return undefined
  try {
    return await openStun(host, port, { onFault: (error) => log.warn({ err: error }, 'STUN met a fault') })
  } catch (error) {
    log.warn({ err: error, port }, 'STUN is not answered: the UDP port cannot be had')
    return undefined
  }
}
