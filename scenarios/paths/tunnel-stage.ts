// A stage for the tunnel: a whole server on a real port, people whose devices are logged in, a message between them, and a line
// in between that is watched and can be cut. What is shown on it is the tests' business.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@doorpost/peer/clock'
import { createNodeTunnelHttp } from '@doorpost/peer/node/tunnel-http'
import type { Target } from '@doorpost/peer/paths/openers'
import type { Caller, Path, Source } from '@doorpost/peer/paths/path'
import { createTunnelHttp, type TunnelHttp } from '@doorpost/peer/paths/tunnel-http'
import { createTunnelOpener } from '@doorpost/peer/paths/tunnel-opener'
import { serveTunnel } from '@doorpost/peer/paths/tunnel-serve'
import { openHttpLine } from '@doorpost/peer/session/http-line'
import type { LoginKey } from '@doorpost/peer/session/login'
import { openSessionLine } from '@doorpost/peer/session/session-line'
import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { countersign, type Head, signDeviceList } from '@doorpost/protocol/device-list'
import { generateSigningKey, hashOfSigned } from '@doorpost/protocol/signature'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { openWatchedLine } from './watched-line.ts'

export const MESSAGE_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** One person with one device. */
export interface Tunneller {
  readonly key: LoginKey
  readonly address: DeviceAddress
  readonly user: UserAddress
  readonly head: Head
  readonly caller: Caller
  /** Over fetch, with a login of its own. */
  readonly http: TunnelHttp
  /** The same as Node's agents do it. */
  readonly nodeHttp: TunnelHttp
  token(): Promise<string>
  /** A request of any kind, logged in. */
  ask(method: string, target: string, body?: unknown): Promise<Response>
  /** Comes on-line over a session and answers what comes through the tunnel. */
  serve(source: Source, http?: TunnelHttp): Promise<() => Promise<void>>
  /** Answers without a session: collects what comes. */
  poll(source: Source): Promise<() => Promise<void>>
  /** A path to another's device, about the message of this stage. */
  open(to: Tunneller, http?: TunnelHttp): Promise<Path>
}

export interface TunnelStage extends AsyncDisposable {
  readonly server: RunningServer
  /** As dialled: through the line that is watched. */
  readonly origin: string
  join(name: string): Promise<Tunneller>
  /** Sends the message that names these two to the server. */
  message(from: Tunneller, to: readonly Tunneller[]): Promise<void>
  targetOf(to: Tunneller): Target
  /** Ends every connection without a word. */
  cut(): void
}

/** `watched: false`: devices dial the server itself, without the line between that can be watched and cut. */
export async function openTunnelStage({
  policy = {},
  watched = true,
  dialled,
}: {
  readonly policy?: object
  readonly watched?: boolean
  /** Where devices dial instead: something of the test's own that leads to the server. */
  readonly dialled?: string
} = {}): Promise<TunnelStage> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-tunnel-'))
  await writeFile(join(folder, 'policy.json'), JSON.stringify(policy))
  const line = await openWatchedLine()
  const server = await startServer({
    port: 0,
    host: '127.0.0.1',
    dataFolder: join(folder, 'data'),
    policyFile: join(folder, 'policy.json'),
    ...((dialled !== undefined || watched) && { origins: [dialled ?? line.origin] }),
    logger: openLog('silent'),
  })
  line.serverPort = server.port
  const { origin } = server
  const closers: (() => Promise<unknown>)[] = []
  let sender: DeviceAddress | undefined

  const stage: TunnelStage = {
    server,
    origin,
    cut: line.cut,
    targetOf: (to) => ({
      address: to.address,
      deviceKey: to.key.deviceKey.public,
      networkAddresses: [],
      message: { from: sender ?? to.address, id: MESSAGE_ID },
    }),
    async join(name) {
      const user = `${name}@${server.domain}` as UserAddress
      const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
      const [account, recovery, deviceKey] = [1, 2, 3].map(() => generateSigningKey(random)) as [Pair, Pair, Pair]
      const signedAt = new Date().toISOString()
      const entry = {
        name: 'laptop',
        key: toBase64url(deviceKey.public),
        recipient: 'age1pq1qqqq',
        createdAt: signedAt,
      }
      const deviceList = signDeviceList(
        {
          v: 1,
          user,
          sequence: 1,
          previous: null,
          accountKey: toBase64url(account.public),
          recoveryKey: toBase64url(recovery.public),
          devices: [countersign(user, entry, deviceKey.secret)],
          signedAt,
        },
        account,
      )
      const registered = await fetch(`${origin}/accounts`, { method: 'SEND', body: JSON.stringify({ deviceList }) })
      if (registered.status !== 201) throw new Error(`${name} could not register: ${await registered.text()}`)
      const key: LoginKey = { address: deviceAddress(user, 'laptop'), deviceKey }
      const polling = openHttpLine({ origin, as: key })
      closers.push(() => polling.close())
      const token = () => polling.token()
      const http = createTunnelHttp({ origin, token: (signal, refused) => polling.token(signal, refused) })
      const person: Tunneller = {
        key,
        user,
        address: key.address,
        head: { sequence: 1, hash: hashOfSigned(deviceList) },
        caller: { address: key.address, deviceKey: deviceKey.public, via: 'tunnel' },
        http,
        nodeHttp: createNodeTunnelHttp({ origin, token: (signal, refused) => polling.token(signal, refused) }),
        token,
        ask: async (method, target, body) =>
          await fetch(`${origin}${target}`, {
            method,
            headers: { authorization: `Bearer ${await token()}` },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          }),
        async serve(source, over = http) {
          const session = openSessionLine({ origin, as: key })
          const online = Promise.withResolvers<void>()
          session.onState((state) => state === 'online' && online.resolve())
          const { address } = key
          const serving = serveTunnel({
            http: over,
            line: session,
            address,
            source,
            clock: systemClock,
            onFault: (error) => void error,
          })
          await online.promise
          const close = async () => {
            await serving.close()
            await session.close()
          }
          closers.push(close)
          return close
        },
        async poll(source) {
          const { address } = key
          const serving = serveTunnel({
            http,
            line: polling,
            polls: true,
            address,
            source,
            clock: systemClock,
            onFault: (error) => void error,
          })
          closers.push(() => serving.close())
          return () => serving.close()
        },
        open: async (to, over = http) =>
          await createTunnelOpener({ http: over, as: key }).open(stage.targetOf(to), new AbortController().signal),
      }
      return person
    },
    async message(from, to) {
      sender = from.address
      const nowMs = Date.now()
      const sent = await from.ask('SEND', '/messages', {
        v: 1,
        id: MESSAGE_ID,
        class: 'message',
        from: from.address,
        to: to.map(({ user }) => user),
        date: new Date(nowMs).toISOString(),
        expires: new Date(nowMs + 3600_000).toISOString(),
        heads: to.map(({ head }) => head),
        sealed: { keys: to.map(({ address }) => ({ device: address, key: 'AAAA' })), body: 'AAAA' },
      })
      if (sent.status !== 202) throw new Error(`the message was not accepted: ${await sent.text()}`)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closers.map((close) => close()))
      line.close()
      await server.drain()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stage
}

type Pair = ReturnType<typeof generateSigningKey>

/** Makes two people mutual contacts. */
export async function befriend(one: Tunneller, other: Tunneller): Promise<void> {
  await one.ask('SEND', '/contacts', { address: other.user })
  await other.ask('SEND', '/contacts', { address: one.user })
}
