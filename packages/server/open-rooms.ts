// Opens the rooms of a server over what they share: storage, clock, policy, log. Without a socket: doors are server.ts's.

import { Refusal } from '@doorpost/protocol/errors'
import type { Logger } from 'pino'
import type { Admins } from './admin/admins.ts'
import { openDays } from './admin/days.ts'
import { openTold } from './admin/delivered.ts'
import type { Limits } from './admin/limits.ts'
import { openSeen } from './admin/seen.ts'
import { FORGET_EVERY_MS, forgetRemoved } from './admin/standing.ts'
import { openChallenges } from './accounts/challenge.ts'
import { openLinkSlots } from './accounts/link-slots.ts'
import { openLogins } from './accounts/logins.ts'
import type { Clock } from './listen/clock.ts'
import { startExpiry } from './mailbox/expiry.ts'
import { openLive } from './live/live.ts'
import { openMailbox } from './mailbox/mailbox.ts'
import { type Metrics, openMetrics, timed } from './metrics.ts'
import { observeRooms } from './observe-rooms.ts'
import type { Policy } from './policy/policy.ts'
import { openRates } from './policy/rates.ts'
import { mayWrite } from './policy/rules.ts'
import { openPresence } from './presence/presence.ts'
import type { Rooms } from './rooms.ts'
import type { Storage } from './storage/storage.ts'
import type { Turn } from './stun/turn.ts'
import { openMeter } from './tunnel/meter.ts'
import { openTunnel } from './tunnel/tunnel.ts'
import type { WebFiles } from './web/web-files.ts'

export interface Foundation {
  readonly domain: string
  readonly origins: readonly string[]
  readonly clock: Clock
  /** Stays the caller's to close, after the rooms. */
  readonly storage: Storage
  readonly log: Logger
  readonly policy: Policy
  readonly admins: Admins
  readonly limits: Limits
  readonly stunPort?: number
  readonly web?: WebFiles
  readonly turn?: Turn | undefined
  takeInvitations(): Promise<void>
  isOwnHost(host: string | undefined): boolean
}

export interface OpenRooms {
  readonly rooms: Rooms
  readonly metrics: Metrics
  /** From now on by this policy. */
  follow(policy: Policy, turn?: Turn): void
  /** Refuses what is new and ends what is held. */
  drain(): void
  /** Stops timers and writes what was counted; to be called when the doors are closed. */
  close(): Promise<void>
}

export function openRooms({ storage, policy: first, turn: firstTurn, ...given }: Foundation): OpenRooms {
  const { clock, log } = given
  let policy = first
  let turn = firstTurn
  let draining = false
  const metrics = openMetrics()
  const kept = timed(storage, metrics)
  const rates = openRates(policy)
  const logins = openLogins(kept.logins, clock)
  const presence = openPresence(kept, clock, log)
  const meter = openMeter(() => policy.tunnel, clock, {
    store: kept.tunnelDays,
    onFault: (error) => log.error({ err: error }, 'what users took through the tunnel could not be kept'),
  })
  const tunnel = openTunnel({
    logins,
    clock,
    meter,
    sessions: presence,
    countBytes: (bytes) => metrics.tunnelBytes.inc(bytes),
  })
  const live = openLive({
    clock,
    policy: () => policy.live,
    logins,
    sessions: presence,
    count(what, frames, bytes) {
      metrics.liveFrames.inc({ what }, frames)
      metrics.liveRelayBytes.inc(bytes)
    },
  })
  const mail = openMailbox({
    domain: given.domain,
    storage: kept,
    presence,
    clock,
    policy: () => ({
      mayWrite: (from, to) => mayWrite(policy, from, to),
      quota: { messagesMax: policy.quotas.messages, bytesMax: policy.quotas.bytes },
      messageBytesMax: policy.sizes.messageBytes,
      recipientsMax: policy.sizes.recipients,
    }),
    metrics,
    onFault: (error) => log.error({ err: error }, 'mail could not be delivered or dropped; it is tried again'),
  })
  const stopGrants = startExpiry({
    store: kept.grants,
    clock,
    onFault: (error) => log.error({ err: error }, 'links that are over could not be dropped; it is tried again'),
  })
  observeRooms(metrics, { storage: kept, logins, presence, tunnel, meter, live })
  const days = openDays({
    metrics,
    store: kept.figures,
    clock,
    onFault: (error) => log.error({ err: error }, 'figures could not be kept'),
  })
  const stopForgetting = clock.every(FORGET_EVERY_MS, () => {
    forgetRemoved(rooms).catch((error: unknown) =>
      log.error({ err: error }, 'a removed account could not be forgotten; it is tried again'),
    )
  })
  function followPolicy(next: Policy): void {
    policy = next
    rates.follow(next)
  }
  const rooms: Rooms = {
    ...given,
    days,
    told: openTold(),
    startedAtMs: clock.wallMs(),
    seen: openSeen(kept.accounts, clock),
    follow: followPolicy,
    storage: kept,
    metrics,
    rates,
    challenges: openChallenges(clock),
    linkSlots: openLinkSlots(clock),
    logins,
    presence,
    tunnel,
    live,
    mail,
    policy: () => policy,
    turn: () => turn,
    isDraining: () => draining,
  }
  return {
    rooms,
    metrics,
    follow(next, nextTurn) {
      turn = nextTurn
      followPolicy(next)
    },
    drain() {
      draining = true
      tunnel.close(new Refusal('draining'))
      live.close()
    },
    async close() {
      stopGrants()
      stopForgetting()
      mail.close()
      presence.close()
      await Promise.all([days.close(), meter.save()])
    },
  }
}
