// For tests: the handler table over memory storage, without sockets and with a clock that is turned by hand, and people
// with real keys who ask it things.

import { createHash } from 'node:crypto'
import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { countersign, type Device, type DeviceList, type Head, signDeviceList } from '@doorpost/protocol/device-list'
import type { Envelope } from '@doorpost/protocol/envelope'
import { loginBytes } from '@doorpost/protocol/login'
import { generateSigningKey, hashOfSigned, type Signed, sign } from '@doorpost/protocol/signature'
import { openAdmins } from './admin/admins.ts'
import { openLimits } from './admin/limits.ts'
import { createHandler } from './handler.ts'
import { type Answer, bodyFromBytes, type Exchange, type SessionHandle } from './listen/exchange.ts'
import { type TurnedClock, turnedClock } from './listen/turned-clock.ts'
import { type LogLevel, openLog } from './log.ts'
import { openRooms } from './open-rooms.ts'
import { ownHosts } from './own-host.ts'
import type { PolicyFile } from './policy/policy.ts'
import type { Rooms } from './rooms.ts'
import { memoryStorage } from './storage/memory.ts'
import type { Storage } from './storage/storage.ts'

export const DOMAIN = 'localhost:8025'
export const ORIGIN = 'http://localhost:8025'
export const NOON = '2026-11-21T12:00:00.000Z'
export const MESSAGE_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

export interface Question {
  readonly method: string
  readonly target: string
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes as they are; anything else as JSON. */
  readonly body?: unknown
  readonly session?: SessionHandle
  readonly remoteAddress?: string
  readonly secure?: boolean
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly bytes: Uint8Array
  /** The body as JSON; undefined when there is none or it is something else. */
  readonly json: unknown
  readonly close: boolean
}

export interface InMemoryServer {
  readonly rooms: Rooms
  readonly storage: Storage
  readonly clock: TurnedClock
  /** Storage operations since the last `calls.length = 0`, e.g. `accounts.get`. */
  readonly calls: string[]
  ask(question: Question): Promise<Reply>
  /** An account with one device, registered and logged in. */
  join(name: string, device?: string): Promise<Person>
  follow(policy: PolicyFile): void
  drain(): void
  /** Writes what was counted, and ends. */
  close(): Promise<void>
}

export interface InMemoryOptions {
  readonly policy?: PolicyFile
  readonly onLoopback?: boolean
  /** Names of those who run it. */
  readonly admins?: readonly string[]
  readonly logLevel?: LogLevel
  takeInvitations?(storage: Storage): Promise<void>
}

export function inMemoryServer(options: InMemoryOptions = {}): InMemoryServer {
  const { policy = {}, onLoopback = true } = options
  const clock = turnedClock()
  const calls: string[] = []
  const storage = watched(memoryStorage(), calls)
  const limits = openLimits({ store: storage.limits, set: {}, file: policy, onLoopback })
  const opened = openRooms({
    domain: DOMAIN,
    origins: [ORIGIN],
    clock,
    storage,
    log: openLog(options.logLevel ?? 'silent'),
    policy: limits.policy,
    limits,
    admins: openAdmins({ domain: DOMAIN, named: options.admins ?? [], clock, onFault() {} }),
    isOwnHost: ownHosts(DOMAIN, [ORIGIN]),
    takeInvitations: async () => options.takeInvitations?.(storage),
  })
  const handler = createHandler(opened.rooms)
  const server: InMemoryServer = {
    rooms: opened.rooms,
    storage,
    clock,
    calls,
    ask: async (question) => await replyOf(await handler(exchangeOf(question))),
    async join(name, device = 'laptop') {
      const person = newPerson(server, name, device)
      const reply = await server.ask({ method: 'SEND', target: '/accounts', body: { deviceList: person.list } })
      if (reply.status !== 201) throw new Error(`${name} could not register: ${reply.text}`)
      await person.logIn()
      return person
    },
    follow: (file) => opened.follow(limits.follow(file)),
    drain: opened.drain,
    close: opened.close,
  }
  return server
}

