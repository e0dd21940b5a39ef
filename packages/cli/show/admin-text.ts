// What a server's figures, users, invitations and limits look like in a terminal. Pure.

import { rateText, sizeText } from '@doorpost/peer/catalogue/quantity'
import type { Operations } from '@doorpost/peer/operations'
import { pairsText } from './pairs.ts'
import { tableText } from './table.ts'
import { whenText } from './when.ts'

type Screen = Parameters<typeof tableText>[2]
type Figures = Operations['admin']['result']
type User = Operations['admin.users']['result']['users'][number]
type Invitation = Operations['admin.invitations']['result']['invitations'][number]
type Limit = Operations['admin.limits']['result']['limits'][number]

/** Days shown; `--json` has all. */
const DAYS_SHOWN = 14

export function figuresText({ now, days }: Figures, screen: Screen): string {
  const shown = days.slice(-DAYS_SHOWN).toReversed()
  const right = (head: string) => ({ head, side: 'right' as const })
  const reasons = new Map<string, number>()
  for (const { refused } of shown) {
    for (const [reason, count] of Object.entries(refused)) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  const refused = [...reasons].sort(([, a], [, b]) => b - a)
  const pairs = pairsText(
    [
      ['People', String(now.accounts)],
      ['Devices on-line', String(now.devicesOnline)],
      ['Sessions', String(now.sessions)],
      ['Connections', String(now.connections)],
      ['Tunnels', String(now.tunnels)],
      ['Broadcasts', `${now.broadcasts}, watched by ${now.viewers}`],
      ['Messages kept', String(now.messagesKept)],
      ['Carried now', rateText(now.bytesPerSecond)],
    ],
    screen,
  )
  const table = tableText(
    [{ head: 'DAY' }, ...['DELIVERED', 'REPORTS', 'CARRIED', 'TUNNEL', 'MESSAGES', 'LIVE', 'APP'].map(right)],
    shown.map((day) => [
      day.day,
      // Nobody told: nothing is known, which is not nothing.
      day.tellingDevices === 0 ? '-' : sizeText(day.deliveredBytes),
      String(day.tellingDevices),
      sizeText(day.tunnelBytes + day.messageBytes + day.liveBytes + day.webBytes),
      sizeText(day.tunnelBytes),
      sizeText(day.messageBytes),
      sizeText(day.liveBytes),
      sizeText(day.webBytes),
    ]),
    screen,
  )
  const why = tableText(
    [{ head: 'REFUSED' }, right('TIMES')],
    refused.map(([reason, count]) => [reason, String(count)]),
    screen,
  )
  return `${pairs}\n${table}${refused.length === 0 ? '' : `\n${why}`}`
}

export function usersText(users: readonly User[], nowMs: number, screen: Screen): string {
  return tableText(
    [
      { head: 'NAME', gives: true },
      { head: 'SINCE' },
      { head: 'SEEN' },
      { head: 'DEVICES', side: 'right' },
      { head: 'MAIL', side: 'right' },
      { head: 'SIZE', side: 'right' },
      { head: '' },
    ],
    users.map((user) => [
      user.name,
      whenText(user.createdAt, nowMs),
      user.seen === undefined ? '-' : whenText(user.seen, nowMs),
      String(user.devices),
      String(user.messages),
      sizeText(user.bytes),
      user.admin
        ? 'runs the server'
        : user.standing === 'removed'
          ? `removed, forgotten ${whenText(user.forgottenAt ?? '', nowMs)}`
          : user.standing === 'closed'
            ? 'closed'
            : '',
    ]),
    screen,
  )
}

export function invitationsText(invitations: readonly Invitation[], nowMs: number, screen: Screen): string {
  return tableText(
    [{ head: 'ID' }, { head: 'UNTIL' }, { head: 'MADE BY' }, { head: '' }],
    invitations.map(({ tokenHash, expires, by, used }) => [
      tokenHash.slice(0, 8),
      whenText(expires, nowMs),
      by ?? 'whoever runs the server',
      used ? 'used' : '',
    ]),
    screen,
  )
}

export function limitsText(limits: readonly Limit[], screen: Screen): string {
  return tableText(
    [{ head: 'LIMIT' }, { head: 'NOW', side: 'right' }, { head: '' }],
    limits.map((limit) => [
      limit.name,
      limitText(limit, limit.value),
      limit.isSet ? `set; else ${limitText(limit, limit.unset)}` : '',
    ]),
    screen,
  )
}

/** `16.8 MB/s`, `1200 in 60 s`, `no bound`. */
export function limitText({ unit, max, perSeconds }: Limit, value: number | string): string {
  if (typeof value === 'string') return value
  if (unit.startsWith('bytes')) {
    // Lines can be without a bound; disks cannot.
    return value === max && unit !== 'bytes' ? 'no bound' : `${sizeText(value)}${unit.slice('bytes'.length)}`
  }
  return perSeconds === undefined ? String(value) : `${value} in ${perSeconds} s`
}
