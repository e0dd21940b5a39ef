// A server that only pretends, as its admin sees it: for pretend-device.ts.

import { DAY_MS } from '@doorpost/protocol/day'
import type { OperationName, Operations } from './device-connection.ts'

type Table = {
  [Name in OperationName]?: (args: Operations[Name]['args']) => Operations[Name]['result']
}
type User = Operations['admin.users']['result']['users'][number]
type Limit = Operations['admin.limits']['result']['limits'][number]

const GB = 1e9
const MiB = 1024 * 1024
const NAMES = ['ann', 'ben', 'carol', 'crew-1', 'crew-2', 'dora', 'emil', 'mia', 'noor', 'otto', 'paul', 'yuki']

export function createPretendAdmin(): Table {
  const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
  /** Uneven and the same each time: weeks with their weekends. */
  const wave = (day: number) => 1 + Math.sin(day / 2.3) * 0.4 + Math.sin(day * 2.7) * 0.3 + (day % 7 > 4 ? 0.9 : 0)
  let users: User[] = NAMES.map((name, index) => ({
    name,
    standing: 'open',
    createdAt: at(-300 + index * 23),
    seen: at(-((index * 7) % 11)).slice(0, 10),
    devices: 1 + (index % 3),
    messages: (index * 5) % 13,
    bytes: ((index * 5) % 13) * 31_000,
    admin: name === 'mia',
  }))
  let invitations = [2, 5, 20].map((days, index) => ({
    tokenHash: `${index}`.repeat(43),
    expires: at(days),
    used: index === 1,
    ...(index === 2 && { by: 'carol' }),
  }))
  const limit = (name: string, unit: Limit['unit'], value: number, max = 1e7): Limit => ({
    name,
    unit,
    value,
    unset: value,
    isSet: false,
    min: 1,
    max,
  })
  let limits: Limit[] = [
    {
      ...limit('registration', 'choice', 0),
      value: 'invitation',
      unset: 'invitation',
      choices: ['open', 'invitation', 'closed'],
    },
    { ...limit('invite', 'choice', 0), value: 'members', unset: 'members', choices: ['members', 'admin'] },
    limit('quotas.accounts', 'users', 100_000),
    limit('quotas.messages', 'messages', 10_000),
    limit('quotas.bytes', 'bytes', 256 * MiB, 2 ** 40),
    limit('tunnel.userBytesPerSecond', 'bytes/s', 16 * MiB, 1e11),
    limit('tunnel.serverBytesPerDay', 'bytes/day', 2 ** 53 - 1, 2 ** 53 - 1),
    { ...limit('rates.send.perUser', 'requests', 1200), perSeconds: 60 },
  ]
  return {
    admin: () => ({
      domain: 'post.example',
      since: at(-12.4),
      time: at(0),
      now: {
        accounts: users.length,
        connections: 41,
        sessions: 23,
        devicesOnline: 19,
        tunnels: 3,
        broadcasts: 1,
        viewers: 6,
        messagesKept: 412,
        bytesPerSecond: 2_340_000,
      },
      days: Array.from({ length: 120 }, (_, index) => {
        const day = 119 - index
        return {
          day: at(-day).slice(0, 10),
          deliveredBytes: day === 0 ? 0 : Math.round(86 * GB * wave(day)),
          tellingDevices: day === 0 ? 0 : 7 + (day % 5),
          tunnelBytes: Math.round(9 * GB * wave(day + 3)),
          messageBytes: Math.round(0.02 * GB * wave(day)),
          liveBytes: Math.round(4 * GB * wave(day + 9)),
          webBytes: Math.round(0.03 * GB),
          refused: { 'not-logged-in': 3 + (day % 4), 'too-many': day % 3, 'invitation-needed': day % 2 },
        }
      }),
    }),
    'admin.users': ({ begin = '' }) => ({ users: users.filter(({ name }) => name.startsWith(begin)), more: false }),
    'admin.stand'({ name, standing }) {
      users = users.map(({ forgottenAt: _, ...user }) =>
        user.name === name ? { ...user, standing, ...(standing === 'removed' && { forgottenAt: at(7) }) } : user,
      )
      return users.find((user) => user.name === name) as User
    },
    'admin.invitations': () => ({ invitations, more: false }),
    'admin.invite'() {
      const made = { tokenHash: 'm'.repeat(43), expires: at(7) }
      invitations = [...invitations.filter(({ tokenHash }) => tokenHash !== made.tokenHash), { ...made, used: false }]
      return { ...made, link: `${location.origin}/join#v1.${'p'.repeat(22)}` }
    },
    'admin.revoke'({ tokenHash }) {
      invitations = invitations.filter((one) => one.tokenHash !== tokenHash)
      return { invitations, more: false }
    },
    'admin.restore'({ tokenHash, expires }) {
      invitations = [...invitations, { tokenHash, expires, used: false }]
      return { invitations, more: false }
    },
    'admin.limits': () => ({ limits }),
    'admin.set'({ changes }) {
      limits = limits.map((one) => {
        const to = changes[one.name]
        return to === undefined ? one : { ...one, value: to ?? one.unset, isSet: to !== null }
      })
      return { limits }
    },
  }
}