export function exchangeOf(question: Question): Exchange {
  const { method, target, token, headers, body, session } = question
  const [path = '', query = ''] = target.split('?')
  const bytes =
    body === undefined ? new Uint8Array(0) : body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
  return {
    door: session ? 'session' : 'http/1.1',
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Map(Object.entries({ ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) })),
    body: bodyFromBytes(bytes),
    remoteAddress: question.remoteAddress ?? '127.0.0.1',
    secure: question.secure ?? true,
    signal: question.signal ?? session?.closed ?? new AbortController().signal,
    ...(session && { session }),
  }
}

async function replyOf({ status, headers = {}, body = '', close = false }: Answer): Promise<Reply> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : await whole(body)
  const text = Buffer.from(bytes).toString()
  const isJson = headers['content-type']?.includes('json') === true
  return { status, headers, text, bytes, json: isJson ? (JSON.parse(text) as unknown) : undefined, close }
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

/** A session without a socket; what is pushed to it is kept. */
export interface TriedSession extends SessionHandle {
  readonly pushed: object[]
  readonly closedWith: { readonly code: number; readonly reason: string } | undefined
  /** The line breaks. */
  breakOff(): void
}

export function triedSession(): TriedSession {
  const end = new AbortController()
  const pushed: object[] = []
  let closedWith: TriedSession['closedWith']
  return {
    id: 'session',
    data: new Map(),
    closed: end.signal,
    pushed,
    get closedWith() {
      return closedWith
    },
    push(message) {
      if (end.signal.aborted) return false
      pushed.push(message)
      return true
    },
    close(code, reason) {
      closedWith ??= { code, reason }
      end.abort()
    },
    breakOff: () => end.abort(),
  }
}

/** Somebody with keys of their own; the same name gives the same keys in every run. */
export interface Person {
  readonly name: string
  readonly address: UserAddress
  readonly device: DeviceAddress
  /** The newest device list this person signed. */
  readonly list: Signed
  readonly head: Head
  readonly token: string
  /** Signs the list that replaces the account key. */
  readonly recoveryKey: { readonly secret: Uint8Array; readonly public: Uint8Array }
  ask(method: string, target: string, body?: unknown, more?: Partial<Question>): Promise<Reply>
  /** Logs a device in: over a session, or for a token. The person's `token` is from then on the newest of the first device. */
  logIn(how?: { device?: string; session?: SessionHandle; origin?: string }): Promise<string>
  /** A session that is logged in and has said that it is on-line. */
  comeOnline(addresses?: readonly string[], device?: string): Promise<TriedSession>
  /** Signs the list after the newest, changed. */
  signNext(change: (list: DeviceList) => Partial<DeviceList>): Signed
  /** An entry for a device list; another edition has another key. */
  newDevice(name: string, edition?: number): Device
  proofFor(nonce: string, how?: { device?: string; origin?: string; deviceNonce?: string }): object
}

