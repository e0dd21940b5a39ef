import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { COPY_ROOTS_MAX, type Note } from '@doorpost/protocol/note'
import { firstPreferences, type Preferences } from '@doorpost/protocol/preferences'
import { fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Person } from '../identity/person.ts'
import type { OutboxEntry } from '../send/outbox-entry.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { copiesOf, COPY_TOLD_MAX, createCopiesTold, othersOf, PART_TOLD_BYTES_MIN, wordsDue } from './copies-told.ts'
import type { InboxRecord, KeptMedia } from './inbox-record.ts'
import type { Standing } from './inbox-state.ts'

const me = { user: 'carol@example.org' as UserAddress, address: 'carol@example.org/laptop' } as Identity
const START_MS = Date.parse('2026-11-21T12:00:00.000Z')
const want = { folder: '/films' }
const big = PART_TOLD_BYTES_MIN
const here = (root: string, more: Partial<KeptMedia> = {}): KeptMedia => ({
  root,
  sizeBytes: big,
  verifiedBytes: big,
  path: `/films/${root}`,
  listed: true,
  ...more,
})
const missing = (root: string, sizeBytes = big): KeptMedia => ({ root, sizeBytes, verifiedBytes: 0 })
const record = (standing: Standing, media: KeptMedia[], more: Partial<InboxRecord> = {}) =>
  ({
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    from: 'alice@example.org/laptop',
    to: ['bob@example.org', 'carol@example.org', 'dora@example.org/phone'],
    accounts: ['bob-key', 'carol-key', 'dora-key'],
    expires: '2026-12-01T00:00:00.000Z',
    standing,
    media,
    ...more,
  }) as unknown as InboxRecord
const now = (copies = true) => ({ nowMs: START_MS, serve: { copies } })

describe('which words are due', () => {
  test('[SRC6] a verified copy whose list is kept, and nothing else, is whole', () => {
    const { listed: _not, ...unlisted } = here('two')
    const media = [here('one'), unlisted, missing('three')]
    expect(copiesOf(record({ state: 'ready' }, media), now())).toEqual({ one: 'whole' })
    expect(copiesOf(record({ state: 'ready' }, media), now(false))).toEqual({})
    const gone = { reason: 'withdrawn' as const, at: '2026-11-21T12:00:00.000Z' }
    expect(copiesOf(record({ state: 'ready' }, media, { gone }), now())).toEqual({})
    expect(copiesOf(record({ state: 'refused' }, media), now())).toEqual({})
    const lost = { one: { path: '/films/one', changed: false } }
    expect(copiesOf(record({ state: 'ready' }, media), { ...now(), lost })).toEqual({})
    // Fetched again, to another place.
    const again = [here('one', { path: '/elsewhere/one' })]
    expect(copiesOf(record({ state: 'ready' }, again), { ...now(), lost })).toEqual({ one: 'whole' })
  })

  test('[SRC7] a part is announced of what is being fetched and large', () => {
    const media = [here('one'), missing('two'), missing('three', big - 1)]
    expect(copiesOf(record({ state: 'fetching', want }, media), now())).toEqual({ one: 'whole', two: 'part' })
    expect(copiesOf(record({ state: 'fetching', want: { ...want, roots: ['three'] } }, media), now())).toEqual({
      one: 'whole',
    })
    expect(copiesOf(record({ state: 'scheduled', want }, media), now())).toEqual({ one: 'whole' })
    const begun = [{ ...missing('two'), verifiedBytes: 1 }]
    expect(copiesOf(record({ state: 'scheduled', want }, begun), now())).toEqual({ two: 'part' })
    expect(copiesOf(record({ state: 'announced' }, begun), now())).toEqual({})
  })

  test('[SRC6] what was said and still holds is not said again', () => {
    expect(wordsDue({}, { one: 'whole', two: 'part' }, true)).toEqual([
      { state: 'whole', roots: ['one'] },
      { state: 'part', roots: ['two'] },
    ])
    expect(wordsDue({ one: 'whole', two: 'part' }, { one: 'whole', two: 'part' }, true)).toEqual([])
    expect(wordsDue({ two: 'part' }, { two: 'whole' }, true)).toEqual([{ state: 'whole', roots: ['two'] }])
    // A fetch that pauses takes its part not back; one that is over does.
    expect(wordsDue({ two: 'part' }, {}, true)).toEqual([])
    expect(wordsDue({ one: 'whole', two: 'part' }, {}, false)).toEqual([{ state: 'none', roots: ['one', 'two'] }])
    expect(wordsDue({ one: 'whole' }, {}, true)).toEqual([{ state: 'none', roots: ['one'] }])
    expect(wordsDue({ one: 'whole' }, { one: 'part' }, true)).toEqual([])
    const many = Object.fromEntries(Array.from({ length: COPY_ROOTS_MAX + 1 }, (_, at) => [`r${at}`, 'whole' as const]))
    expect(wordsDue({}, many, true).map(({ roots }) => roots.length)).toEqual([COPY_ROOTS_MAX, 1])
  })

  test('[SRC6] those after us come first, so that not everybody tells the same', () => {
    expect(othersOf(record({ state: 'ready' }, []), me)).toEqual(['dora@example.org/phone', 'bob@example.org'])
    expect(
      othersOf({ to: ['carol@example.org/laptop' as DeviceAddress, 'bob@example.org' as UserAddress] }, me),
    ).toEqual(['bob@example.org'])
  })
})

