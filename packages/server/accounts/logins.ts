// Who is logged in: tokens that every request shows, and sessions that an AUTHORIZATION was bound to. Whatever hangs on a
// login (a session, an open PIPE) asks to be told of its end, so that QUIT and a revoked device end it at once.
// Proving who one is belongs to authorization.ts.

import { hash, randomBytes } from 'node:crypto'
import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { TOKEN_LIFE_MS } from '@doorpost/protocol/limits'
import type { Clock } from '../listen/clock.ts'
import type { SessionHandle } from '../listen/exchange.ts'
import type { LoginStore } from '../storage/storage.ts'

/** Logins one device may hold at once: its agent, its commands and a few that were never QUIT; the oldest goes. */
const LOGINS_PER_DEVICE_MAX = 16
/** Sessions one device may hold at once: reconnections whose old line is not yet noticed dead; the oldest goes. */
const SESSIONS_PER_DEVICE_MAX = 8
/** WebSocket close code for a session whose login has ended (RFC 6455 section 7.4.1: policy). */
const LOGIN_ENDED_CLOSE = 1008

/** One login as the rooms see it: which device is asking. */
export interface Login {
  readonly device: DeviceAddress
  readonly user: UserAddress
  /** The part after the slash. */
  readonly deviceName: string
  /** SHA-256 of its token, base64url: names the login without being able to use it. */
  readonly tokenHash: string
}

export interface Logins {
  /** A new login of a device; the token itself is kept nowhere. */
  issue(device: DeviceAddress): Promise<{ login: Login; token: string; expiresAtMs: number }>
  /** Undefined for tokens that are unknown, ended or over. */
  ofToken(token: string): Promise<Login | undefined>
  ofSession(session: SessionHandle): Login | undefined
  /** From now on the session speaks for that device, until it ends or the login does. */
  bind(session: SessionHandle, login: Login): void
  /** Ends a login and all that hangs on it but `asking`, whose door ends it after the answer. */
  end(login: Login, asking?: SessionHandle): Promise<void>
  /** Ends every login of a device. */
  endDevice(device: DeviceAddress): Promise<void>
  /** Calls `ended` once when that login ends by QUIT or revocation; the function returned stops that. */
  onEnd(login: Login, ended: () => void): () => void
  /** Sessions that are logged in now. */
  sessionCount(): number
}

interface Watcher {
  readonly tokenHash: string
  readonly session?: SessionHandle
  ended(): void
}

export function openLogins(store: LoginStore, clock: Clock): Logins {
  const watchers = new Map<DeviceAddress, Set<Watcher>>()
  const bound = new Map<SessionHandle, { login: Login; unwatch: () => void }>()

  function watch(device: DeviceAddress, watcher: Watcher): () => void {
    const set = watchers.get(device) ?? new Set()
    watchers.set(device, set.add(watcher))
    return () => {
      set.delete(watcher)
      if (set.size === 0 && watchers.get(device) === set) watchers.delete(device)
    }
  }

  function tell(device: DeviceAddress, which: (watcher: Watcher) => boolean): void {
    for (const watcher of [...(watchers.get(device) ?? [])]) {
      if (which(watcher)) watcher.ended()
    }
  }

  function unbind(session: SessionHandle): void {
    bound.get(session)?.unwatch()
    bound.delete(session)
  }

  return {
    async issue(device) {
      const token = randomBytes(32)
      const expiresAtMs = clock.wallMs() + TOKEN_LIFE_MS
      const login = loginOf(device, hashOfToken(token))
      await store.add({ tokenHash: login.tokenHash, device, expiresAtMs }, LOGINS_PER_DEVICE_MAX)
      return { login, token: token.toString('base64url'), expiresAtMs }
    },

    async ofToken(token) {
      const tokenHash = hashOfToken(Buffer.from(token, 'base64url'))
      const found = await store.get(tokenHash, clock.wallMs())
      return found && loginOf(found.device, tokenHash)
    },

    ofSession: (session) => bound.get(session)?.login,

    bind(session, login) {
      if (session.closed.aborted) return
      if (!bound.has(session)) session.closed.addEventListener('abort', () => unbind(session), { once: true })
      unbind(session)
      const ended = () => {
        unbind(session)
        session.close(LOGIN_ENDED_CLOSE, 'the login of this session has ended')
      }
      bound.set(session, { login, unwatch: watch(login.device, { tokenHash: login.tokenHash, session, ended }) })
      const sessions = [...(watchers.get(login.device) ?? [])].filter((watcher) => watcher.session !== undefined)
      if (sessions.length > SESSIONS_PER_DEVICE_MAX) sessions[0]?.ended()
    },

    async end(login, asking) {
      await store.end(login.tokenHash)
      if (asking) unbind(asking)
      tell(login.device, (watcher) => watcher.tokenHash === login.tokenHash)
    },

    async endDevice(device) {
      await store.endDevice(device)
      tell(device, () => true)
    },

    onEnd: (login, ended) => watch(login.device, { tokenHash: login.tokenHash, ended }),

    sessionCount: () => bound.size,
  }
}

function loginOf(device: DeviceAddress, tokenHash: string): Login {
  const { user, device: deviceName } = splitDevice(device)
  return { device, user, deviceName, tokenHash }
}

function hashOfToken(token: Uint8Array): string {
  return hash('sha256', token, 'base64url')
}
