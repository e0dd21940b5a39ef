import { beforeEach, expect, test } from 'vitest'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { registerSchema } from '@doorpost/protocol/messages/register'
import { fakeClock } from '../fake-clock.ts'
import { readAccountKey, readIdentity } from '../identity/identity-record.ts'
import { recoveryKeyOf } from '../identity/recovery.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { unreachable } from './answer.ts'
import { join } from './join.ts'
import type { Line } from './line.ts'
import { parseOrigin } from './origin.ts'

let store: Store
let accounts: Map<string, string>
let facts: unknown
/** Thrown by the next SEND /accounts: before it is carried out, or after. */
let trouble: { readonly when: 'before' | 'after'; readonly error: Error } | undefined
let calls: string[]
let invitation: string | undefined
let shown: string[]
let dialled: string[]

/** Registers like the server: the same first list again is no error. */
function openLine(origin: string): Line {
  dialled.push(origin)
  return {
    async call(method, target, { body } = {}) {
      calls.push(`${method} ${target}`)
      if (target === '/') return { status: 200, headers: {}, body: facts }
      if (method === 'FINGER') {
        if (!accounts.has(`${target.slice('/users/'.length)}@example.org:8025`)) throw new Refusal('not-found')
        return { status: 200, headers: {}, body: {} }
      }
      if (trouble?.when === 'before') throw trouble.error
      const asked = registerSchema.parse(body)
      invitation = asked.invitation
      const opened = openDeviceList(asked.deviceList)
      if (!opened) throw new Refusal('list-refused')
      const { user } = opened.list
      if ((accounts.get(user) ?? asked.deviceList.body) !== asked.deviceList.body) throw new Refusal('name-taken')
      accounts.set(user, asked.deviceList.body)
      if (trouble?.when === 'after') throw trouble.error
      return { status: 201, headers: {}, body: { address: user } }
    },
    onPush: () => () => {},
    state: 'online',
    onState: () => () => {},
    trouble: undefined,
    setAddresses: () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

const joinAs = (user: string, device = 'laptop', more: { origin?: string; invitation?: string } = {}) =>
  join({
    store,
    origin: 'https://example.org:8025',
    user,
    device,
    showRecoveryWords: (words) => void shown.push(words.join(' ')),
    clock: fakeClock(),
    openLine,
    ...more,
  })

beforeEach(() => {
  store = openMemoryStore()
  accounts = new Map()
  facts = { doorpost: 1, domain: 'example.org:8025', origins: ['https://example.org:8025'], registration: 'open' }
  trouble = undefined
  calls = []
  shown = []
  dialled = []
  invitation = undefined
})

test('[K6] joining registers the first list and keeps the identity, and shows the recovery words once', async () => {
  const token = 'AAAAAAAAAAAAAAAAAAAAAA'
  const identity = await joinAs('Alice', 'Laptop', { invitation: token })
  expect(identity).toMatchObject({
    user: 'alice@example.org:8025',
    device: 'laptop',
    address: 'alice@example.org:8025/laptop',
    origin: 'https://example.org:8025',
  })
  expect(accounts.get('alice@example.org:8025')).toBe(identity.deviceList.body)
  expect(invitation).toBe(token)
  expect(await readIdentity(store)).toEqual(identity)
  expect(await readAccountKey(store)).toBeDefined()
  expect(shown).toHaveLength(1)
  expect(recoveryKeyOf(shown[0]?.split(' ') ?? [])).toBeDefined()
  expect((await store.all('identity')).map(({ key }) => key)).toEqual(['account', 'device'])
})

test('[K6] joining again in the same home is refused, and the identity stays', async () => {
  const identity = await joinAs('alice@example.org:8025')
  await expect(joinAs('bob')).rejects.toMatchObject({ code: 'not-available' })
  expect(await readIdentity(store)).toEqual(identity)
})

test('[K7] after a crash between registering and keeping, joining again goes on with the same keys', async () => {
  trouble = { when: 'after', error: unreachable('cut in mid-answer') }
  await expect(joinAs('alice')).rejects.toMatchObject({ code: 'server-unreachable' })
  expect(await readIdentity(store)).toBeUndefined()
  const registered = accounts.get('alice@example.org:8025')
  expect(registered).toBeDefined()
  trouble = undefined
  const identity = await joinAs('alice')
  expect(identity.deviceList.body).toBe(registered)
  expect(shown).toHaveLength(1)
  expect((await store.all('identity')).map(({ key }) => key)).toEqual(['account', 'device'])
})

test('[K7] keys made for one name are not used for another, and not lost', async () => {
  trouble = { when: 'before', error: unreachable('cut') }
  await expect(joinAs('alice')).rejects.toMatchObject({ code: 'server-unreachable' })
  trouble = undefined
  const bob = await joinAs('bob')
  expect(bob.user).toBe('bob@example.org:8025')
  expect((await store.all('identity', 'pending/')).map(({ key }) => key)).toEqual([
    'pending/alice@example.org:8025/laptop/account',
    'pending/alice@example.org:8025/laptop/device',
  ])
})

test('[K7] the words are shown before the name is registered, and nothing is registered when they cannot be', async () => {
  const failing = join({
    store,
    origin: 'https://example.org:8025',
    user: 'alice',
    device: 'laptop',
    showRecoveryWords: () => Promise.reject(new Error('no screen')),
    openLine,
  })
  await expect(failing).rejects.toThrow('no screen')
  expect(accounts.size).toBe(0)
  expect(await store.all('identity')).toEqual([])
})

test('[K6] a taken name is told before any words are shown, and also when it is taken in the meantime', async () => {
  accounts.set('alice@example.org:8025', 'of somebody else')
  await expect(joinAs('alice')).rejects.toMatchObject({ code: 'name-taken' })
  expect(shown).toEqual([])
  trouble = { when: 'before', error: new Refusal('name-taken') }
  await expect(joinAs('bob')).rejects.toMatchObject({ code: 'name-taken' })
  expect(await store.all('identity')).toEqual([])
})

test('[K6] a refusal is passed on as it is', async () => {
  trouble = { when: 'before', error: new Refusal('invitation-needed') }
  await expect(joinAs('alice')).rejects.toMatchObject({ code: 'invitation-needed' })
})

test('[K6] names that are none, and servers that are none, are refused before anything is made', async () => {
  for (const user of ['', 'al ice', 'alice/phone', 'alice@example.net', '@', 'älice']) {
    await expect(joinAs(user), user).rejects.toMatchObject({ code: 'bad-address' })
  }
  await expect(joinAs('alice', 'my laptop')).rejects.toMatchObject({ code: 'bad-address' })
  await expect(joinAs('alice', 'laptop', { origin: 'http://example.org' })).rejects.toMatchObject({
    code: 'bad-address',
  })
  facts = { hello: 'world' }
  await expect(joinAs('alice')).rejects.toMatchObject({ code: 'server-broke-protocol' })
  expect(shown).toEqual([])
  expect(await store.all('identity')).toEqual([])
})

test('[L30] an origin is https, or http to this very machine; a bare host is taken as the right one of them', () => {
  const table: [string, string | undefined][] = [
    ['https://example.org', 'https://example.org'],
    ['HTTPS://Example.ORG:443/', 'https://example.org'],
    ['example.org', 'https://example.org'],
    ['example.org:8443', 'https://example.org:8443'],
    ['localhost:8025', 'http://localhost:8025'],
    ['http://localhost:80', 'http://localhost'],
    ['localhost:443', 'http://localhost:443'],
    ['https://localhost:8025', 'https://localhost:8025'],
    ['127.0.0.1:8025', 'http://127.0.0.1:8025'],
    ['http://127.9.9.9:1', 'http://127.9.9.9:1'],
    ['[::1]:8025', 'http://[::1]:8025'],
    ['[2001:db8::1]:8025', 'https://[2001:db8::1]:8025'],
    [' https://example.org ', 'https://example.org'],
    ['http://example.org', undefined],
    ['http://10.0.0.1', undefined],
    ['http://localhost.example.org', undefined],
    ['http://127.0.0.1.example.org', undefined],
    ['ftp://example.org', undefined],
    ['https://example.org/path', undefined],
    ['https://example.org?x', undefined],
    ['https://example.org#x', undefined],
    ['https://user:pass@example.org', undefined],
    ['http://localhost@example.org', undefined],
    ['http://localhost\\@example.org', undefined],
    ['https://', undefined],
    ['', undefined],
    ['exa mple.org', undefined],
    ['https://example.org:99999', undefined],
  ]
  for (const [text, origin] of table) expect(parseOrigin(text), text).toBe(origin)
})
