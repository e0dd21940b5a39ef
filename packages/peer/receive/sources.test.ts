import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { DevicePresence } from '@doorpost/protocol/messages/finger'
import type { Person, Resolved } from '../identity/person.ts'
import type { Target } from '../paths/openers.ts'
import type { PathKind } from '../paths/path.ts'
import { betweenUs } from '../paths/permitted.ts'
import { listeners } from '../session/listeners.ts'
import type { Copy } from './copies.ts'
import { findSources, liveSources, type Sources, type SourcesEnvironment, standingNow, type Wanted } from './sources.ts'

const key = toBase64url(new Uint8Array(32).fill(7))
const laptop = 'alice@example.org/laptop' as DeviceAddress
const phone = 'alice@example.org/phone' as DeviceAddress
const james = 'james@example.org/tv' as DeviceAddress
const there = (device: string, ...addresses: string[]): DevicePresence => ({ device, online: true, addresses })
const gone = (device: string): DevicePresence => ({ device, online: false, addresses: [] })
const person = (more: Partial<Person>): Person =>
  ({
    approved: true,
    blocked: false,
    mutual: true,
    opened: {
      list: {
        devices: [
          { name: 'laptop', key },
          { name: 'phone', key },
          { name: 'tv', key },
        ],
      },
    },
    ...more,
  }) as unknown as Person

interface More {
  readonly fresh?: boolean
  readonly said?: Record<string, Resolved | Refusal>
  readonly copies?: readonly Copy[]
  readonly kinds?: readonly PathKind[]
  readonly preferences?: Partial<Pick<Preferences, 'openTo' | 'tunnelOnly'>>
  readonly opens?: readonly string[]
}

function stage(sources: DeviceAddress[], known: Record<string, Person>, more: More = {}) {
  const asked: string[] = []
  const doors: { kind: PathKind; target: Target }[] = []
  const changed = { people: listeners<UserAddress>(), copies: listeners<string>(), wishes: listeners<void>() }
  const opens = new Set(more.opens)
  let copies = more.copies ?? []
  const environment: SourcesEnvironment = {
    me: { user: 'carol@example.org' as UserAddress, address: 'carol@example.org/laptop' as DeviceAddress },
    openers: (more.kinds ?? ['direct']).map((kind) => ({
      kind,
      async open(target) {
        doors.push({ kind, target })
        throw new Error('closed')
      },
    })),
    people: {
      recall: async (user) => known[user],
      resolve: async (user) => {
        asked.push(user)
        const answer = more.said?.[user] ?? { kind: 'unreachable' as const }
        if (answer instanceof Refusal) throw answer
        return answer
      },
      onChange: changed.people.add,
    },
    permission: {
      between: async (user, named) =>
        betweenUs(user, {
          me: environment.me.user,
          person: known[user],
          named,
          opensToMe: opens.has(user),
          preferences: { openTo: [], tunnelOnly: [], ...more.preferences },
        }),
      onChange: changed.wishes.add,
    },
    copies: { of: () => copies, onChange: changed.copies.add },
  }
  const wanted: Wanted = {
    message: { from: sources[0] ?? laptop, id: 'AAAAAAAAAAAAAAAAAAAAAA' },
    handle: { root: 'r', sources },
  }
  return {
    wanted,
    environment,
    asked,
    doors,
    known,
    changed,
    opens,
    hasCopies(next: readonly Copy[]) {
      copies = next
      changed.copies.tell(wanted.message.id)
    },
  }
}

async function find(sources: DeviceAddress[], known: Record<string, Person>, more: More = {}) {
  const at = stage(sources, known, more)
  const { signal } = new AbortController()
  return { ...at, signal, found: await findSources(at.wanted, { fresh: more.fresh ?? false, signal }, at.environment) }
}
const shown = ({ found }: { found: Sources }) =>
  found.kind === 'some' ? found.sources.map(({ name, kinds, role }) => [name, kinds, role]) : found.reason
const alice = 'alice@example.org'

