// The rows of whoever runs the server: figures, users, invitations, limits. Who may ask was decided before (handler.ts). What is told of
// users is what the server needs to hold for them, in numbers and days; never whom they know or what is in their mail.

import type { UserAddress } from '@doorpost/protocol/address'
import { dayText } from '@doorpost/protocol/day'
import { Refusal } from '@doorpost/protocol/errors'
import {
  ADMIN_INVITATIONS_SHOWN_MAX,
  ADMIN_USERS_MAX,
  type AdminFigures,
  type AdminInvitations,
  type AdminLimits,
  type AdminUser,
  type AdminUsers,
  limitChangesSchema,
  revokeSchema,
  standSchema,
} from '@doorpost/protocol/messages/admin'
import { ADMIN_INVITATIONS_MAX } from '../accounts/admin-invitations.ts'
import { deposit } from '../accounts/invitations.ts'
import { devicesOf } from '../accounts/known-list.ts'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { ListedAccount } from '../storage/storage.ts'
import { REMOVED_KEPT_MS, stand } from './standing.ts'

/** A body of these rows, bytes: a hundred changes or hashes. */
const BODY_BYTES_MAX = 16 * 1024

export async function listFigures(rooms: Rooms): Promise<Answer> {
  const { metrics, storage, clock } = rooms
  const [days, accounts, kept, connections, sessions] = await Promise.all([
    rooms.days.list(),
    storage.accounts.count(),
    storage.mail.counts(),
    metrics.value('doorpost_connections'),
    metrics.value('doorpost_sessions'),
  ])
  return json(200, {
    domain: rooms.domain,
    since: instant(rooms.startedAtMs),
    time: instant(clock.wallMs()),
    now: {
      accounts,
      connections,
      sessions,
      devicesOnline: rooms.presence.count(),
      tunnels: await metrics.value('doorpost_tunnels_open'),
      broadcasts: await metrics.value('doorpost_live_broadcasts'),
      viewers: await metrics.value('doorpost_live_viewers'),
      messagesKept: kept.messages,
      bytesPerSecond: rooms.days.bytesPerSecond(),
    },
    days,
  } satisfies AdminFigures)
}

/** `after`: behind that name. `begin`: names that begin so. */
export async function listUsers(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const begin = (exchange.query.get('begin') ?? '').toLowerCase()
  const after = exchange.query.get('after')
  const behind = after === null ? begin : `${after}@${rooms.domain}`
  const found = await rooms.storage.accounts.list(behind, ADMIN_USERS_MAX + 1)
  const fitting = found.filter(({ account }) => account.address.startsWith(begin))
  const users: AdminUser[] = []
  for (const listed of fitting.slice(0, ADMIN_USERS_MAX)) users.push(await adminUser(rooms, listed))
  return json(200, { users, more: fitting.length > ADMIN_USERS_MAX } satisfies AdminUsers)
}

export async function standUser(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const { name, standing } = await readJson(exchange, standSchema, BODY_BYTES_MAX)
  const user = `${name.toLowerCase()}@${rooms.domain}` as UserAddress
  if (standing !== 'open' && (await rooms.admins.has(user))) {
    throw new Refusal('not-allowed', {
      about: name,
      detail: `${name} runs this server. Take that away first, on its own machine: doorpost admin remove ${name}`,
    })
  }
  if (!(await stand(rooms, user, standing))) {
    throw new Refusal('no-such-user', { about: name, detail: `There is no ${name} on this server.` })
  }
  rooms.log.info({ standing }, 'an account stands otherwise')
  // Right before it in the order of addresses stands nothing that begins so.
  const [listed] = (await rooms.storage.accounts.list(`${name.toLowerCase()}@`, 1)) as [ListedAccount]
  return json(200, { user: await adminUser(rooms, listed) })
}

export async function listInvitations(rooms: Rooms): Promise<Answer> {
  await rooms.takeInvitations()
  const nowMs = rooms.clock.wallMs()
  const found = await rooms.storage.invitations.list(undefined, nowMs, ADMIN_INVITATIONS_SHOWN_MAX + 1)
  return json(200, {
    invitations: found.slice(0, ADMIN_INVITATIONS_SHOWN_MAX).map(({ tokenHash, inviter, expiresAtMs, used }) => ({
      tokenHash,
      expires: instant(expiresAtMs),
      used,
      ...(inviter !== null && { by: nameOf(inviter) }),
    })),
    more: found.length > ADMIN_INVITATIONS_SHOWN_MAX,
  } satisfies AdminInvitations)
}

/** One of the administrator's: for a registration alone. */
export async function addInvitation(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  return await deposit(rooms, exchange, null, ADMIN_INVITATIONS_MAX)
}

export async function removeInvitations(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const { tokenHashes } = await readJson(exchange, revokeSchema, BODY_BYTES_MAX)
  for (const tokenHash of tokenHashes) await rooms.storage.invitations.revoke(tokenHash)
  return nothing(204)
}

export async function listLimits(rooms: Rooms): Promise<Answer> {
  return json(200, { limits: rooms.limits.list() } satisfies AdminLimits)
}

export async function setLimits(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const { changes } = await readJson(exchange, limitChangesSchema, BODY_BYTES_MAX)
  rooms.follow(await rooms.limits.change(changes))
  rooms.log.info({ limits: Object.keys(changes) }, 'limits were set')
  return await listLimits(rooms)
}

async function adminUser(rooms: Rooms, listed: ListedAccount): Promise<AdminUser> {
  const { account, standing, standingSinceMs, seenDay } = listed
  const { copies, bytes } = await rooms.storage.mail.occupied(account.address)
  return {
    name: nameOf(account.address),
    standing,
    ...(standingSinceMs > 0 && { standingSince: instant(standingSinceMs) }),
    ...(standing === 'removed' && { forgottenAt: instant(standingSinceMs + REMOVED_KEPT_MS) }),
    createdAt: instant(account.createdAtMs),
    ...(seenDay !== undefined && { seen: dayText(seenDay) }),
    devices: devicesOf(account).length,
    messages: copies,
    bytes,
    admin: await rooms.admins.has(account.address),
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}

function nameOf(user: UserAddress): string {
  return user.slice(0, user.indexOf('@'))
}