export function newPerson(
  server: Pick<InMemoryServer, 'ask'>,
  name: string,
  first = 'laptop',
  domain = DOMAIN,
): Person {
  const address = `${name}@${domain}` as UserAddress
  const keyOf = (purpose: string) => generateSigningKey(() => seed(`${address} ${purpose}`))
  const account = keyOf('account')
  const deviceKey = (device: string, edition = 1) => keyOf(`device ${device} ${edition}`)
  const newDevice = (device: string, edition = 1): Device => {
    const { public: key, secret } = deviceKey(device, edition)
    const entry = { name: device, key: toBase64url(key), recipient: 'age1pq1qqqqqqqq', createdAt: NOON }
    return countersign(address, entry, secret)
  }
  let list: DeviceList = {
    v: 1,
    user: address,
    sequence: 1,
    previous: null,
    accountKey: toBase64url(account.public),
    recoveryKey: toBase64url(keyOf('recovery').public),
    devices: [newDevice(first)],
    signedAt: NOON,
  }
  let signed = signDeviceList(list, account)
  let token = ''
  let deviceNonces = 0
  const person: Person = {
    name,
    address,
    device: deviceAddress(address, first),
    get list() {
      return signed
    },
    get head() {
      return { sequence: list.sequence, hash: hashOfSigned(signed) }
    },
    get token() {
      return token
    },
    newDevice,
    recoveryKey: keyOf('recovery'),
    ask: (method, target, body, more) =>
      server.ask({ method, target, body, ...(more?.session === undefined && { token }), ...more }),
    proofFor(nonce, { device = first, origin = ORIGIN, deviceNonce } = {}) {
      const own = deviceNonce ?? toBase64url(seed(`${address} nonce ${deviceNonces++}`))
      const proof = { origin, device: deviceAddress(address, device), serverNonce: nonce, deviceNonce: own }
      const signature = toBase64url(sign('login', loginBytes(proof), deviceKey(device).secret))
      return { origin, serverNonce: nonce, deviceNonce: own, signature }
    },
    async logIn({ device = first, session, origin = ORIGIN } = {}) {
      const target = `/users/${name}/${device}`
      const over = session ? { session } : {}
      const challenge = await server.ask({ method: 'AUTHORIZATION', target, ...over })
      const { nonce } = challenge.json as { nonce: string }
      const body = person.proofFor(nonce, { device, origin })
      const reply = await server.ask({ method: 'AUTHORIZATION', target, body, ...over })
      if (reply.status !== 200) throw new Error(`${name} could not log in: ${reply.text}`)
      const { token: given } = reply.json as { token: string }
      if (device === first) token = given
      return given
    },
    async comeOnline(addresses = [], device = first) {
      const session = triedSession()
      await person.logIn({ device, session })
      const reply = await server.ask({
        method: 'SEND',
        target: '/presence',
        body: { online: true, addresses },
        session,
      })
      if (reply.status !== 204) throw new Error(`${name} could not come on-line: ${reply.text}`)
      return session
    },
    signNext(change) {
      const previous = hashOfSigned(signed)
      list = { ...list, sequence: list.sequence + 1, previous, ...change(list) }
      signed = signDeviceList(list, account)
      return signed
    },
  }
  return person
}

/** An envelope as `from` may hand it in, sealed in nothing. */
export function envelopeFor(from: Person, to: readonly Person[], change: Partial<Envelope> = {}): Envelope {
  return {
    v: 1,
    id: MESSAGE_ID,
    class: 'message',
    from: from.device,
    to: to.map(({ address }) => address),
    date: NOON,
    expires: '2026-12-01T12:00:00.000Z',
    heads: to.map(({ head }) => head),
    sealed: { keys: to.map(({ device }) => ({ device, key: 'AAAA' })), body: 'AAAA' },
    ...change,
  }
}

/** Makes two people mutual contacts. */
export async function befriend(a: Person, b: Person): Promise<void> {
  await a.ask('SEND', '/contacts', { address: b.address })
  await b.ask('SEND', '/contacts', { address: a.address })
}

function seed(text: string): Uint8Array {
  return fromBase64url(createHash('sha256').update(text).digest('base64url'))
}

/** The same storage; `calls` gets the name of every operation. */
function watched(storage: Storage, calls: string[]): Storage {
  const watchedRoom = <Room extends object>(room: Room, name: string): Room =>
    new Proxy(room, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property)
        if (typeof member !== 'function') return member
        return (...given: unknown[]): unknown => {
          calls.push(`${name}.${String(property)}`)
          return Reflect.apply(member, target, given)
        }
      },
    })
  return {
    accounts: watchedRoom(storage.accounts, 'accounts'),
    contacts: watchedRoom(storage.contacts, 'contacts'),
    invitations: watchedRoom(storage.invitations, 'invitations'),
    logins: watchedRoom(storage.logins, 'logins'),
    mail: watchedRoom(storage.mail, 'mail'),
    preferences: watchedRoom(storage.preferences, 'preferences'),
    grants: watchedRoom(storage.grants, 'grants'),
    figures: watchedRoom(storage.figures, 'figures'),
    limits: watchedRoom(storage.limits, 'limits'),
    tunnelDays: watchedRoom(storage.tunnelDays, 'tunnelDays'),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}