describe('sources', () => {
  test('[I13] devices of mutual contacts that are on-line, as they were last told of; nobody is asked again', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1'), gone('phone')] }) }
    const { found, asked } = await find([laptop, phone], known)
    expect(found.kind === 'some' && found.sources.map(({ name }) => name)).toEqual([laptop])
    expect(asked).toEqual([])
  })

  test('[I13] a line that broke is opened anew where the device is now', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1')] }) }
    const { found, doors, signal } = await find([laptop], known)
    if (found.kind !== 'some') throw new Error('nobody')
    const open = () => found.sources[0]?.open('direct', signal).catch(() => {})
    await open()
    known[alice] = person({ presence: [there('laptop', '198.51.100.9:2')] })
    await open()
    expect(doors.map(({ target }) => target.networkAddresses)).toEqual([['192.0.2.7:1'], ['198.51.100.9:2']])
  })

  test('[I21] the server is not asked about strangers and blocked users: it would learn who interests us', async () => {
    for (const known of [{}, { [alice]: person({ approved: false }) }, { [alice]: person({ blocked: true }) }]) {
      const { found, asked } = await find([laptop], known, { fresh: true })
      expect(asked).toEqual([])
      expect(found).toMatchObject({ kind: 'none', mutual: false })
    }
  })

  test('[I13] why nobody is there is a sentence', async () => {
    const reason = async (...args: Parameters<typeof find>) => {
      const { found } = await find(...args)
      return found.kind === 'none' ? found.reason : found.kind
    }
    const away = person({ presence: [gone('laptop'), gone('phone'), gone('tv')] })
    expect(await reason([laptop], { [alice]: away })).toBe(
      "alice's laptop is not on-line. It goes on by itself when it is back.",
    )
    expect(await reason([james], { 'james@example.org': away })).toMatch(/^james' tv is not on-line/)
    expect(await reason([laptop, phone], { [alice]: away })).toMatch(/^No device of alice that has it is on-line/)
    const quiet = person({ presence: [there('laptop')] })
    expect(await reason([laptop], { [alice]: quiet })).toMatch(/is on-line, but does not tell where/)
    expect(await reason([], {})).toMatch(/^You and the sender are not contacts/)
    expect(await reason([laptop], { [alice]: person({ mutual: false }) })).toMatch(/^The server cannot be reached/)
    const lonely = { [alice]: { kind: 'known' as const, person: person({ mutual: false }) } }
    expect(await reason([laptop], { [alice]: person({ mutual: false }) }, { said: lonely })).toMatch(
      /^You and alice are not contacts/,
    )
    const busy = { [alice]: new Refusal('too-many') }
    expect(await reason([laptop], { [alice]: away }, { said: busy, fresh: true })).toMatch(
      /^The server cannot be reached/,
    )
  })
})

const bobs = { device: 'bob@example.org/laptop' as DeviceAddress, state: 'whole' } as const
const doras = { device: 'dora@example.org/laptop' as DeviceAddress, state: 'part' } as const
const bob = 'bob@example.org'
const every: PathKind[] = ['direct', 'webrtc', 'tunnel']
const stranger = { approved: false, mutual: false }

