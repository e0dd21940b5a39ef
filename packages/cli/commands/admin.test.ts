import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Operations, Trouble } from '@doorpost/peer/operations'
import { expect, test } from 'vitest'
import { fake } from '../fake-surroundings.ts'

type User = Operations['admin.users']['result']['users'][number]
type Limit = Operations['admin.limits']['result']['limits'][number]

const figures: Operations['admin']['result'] = {
  domain: 'example.org',
  since: '2026-11-01T00:00:00.000Z',
  time: '2026-11-21T12:00:00.000Z',
  now: {
    accounts: 12,
    connections: 4,
    sessions: 3,
    devicesOnline: 2,
    tunnels: 1,
    broadcasts: 2,
    viewers: 5,
    messagesKept: 7,
    bytesPerSecond: 2_500_000,
  },
  days: [20, 21].map((day) => ({
    day: `2026-11-${day}`,
    deliveredBytes: day === 20 ? 80_000_000_000 : 0,
    tellingDevices: day === 20 ? 3 : 0,
    tunnelBytes: 4_000_000_000,
    messageBytes: 1_000_000,
    liveBytes: 0,
    webBytes: 2_000_000,
    refused: { 'too-many': day },
  })),
}
const bob: User = {
  name: 'bob',
  standing: 'open',
  createdAt: '2026-05-03T12:00:00.000Z',
  seen: '2026-05-04',
  devices: 2,
  messages: 3,
  bytes: 31_000,
  admin: false,
}
const limits: Limit[] = [
  { name: 'registration', unit: 'choice', value: 'open', unset: 'open', isSet: false, choices: ['open', 'closed'] },
  { name: 'quotas.accounts', unit: 'users', value: 50, unset: 100, isSet: true, min: 1, max: 1000 },
  { name: 'tunnel.userBytesPerDay', unit: 'bytes/day', value: 1e12, unset: 1e12, isSet: false, min: 1, max: 1e12 },
]

test('[ADM60] figures show what is there now, days with what nobody told as unknown, and why was refused', async () => {
  const it = fake({ answers: { admin: () => figures } })
  expect(await it.run('admin')).toBe(0)
  expect(it.out()).toMatch(/^People +12$/m)
  expect(it.out()).toMatch(/^Carried now +2\.5\sMB\/s$/m)
  expect(it.out()).toMatch(/^2026-11-21 +- +0 +4\.0\sGB +4\.0\sGB +1\.0\sMB +0\sB +2\.0\sMB$/m)
  expect(it.out()).toMatch(/^2026-11-20 +80\.0\sGB +3 /m)
  expect(it.out()).toMatch(/^too-many +41$/m)
  const json = fake({ answers: { admin: () => figures } })
  await json.run('admin', 'figures', '--json')
  expect(JSON.parse(json.out())).toEqual(figures)
})

test('[ADM60] users are listed, all pages of them, and closed, opened and removed by name', async () => {
  const pages: Operations['admin.users']['args'][] = []
  const it = fake({
    answers: {
      'admin.users'(args: Operations['admin.users']['args']) {
        pages.push(args)
        return args.after === undefined
          ? { users: [bob], more: true }
          : { users: [{ ...bob, name: 'boss', admin: true }], more: false }
      },
    },
  })
  expect(await it.run('admin', 'users', 'bo')).toBe(0)
  expect(pages).toEqual([{ begin: 'bo' }, { begin: 'bo', after: 'bob' }])
  expect(it.out()).toMatch(/^bob +12:00 +4 May +2 +3 +31\.0\skB$/m)
  expect(it.out()).toMatch(/^boss .*runs the server$/m)
  for (const [word, standing] of [
    ['close', 'closed'],
    ['open', 'open'],
    ['remove', 'removed'],
  ] as const) {
    const one = fake({ answers: { 'admin.stand': () => ({ ...bob, standing }) } })
    expect(await one.run('admin', 'users', word, 'bob')).toBe(0)
    expect(one.asked).toEqual([{ name: 'admin.stand', args: { name: 'bob', standing } }])
  }
  expect(await fake({}).run('admin', 'users', 'close')).toBe(64)
})

test('[ADM60] an invitation is answered as its link alone, listed by its id, and revoked by how that begins', async () => {
  const expires = '2026-11-28T12:00:00.000Z'
  const invitations = ['abcdefghij', 'abxxxxxxxx'].map((tokenHash) => ({ tokenHash, expires, used: false }))
  const made = { link: 'https://example.org/join#v1.T', tokenHash: 'h', expires }
  const it = fake({ answers: { 'admin.invite': () => made } })
  expect(await it.run('admin', 'invite', '--expires', '12h')).toBe(0)
  expect(it.asked[0]?.args).toEqual({ lifetimeMs: 12 * 3600_000 })
  expect(it.out()).toBe(`${made.link}\n`)
  const answers = {
    'admin.invitations': () => ({ invitations, more: false }),
    'admin.revoke': () => ({ invitations: [], more: false }),
  }
  const list = fake({ answers })
  await list.run('admin', 'invitations')
  expect(list.out()).toMatch(/^abcdefgh +.* +whoever runs the server$/m)
  const revoke = fake({ answers })
  expect(await revoke.run('admin', 'invitations', 'revoke', 'abc')).toBe(0)
  expect(revoke.asked.at(-1)).toEqual({ name: 'admin.revoke', args: { tokenHash: 'abcdefghij' } })
  expect(await fake({ answers }).run('admin', 'invitations', 'revoke', 'ab')).toBe(64)
})

test('[ADM60] limits are listed and set as people write them', async () => {
  const answers = { 'admin.limits': () => ({ limits }), 'admin.set': () => ({ limits }) }
  const list = fake({ answers })
  expect(await list.run('admin', 'limits')).toBe(0)
  expect(list.out()).toMatch(/^quotas.accounts +50 +set; else 100$/m)
  expect(list.out()).toMatch(/^tunnel.userBytesPerDay +no bound$/m)
  const sets: [string[], object][] = [
    [['set', 'tunnel.userBytesPerDay', '500M'], { 'tunnel.userBytesPerDay': 500e6 }],
    [['set', 'tunnel.userBytesPerDay', 'none'], { 'tunnel.userBytesPerDay': 1e12 }],
    [['set', 'quotas.accounts', '7'], { 'quotas.accounts': 7 }],
    [['set', 'registration', 'closed'], { registration: 'closed' }],
    [['reset', 'quotas.accounts'], { 'quotas.accounts': null }],
  ]
  for (const [words, changes] of sets) {
    const it = fake({ answers })
    expect(await it.run('admin', 'limits', ...words)).toBe(0)
    expect(it.asked.at(-1)).toEqual({ name: 'admin.set', args: { changes } })
  }
  expect(await fake({ answers }).run('admin', 'limits', 'set', 'quotas.acounts', '7')).toBe(64)
})

test('[ADM60] who does not run the server is told so, and what to do', async () => {
  const it = fake({
    answers: {
      admin: () => {
        throw new Trouble('not-found', '')
      },
    },
  })
  expect(await it.run('admin')).toBe(77)
  expect(it.err()).toContain('doorpost admin add NAME --data DIR')
})

test('[ADM1] admins are written into a data folder that a server has used', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-admins-'))
  try {
    await mkdir(join(folder, 'data'))
    const it = fake({ cwd: folder })
    expect(await it.run('admin', 'add', 'alice')).toBe(64)
    expect(it.err()).toContain('No server has run with the data folder')
  } finally {
    await rm(folder, { recursive: true })
  }
})
