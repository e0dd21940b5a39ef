// What the rows of the handler table are given: the rooms of the server, and the call that came in.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Logger } from 'pino'
import type { Admins } from './admin/admins.ts'
import type { Days } from './admin/days.ts'
import type { Told } from './admin/delivered.ts'
import type { Limits } from './admin/limits.ts'
import type { Challenges } from './accounts/challenge.ts'
import type { LinkSlots } from './accounts/link-slots.ts'
import type { Login, Logins } from './accounts/logins.ts'
import type { Clock } from './listen/clock.ts'
import type { Answer, Exchange } from './listen/exchange.ts'
import type { Live } from './live/live.ts'
import type { Metrics } from './metrics.ts'
import type { Policy } from './policy/policy.ts'
import type { Rates } from './policy/rates.ts'
import type { Presence } from './presence/presence.ts'
import type { Storage } from './storage/storage.ts'
import type { Turn } from './stun/turn.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import type { WebFiles } from './web/web-files.ts'

export interface Rooms {
  /** What stands behind the @ of this server's users. */
  readonly domain: string
  /** Origins that devices may have dialled to reach this server: what a proof of login must name. */
  readonly origins: readonly string[]
  readonly clock: Clock
  readonly storage: Storage
  readonly log: Logger
  readonly metrics: Metrics
  readonly rates: Rates
  readonly challenges: Challenges
  readonly linkSlots: LinkSlots
  readonly logins: Logins
  readonly presence: Presence
  readonly tunnel: Tunnel
  readonly live: Live
  readonly mail: Mail
  readonly admins: Admins
  readonly days: Days
  readonly told: Told
  readonly limits: Limits
  readonly startedAtMs: number
  /** A device of this user logged in. */
  seen(user: UserAddress): Promise<void>
  /** From now on by this policy. */
  follow(policy: Policy): void
  /** The policy that holds now; it may be another at the next call (SIGHUP). */
  policy(): Policy
  /** The web app, where it was built. */
  readonly web?: WebFiles
  /** UDP port where this server answers STUN; absent: nowhere. */
  readonly stunPort?: number
  /** The relays that the policy names now. */
  turn(): Turn | undefined
  /** Takes in the invitations that the administrator deposited meanwhile. */
  takeInvitations(): Promise<void>
  /** Whether the Host of a request is a name of this server. */
  isOwnHost(host: string | undefined): boolean
  /** From SIGTERM on: whoever asks is sent away, what is in flight is finished. */
  isDraining(): boolean
}

type MailHandler = (login: Login, exchange: Exchange) => Promise<Answer>

/** The mailbox's rows of the table. */
export interface Mail {
  readonly send: MailHandler
  readonly list: MailHandler
  readonly retrieve: MailHandler
  readonly remove: MailHandler
}

/** One request on its way to its row. */
export interface Call {
  readonly exchange: Exchange
  /** Who asks; undefined for anybody. Rows for logged-in users are given it as an argument of its own. */
  readonly login: Login | undefined
  /** A part of the path that the row's target names in capitals, percent-decoded. */
  part(name: string): string
}
