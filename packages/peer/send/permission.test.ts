import { describe, expect, test } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import type { Person } from '../identity/person.ts'
import type { Caller, PathKind } from '../paths/path.ts'
import { openOpened, STRANGERS_OPENED_MAX } from '../receive/opened.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { createPermission } from './permission.ts'

const bob = 'bob@example.org' as UserAddress
const caller = (via: PathKind, address = 'bob@example.org/laptop'): Caller => ({
  address,
  deviceKey: new Uint8Array(32),
  via,
})

function permission(
  bobIs: Partial<Person> | undefined,
  more: {
    readonly opens?: boolean
    readonly openTo?: string[]
    readonly tunnelOnly?: string[]
    readonly owns?: boolean
  } = {},
) {
  const asked: string[] = []
  const person = bobIs && ({ mutual: false, blocked: false, fingerprint: 'bob-key', ...bobIs } as unknown as Person)
  return {
    asked,
    ...createPermission({
      me: { user: 'alice@example.org' as UserAddress },
      people: {
        recall: async () => person,
        permitDevice: async () => true,
        async ownerOf({ address }) {
          asked.push(address)
          return (more.owns ?? true) ? person : undefined
        },
      },
      preferences: () => ({ openTo: more.openTo ?? [], tunnelOnly: more.tunnelOnly ?? [] }),
      opensToMe: async () => more.opens ?? false,
      onChange: () => () => {},
    }),
  }
}
const kinds: PathKind[] = ['direct', 'webrtc', 'tunnel']
const admitted = async (...args: Parameters<typeof permission>) => {
  const { admits } = permission(...args)
  return (await Promise.all(kinds.map(async (kind) => ((await admits(caller(kind))) ? kind : '')))).filter(Boolean)
}
const served = async (...args: Parameters<typeof permission>) => {
  const { mayHave } = permission(...args)
  return (await Promise.all(kinds.map(async (kind) => ((await mayHave(caller(kind))) ? kind : '')))).filter(Boolean)
}

describe('who may come', () => {
  test('[SRC1] a mutual contact by every way, unless the tunnel alone was wished', async () => {
    expect(await admitted({ mutual: true })).toEqual(kinds)
    expect(await served({ mutual: true })).toEqual(kinds)
    expect(await served({ mutual: true }, { tunnelOnly: [bob] })).toEqual(['tunnel'])
    expect(await admitted({ mutual: true }, { tunnelOnly: ['example.org'] })).toEqual(['tunnel'])
  })

  test('[SRC1] somebody who is named, by the tunnel, and before a message is named by no way', async () => {
    expect(await served({})).toEqual(['tunnel'])
    expect(await served(undefined, { owns: false })).toEqual([])
    expect(await admitted({})).toEqual([])
    expect(await admitted({}, { opens: true })).toEqual([])
    expect(await admitted({}, { openTo: [bob] })).toEqual([])
    expect(await admitted({}, { opens: true, openTo: [bob] })).toEqual(kinds)
    expect(await served({}, { opens: true, openTo: [bob] })).toEqual(kinds)
  })

  test('[SRC1] nobody who is blocked, no other device than the list has, no other key than the message names', async () => {
    expect(await served({ mutual: false, blocked: true })).toEqual([])
    expect(await served({ mutual: true }, { owns: false })).toEqual([])
    const { mayHave } = permission({ mutual: true })
    expect(await mayHave(caller('tunnel'), 'bob-key')).toBe(true)
    expect(await mayHave(caller('tunnel'), 'other-key')).toBe(false)
    expect(await mayHave(caller('tunnel', 'bob@example.org'))).toBe(false)
    expect(await mayHave(caller('tunnel', 'nonsense'))).toBe(false)
  })

  test('[SRC1] whose way is not permitted is not even looked up', async () => {
    const { admits, mayHave, asked } = permission({})
    await admits(caller('direct'))
    await mayHave(caller('direct'))
    expect(asked).toEqual([])
  })
})

describe('who may see whose address', () => {
  function words(openTo: string[] = []) {
    const store = openMemoryStore()
    const told: unknown[] = []
    const wishes = { openTo }
    const start = () =>
      openOpened({
        store,
        preferences: () => wishes,
        async tell(user, { open }, also) {
          await store.write(also)
          told.push([user, open])
        },
      })
    return { store, told, wishes, start }
  }

  test('[SRC12] a word is remembered, taken back, and bounded for those who are no contacts', async () => {
    const { store, start } = words()
    const opened = await start()
    expect(await opened.opensToMe(bob)).toBe(false)
    await opened.take(bob, true, true, [{ put: 'arrivals', key: 'seen', value: 1 }])
    expect(await opened.opensToMe(bob)).toBe(true)
    expect(await store.get('arrivals', 'seen')).toBe(1)
    expect(await (await start()).opensToMe(bob)).toBe(true)
    await opened.take(bob, false, false, [])
    expect(await (await start()).opensToMe(bob)).toBe(false)
    const stranger = (at: number) => `u${at}@example.org` as UserAddress
    for (let at = 0; at < STRANGERS_OPENED_MAX; at++) await opened.take(stranger(at), true, false, [])
    expect(await opened.take(bob, true, false, [])).toBe('nothing')
    expect(await opened.opensToMe(bob)).toBe(false)
    expect(await opened.take(stranger(0), false, false, [])).toBe('fitted')
    expect(await opened.take(bob, true, true, [])).toBe('fitted')
  })

  test('[SRC12] who was decided about is told once, also across lives, and told when it is taken back', async () => {
    const { told, wishes, start } = words([bob, 'example.com'])
    const opened = await start()
    await opened.tellAll()
    await opened.tellAll()
    await (await start()).tellAll()
    expect(told.splice(0)).toEqual([[bob, true]])
    wishes.openTo = []
    await opened.tellAll()
    expect(told.splice(0)).toEqual([[bob, false]])
  })

  test('[SRC12] whom a whole domain was opened to is told when they say the same', async () => {
    const { told, start } = words(['example.org'])
    const opened = await start()
    await opened.take(bob, true, false, [])
    await opened.take(bob, false, false, [])
    await opened.take(bob, true, false, [])
    expect(told).toEqual([[bob, true]])
  })
})