interface Known {
  readonly fingerprint: string
  readonly mutual?: boolean
  readonly blocked?: boolean
}

function stage(first: InboxRecord, more: { readonly known?: Record<string, Known>; readonly siblings?: boolean } = {}) {
  const clock = fakeClock(START_MS)
  const store = openMemoryStore()
  let current = first
  let line = true
  let serve: Preferences['serve'] = firstPreferences().serve
  const sizes = new Map<string, number>()
  const told: { to: readonly string[]; note: Note; expires: string }[] = []
  const known: Record<string, Known> = more.known ?? {
    'alice@example.org': { fingerprint: 'alice-key', mutual: true },
    'bob@example.org': { fingerprint: 'bob-key' },
    'dora@example.org': { fingerprint: 'dora-key' },
  }
  const faults: unknown[] = []
  const personOf = (user: string) =>
    known[user] && ({ blocked: false, mutual: false, ...known[user] } as unknown as Person)
  const start = () =>
    createCopiesTold({
      store,
      clock,
      me,
      people: {
        recall: async (user) => personOf(user),
        resolve: async (user) => {
          const person = personOf(user)
          return line && person ? { kind: 'known', person } : { kind: 'unreachable' }
        },
      },
      inbox: {
        get: async () => ({ record: current, content: { media: [] } }),
        records: async () => [current],
      },
      preferences: () => ({ serve }),
      sizeOf: async (path) => sizes.get(path),
      hasSiblings: () => more.siblings ?? false,
      entry: (to, note, expires) => ({ to, content: note, expires }) as unknown as OutboxEntry,
      outbox: {
        changesFor: (entries) => entries.map((_, at) => ({ put: 'outbox', key: `${clock.nowMs()} ${at}`, value: 1 })),
        add: (entries) =>
          told.push(...entries.map(({ to, content, expires }) => ({ to, note: content as Note, expires }))),
      },
      onFault: (error) => faults.push(error),
    })
  return {
    clock,
    store,
    told,
    sizes,
    faults,
    start,
    become(next: InboxRecord) {
      current = next
      return next
    },
    lineIs: (on: boolean) => (line = on),
    serves: (copies: boolean) => (serve = { ...serve, copies }),
    words: () => told.splice(0).map(({ to, note }) => [to, note.note === 'copy' && [note.state, note.roots]]),
  }
}
const everybody = ['alice@example.org', 'dora@example.org/phone', 'bob@example.org']
const ready = record({ state: 'ready' }, [here('one')])