describe('sources who are recipients', () => {
  test('[SRC3] the sender first, then whole copies, then parts; each once, and never this device itself', async () => {
    const online = person({ presence: [there('laptop', '192.0.2.7:1')] })
    const own = { device: 'carol@example.org/laptop' as DeviceAddress, state: 'whole' } as const
    const copies = [bobs, doras, own, { device: laptop, state: 'whole' } as const]
    const known = { [alice]: online, [bob]: online, 'dora@example.org': online }
    expect(shown(await find([laptop], known, { copies }))).toEqual([
      [laptop, ['direct'], 'sender'],
      [bobs.device, ['direct'], 'copy'],
      [doras.device, ['direct'], 'copy'],
    ])
  })

  test('[SRC4] a co-recipient who is no contact is tried through the tunnel alone, without asking the server about them', async () => {
    const known = { [alice]: person({ presence: [gone('laptop')] }), [bob]: person(stranger) }
    const at = await find([laptop], known, { copies: [bobs], kinds: every, fresh: false })
    expect(shown(at)).toEqual([[bobs.device, ['tunnel'], 'copy']])
    expect(at.asked).toEqual([])
    const opened = { copies: [bobs], kinds: every, opens: [bob], preferences: { openTo: [bob] } }
    // No address of theirs is known: the server tells it to contacts alone.
    expect(shown(await find([laptop], known, opened))).toEqual([[bobs.device, ['webrtc', 'tunnel'], 'copy']])
    const blocked = { ...known, [bob]: person({ ...stranger, blocked: true }) }
    expect(shown(await find([laptop], blocked, { copies: [bobs], kinds: every }))).toMatch(/^alice's laptop is not/)
    expect(shown(await find([laptop], { [alice]: known[alice] }, { copies: [bobs], kinds: every }))).toMatch(/^alice's/)
  })

  test('[SRC4] a sender who was approved and did not approve us is tried through the tunnel', async () => {
    const oneSided = person({ mutual: false })
    const said = { [alice]: { kind: 'known' as const, person: oneSided } }
    expect(shown(await find([laptop], { [alice]: oneSided }, { kinds: every, said }))).toEqual([
      [laptop, ['tunnel'], 'sender'],
    ])
    expect(shown(await find([laptop], { [alice]: person(stranger) }, { kinds: every }))).toMatch(/^You and alice are/)
  })

  test('[SRC4] at most eight devices are tried that may be asleep for all we know', async () => {
    const copies = Array.from(
      { length: 20 },
      (_, at): Copy => ({ device: `u${at}@example.org/laptop` as DeviceAddress, state: 'whole' }),
    )
    const known: Record<string, Person> = {}
    for (const { device } of copies) known[device.slice(0, device.indexOf('/'))] = person(stranger)
    const { found } = await find([], known, { copies, kinds: every })
    expect(found.kind === 'some' && found.sources.length).toBe(8)
  })

  test('[SRC1] where the tunnel alone was wished for a contact, no other kind is tried', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1')] }) }
    const preferences = { tunnelOnly: ['example.org'] }
    expect(shown(await find([laptop], known, { kinds: every, preferences }))).toEqual([[laptop, ['tunnel'], 'sender']])
    expect(shown(await find([laptop], known, { kinds: ['direct'], preferences }))).toMatch(/is on-line, but/)
  })

  test('[SRC1] the tunnel alone wished for, or somebody blocked, while a fetch runs: other ways are permitted no more', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1')] }) }
    const preferences = { tunnelOnly: [] as string[] }
    const at = await find([laptop], known, { kinds: every, preferences })
    if (at.found.kind !== 'some') throw new Error('nobody')
    using live = liveSources(at.wanted, at.found, { ...at.environment, onFault: () => {} })
    const next = () => new Promise<void>((resolve) => live.onChange(resolve))
    expect(live.permits?.(laptop)).toEqual(every)
    expect(live.permits?.(bobs.device)).toBeUndefined()
    preferences.tunnelOnly.push(alice)
    const narrowed = next()
    at.changed.wishes.tell()
    await narrowed
    expect(live.permits?.(laptop)).toEqual(['tunnel'])
    // Away is no change of what is permitted: a path that works stays.
    at.known[alice] = person({ presence: [gone('laptop')] })
    const left = next()
    at.changed.people.tell(alice as UserAddress)
    await left
    expect([live.current(), live.permits?.(laptop)]).toEqual([[], ['tunnel']])
    at.known[alice] = person({ blocked: true, mutual: false })
    const blocked = next()
    at.changed.people.tell(alice as UserAddress)
    await blocked
    expect(live.permits?.(laptop)).toEqual([])
  })

  test('[GON3] a source that is its user’s no more is left in mid-fetch, whether presence tells it first or the list', async () => {
    const presence = [there('laptop', '192.0.2.7:1')]
    const at = await find([laptop], { [alice]: person({ presence }) }, { kinds: every })
    if (at.found.kind !== 'some') throw new Error('nobody')
    using live = liveSources(at.wanted, at.found, { ...at.environment, onFault: () => {} })
    const after = async (now: Person) => {
      const changed = new Promise<void>((resolve) => live.onChange(resolve))
      at.known[alice] = now
      at.changed.people.tell(alice as UserAddress)
      await changed
      return [live.current(), live.permits?.(laptop)]
    }
    expect(await after(person({ presence: [gone('laptop')] }))).toEqual([[], every])
    const revoked = { name: 'laptop', key, revokedAt: '2026-11-22T08:00:00.000Z' }
    const opened = { list: { devices: [revoked, { name: 'phone', key }] } } as unknown as Person['opened']
    expect(await after(person({ presence: [gone('laptop')], opened }))).toEqual([[], []])
    const found = await findSources(at.wanted, { fresh: false }, at.environment)
    expect(shown({ found })).toMatch(/alice's laptop, which has it, is not alice's device any more. Ask/)
  })

  test('[SRC3] a sender names its own devices alone: what it says of others leads to nobody', async () => {
    const online = person({ presence: [there('laptop', '192.0.2.7:1')] })
    const known = { [alice]: online, [bob]: online }
    const ours = 'carol@example.org/phone' as DeviceAddress
    expect(shown(await find([laptop, bobs.device, ours], known))).toEqual([[laptop, ['direct'], 'sender']])
  })

  test('[SRC4] a source that is not welcome any more is not opened again', async () => {
    const known = { [alice]: person({ presence: [there('laptop', '192.0.2.7:1')] }) }
    const { found, doors, signal } = await find([laptop], known, { kinds: every })
    if (found.kind !== 'some') throw new Error('nobody')
    const open = async () => await found.sources[0]?.open('tunnel', signal).catch((error: unknown) => String(error))
    expect(await open()).toMatch(/closed/)
    known[alice] = person({ blocked: true, mutual: false })
    expect(await open()).toMatch(/not be asked/)
    expect(doors.length).toBe(1)
  })

  test('[SRC5] who comes while the server is asked is noticed: the conclusion is of what was known before', async () => {
    const at = stage(
      [laptop],
      { [alice]: person({ presence: [gone('laptop')] }) },
      {
        said: { [alice]: { kind: 'known', person: person({ presence: [gone('laptop')] }) } },
      },
    )
    const looking = findSources(at.wanted, { fresh: true }, at.environment)
    await Promise.resolve()
    at.known[alice] = person({ presence: [there('laptop', '192.0.2.7:1')] })
    const { kind, standing } = await looking
    expect(kind).toBe('none')
    expect(await standingNow(at.wanted, at.environment)).not.toBe(standing)
  })

  test('[SRC5] a word that somebody may see an address opens other ways while a fetch runs', async () => {
    const more = { copies: [bobs], kinds: every, preferences: { openTo: [bob] } }
    const at = await find([], { [bob]: person(stranger) }, more)
    if (at.found.kind !== 'some') throw new Error('nobody')
    using live = liveSources(at.wanted, at.found, { ...at.environment, onFault: () => {} })
    expect(live.current().map(({ kinds }) => kinds)).toEqual([['tunnel']])
    const opened = new Promise<void>((resolve) => live.onChange(resolve))
    at.opens.add(bob)
    at.changed.wishes.tell()
    await opened
    expect(live.current().map(({ kinds }) => kinds)).toEqual([['webrtc', 'tunnel']])
  })

  test('[SRC5] a copy that is announced while a fetch runs joins in, and one taken back leaves', async () => {
    const online = person({ presence: [there('laptop', '192.0.2.7:1')] })
    const at = await find([laptop], { [alice]: online, [bob]: online })
    if (at.found.kind !== 'some') throw new Error('nobody')
    const faults: unknown[] = []
    using live = liveSources(at.wanted, at.found, { ...at.environment, onFault: (error) => faults.push(error) })
    const next = () => new Promise<void>((resolve) => live.onChange(resolve))
    const joined = next()
    at.hasCopies([bobs])
    await joined
    expect(live.current().map(({ name }) => name)).toEqual([laptop, bobs.device])
    const left = next()
    at.known[alice] = person({ presence: [gone('laptop')] })
    at.changed.people.tell(alice as UserAddress)
    await left
    expect(live.current().map(({ name }) => name)).toEqual([bobs.device])
    const none = next()
    at.hasCopies([])
    await none
    expect(live.current()).toEqual([])
    expect(faults).toEqual([])
  })
})
