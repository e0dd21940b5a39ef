import { describe, expect, test } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { firstPreferences, type Preferences } from '@doorpost/protocol/preferences'
import { fakeClock } from '../fake-clock.ts'
import type { PathKind } from '../paths/path.ts'
import { SourceAway } from '../send/media-file.ts'
import type { ServedMedia } from '../send/serve.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { copyDrops, copyListKey, findCopy, isWithin } from './copies-given.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'

const root = toBase64url(new Uint8Array(32).fill(3))
const key = toBase64url(new Uint8Array(32).fill(4))
const list = new Uint8Array(32).fill(5)
const id = 'AAAAAAAAAAAAAAAAAAAAAA'
const START = '2026-11-21T12:00:00.000Z'
const record = {
  id,
  from: 'alice@example.org/laptop',
  to: ['bob@example.org', 'carol@example.org', 'dora@example.org/phone'],
  accounts: ['bob-key', 'carol-key', 'dora-key'],
  expires: '2026-12-01T00:00:00.000Z',
  media: [{ root, sizeBytes: 9, verifiedBytes: 9, path: '/films/a.mkv', listed: true }],
  standing: { state: 'ready' },
} as unknown as InboxRecord
const content = { media: [{ root, sizeBytes: 9, key }] }
const half: ServedMedia = {
  path: '/films/.part',
  sizeBytes: 9,
  key: fromBase64url(key),
  list,
  root: fromBase64url(root),
}

async function ask(
  address: string,
  more: {
    readonly record?: Partial<InboxRecord>
    readonly serve?: Partial<Preferences['serve']>
    readonly permits?: boolean
    readonly listed?: boolean
    readonly via?: PathKind
    readonly partial?: ServedMedia
  } = {},
) {
  const store = openMemoryStore()
  if (more.listed !== false) await store.write([{ put: 'lists-bytes', key: copyListKey(id, root), value: list }])
  const asked: unknown[] = []
  const found = await findCopy(
    { address, deviceKey: new Uint8Array(32), via: more.via ?? 'tunnel' },
    { messageId: id, root: fromBase64url(root) },
    {
      store,
      clock: fakeClock(Date.parse(START)),
      me: { user: 'carol@example.org' as UserAddress },
      inbox: {
        get: async (what: string) => (what === id ? { record: { ...record, ...more.record }, content } : undefined),
      } as unknown as Pick<Inbox, 'get'>,
      permission: {
        async mayHave({ via }, account) {
          asked.push([via, account])
          return more.permits ?? true
        },
      },
      preferences: () => ({ serve: { ...firstPreferences().serve, ...more.serve } }),
      partialOf: () => more.partial,
    },
  )
  return { found, asked }
}
const bob = 'bob@example.org/laptop'

describe('copies that are given out', () => {
  test('[SRC9] to the sender and to those who are named, with what was kept when it was verified', async () => {
    const { found, asked } = await ask(bob)
    expect(found).toEqual({
      path: '/films/a.mkv',
      sizeBytes: 9,
      key: fromBase64url(key),
      list,
      root: fromBase64url(root),
    })
    expect(asked).toEqual([['tunnel', 'bob-key']])
    expect((await ask('alice@example.org/phone')).asked).toEqual([['tunnel', undefined]])
    expect((await ask('dora@example.org/phone', { via: 'direct' })).asked).toEqual([['direct', 'dora-key']])
    expect((await ask('carol@example.org/phone')).found).toBeDefined()
  })

  test('[SRC9] to nobody else, and nobody else is even looked at', async () => {
    for (const address of ['eve@example.org/x', 'dora@example.org/tv', 'bob@example.org', 'nonsense', '']) {
      expect(await ask(address)).toEqual({ found: undefined, asked: [] })
    }
    expect((await ask(bob, { permits: false })).found).toBeUndefined()
  })

  test('[SRC9] nothing of a message that is over, withdrawn, declined or not approved', async () => {
    const gone = { reason: 'withdrawn' as const, at: START }
    expect((await ask(bob, { record: { gone } })).found).toBeUndefined()
    expect((await ask(bob, { record: { gone: { reason: 'deleted', at: START } } })).found).toBeDefined()
    expect((await ask(bob, { record: { expires: '2026-11-21T11:59:59.000Z' } })).found).toBeUndefined()
    for (const state of ['refused', 'expired', 'request', 'changed', 'gone'] as const) {
      const standing = { state, waitsFor: '' } as InboxRecord['standing']
      expect((await ask(bob, { record: { standing } })).found).toBeUndefined()
    }
  })

  test('[BSR2] what another device of this user sent is no copy of somebody else’s: their preferences about those do not hold', async () => {
    const own = { own: true, from: 'carol@example.org/laptop', to: ['bob@example.org'] } as unknown as InboxRecord
    const closed = { copies: false, hours: { from: '01:00', to: '02:00' } }
    expect((await ask(bob, { record: own, serve: closed })).found).toMatchObject({ path: '/films/a.mkv', list })
    expect((await ask('eve@example.org/x', { record: own })).found).toBeUndefined()
    const gone = { reason: 'withdrawn' as const, at: START }
    expect((await ask(bob, { record: { ...own, gone } })).found).toBeUndefined()
  })

  test('[SRC9] without its list nothing is given out, and no list is made', async () => {
    expect((await ask(bob, { listed: false })).found).toBeUndefined()
    expect(copyDrops(record)).toEqual([{ drop: 'lists-bytes', key: copyListKey(id, root) }])
  })

  test('[SRC9] what is not in place is given out as far as it is there', async () => {
    const media = [{ root, sizeBytes: 9, verifiedBytes: 4 }]
    const standing = { state: 'fetching', want: { folder: '/' } } as const
    expect((await ask(bob, { record: { media, standing } })).found).toBeUndefined()
    expect((await ask(bob, { record: { media, standing }, partial: half })).found).toBe(half)
    expect((await ask(bob, { record: { media, standing }, partial: half, permits: false })).found).toBeUndefined()
  })

  test('[SRC10] who gives no copies out does so to own devices alone', async () => {
    expect((await ask(bob, { serve: { copies: false } })).found).toBeUndefined()
    expect((await ask('carol@example.org/phone', { serve: { copies: false } })).found).toBeDefined()
  })

  test('[SRC10] outside the hours a copy is away, which is no refusal', async () => {
    const hour = new Date(START).getHours()
    const at = (hours: number) => `${String((hour + hours + 24) % 24).padStart(2, '0')}:00`
    const closed = { hours: { from: at(2), to: at(4) } }
    await expect(ask(bob, { serve: closed })).rejects.toBeInstanceOf(SourceAway)
    // Whoever may not have it learns nothing of hours.
    expect((await ask(bob, { serve: closed, permits: false })).found).toBeUndefined()
    expect((await ask('carol@example.org/phone', { serve: closed })).found).toBeDefined()
    expect((await ask(bob, { serve: { hours: { from: at(-1), to: at(1) } } })).found).toBeDefined()
  })

  test('[SRC10] hours end before their end, and go over midnight', () => {
    const at = (hours: number, minutes: number) => new Date(2026, 10, 21, hours, minutes)
    const day = { from: '08:30', to: '17:00' }
    const night = { from: '22:00', to: '06:00' }
    expect([at(8, 29), at(8, 30), at(16, 59), at(17, 0)].map((now) => isWithin(day, now))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([at(21, 59), at(22, 0), at(5, 59), at(6, 0)].map((now) => isWithin(night, now))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(isWithin(undefined, at(3, 0))).toBe(true)
    expect(isWithin({ from: '07:00', to: '07:00' }, at(3, 0))).toBe(true)
  })
})