describe('telling', () => {
  test('[SRC6] one note to all, until the message is over; said once, also by the next life', async () => {
    const at = stage(ready)
    const first = at.start()
    first.changed(ready)
    await at.clock.pass(0)
    expect(at.told).toEqual([
      {
        to: everybody,
        note: { note: 'copy', messageId: ready.id, sender: ready.from, state: 'whole', roots: ['one'] },
        expires: ready.expires,
      },
    ])
    expect((await at.store.all('outbox')).length).toBe(1)
    first.changed(ready)
    await at.clock.pass(10_000)
    await first[Symbol.asyncDispose]()
    await using next = at.start()
    await next.lookAtAll()
    await at.clock.pass(10_000)
    expect(at.told.length).toBe(1)
    expect(at.faults).toEqual([])
  })

  test('[SRC6] what a life before did not get to say is said at the start', async () => {
    const at = stage(ready)
    await using told = at.start()
    await told.lookAtAll()
    await at.clock.pass(0)
    expect(at.words()).toEqual([[everybody, ['whole', ['one']]]])
  })

  test('[SRC6] without a line to ask over it is said when the line is back', async () => {
    const at = stage(ready, { known: {} })
    await using told = at.start()
    at.lineIs(false)
    told.changed(ready)
    await at.clock.pass(0)
    expect(at.words()).toEqual([])
    expect(await at.store.all('copies')).toEqual([])
  })

  test('[SRC6] not to a sender who is no mutual contact, nobody blocked, nobody under another key', async () => {
    const at = stage(ready, {
      known: {
        'alice@example.org': { fingerprint: 'alice-key', mutual: false },
        'bob@example.org': { fingerprint: 'another' },
        'dora@example.org': { fingerprint: 'dora-key', blocked: true },
      },
      siblings: true,
    })
    await using told = at.start()
    told.changed(ready)
    await at.clock.pass(0)
    expect(at.words()).toEqual([[[me.user], ['whole', ['one']]]])
  })

  test('[SRC6] the only recipient tells nobody: the sender has the receipt', async () => {
    const alone = record({ state: 'ready' }, [here('one')], { to: [me.user], accounts: ['carol-key'] })
    const at = stage(alone)
    await using told = at.start()
    told.changed(alone)
    await at.clock.pass(0)
    expect(at.words()).toEqual([])
  })

  test('[SRC6] to at most 32 recipients', async () => {
    const to = [me.user, ...Array.from({ length: 60 }, (_, at) => `u${at}@example.org` as UserAddress)]
    const many = record({ state: 'ready' }, [here('one')], { to, accounts: to })
    const at = stage(many, { known: Object.fromEntries(to.map((user) => [user, { fingerprint: user }])) })
    await using told = at.start()
    told.changed(many)
    await at.clock.pass(0)
    expect(at.told[0]?.to.length).toBe(COPY_TOLD_MAX)
  })

  test('[SRC7] a part a moment after the fetch began, the whole when it is there', async () => {
    const at = stage(record({ state: 'fetching', want }, [missing('one')]))
    await using told = at.start()
    told.changed(at.become(record({ state: 'fetching', want }, [missing('one')])))
    await at.clock.pass(249)
    expect(at.words()).toEqual([])
    await at.clock.pass(1)
    expect(at.words()).toEqual([[everybody, ['part', ['one']]]])
    told.changed(at.become(ready))
    await at.clock.pass(0)
    expect(at.words()).toEqual([[everybody, ['whole', ['one']]]])
  })

  test('[SRC7] what is fetched sooner than its part is told was no part', async () => {
    const at = stage(record({ state: 'fetching', want }, [missing('one')]))
    await using told = at.start()
    told.changed(record({ state: 'fetching', want }, [missing('one')]))
    told.changed(at.become(ready))
    await at.clock.pass(1_000)
    expect(at.words()).toEqual([[everybody, ['whole', ['one']]]])
  })

  test('[SRC6] files that come one after the other are told together', async () => {
    const at = stage(record({ state: 'fetching', want }, [here('one'), missing('two', 5)]))
    await using told = at.start()
    told.changed(record({ state: 'fetching', want }, [here('one'), missing('two', 5)]))
    await at.clock.pass(4_000)
    expect(at.words()).toEqual([])
    told.changed(at.become(record({ state: 'ready' }, [here('one'), here('two', { sizeBytes: 5 })])))
    await at.clock.pass(0)
    expect(at.words()).toEqual([[everybody, ['whole', ['one', 'two']]]])
  })

  test('[SRC6] a copy that has gone is taken back, and is told again once it is there again or lies elsewhere', async () => {
    const at = stage(ready)
    await using told = at.start()
    told.changed(ready)
    await at.clock.pass(0)
    at.words()
    await told.lost(ready.id, 'one', false)
    await told.lost(ready.id, 'one', false)
    expect(at.words()).toEqual([[everybody, ['none', ['one']]]])
    await told.lookAtAll()
    await at.clock.pass(0)
    expect(at.words()).toEqual([])
    at.sizes.set('/films/one', big)
    await told.lookAtAll()
    await at.clock.pass(0)
    expect(at.words()).toEqual([[everybody, ['whole', ['one']]]])
  })

  test('[SRC6] a copy that was changed stays taken back, whatever its size', async () => {
    const at = stage(ready)
    await using told = at.start()
    at.sizes.set('/films/one', big)
    told.changed(ready)
    await at.clock.pass(0)
    await told.lost(ready.id, 'one', true)
    await told.lookAtAll()
    await at.clock.pass(0)
    expect(at.words().map(([, word]) => word)).toEqual([
      ['whole', ['one']],
      ['none', ['one']],
    ])
  })

  test('[SRC10] who stops giving copies out takes them back, and says so again with the next change of mind', async () => {
    const at = stage(ready)
    await using told = at.start()
    told.changed(ready)
    await at.clock.pass(0)
    at.serves(false)
    await told.lookAtAll()
    await at.clock.pass(0)
    at.serves(true)
    await told.lookAtAll()
    await at.clock.pass(0)
    expect(at.words().map(([, word]) => word)).toEqual([
      ['whole', ['one']],
      ['none', ['one']],
      ['whole', ['one']],
    ])
    await told.expire(Date.parse(ready.expires) + 1)
    expect(await at.store.all('copies')).toEqual([])
  })
})
