import { Encrypter } from 'age-encryption'
import { beforeAll, expect, test } from 'vitest'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store, StoreRoom } from '../store/store.ts'
import { exportDevice, importDevice } from './export.ts'
import { keepIdentity } from './identity-record.ts'
import { alice, identityOf, startMs } from './people-stage.ts'

const passphrase = 'correct horse battery staple'
const rooms: StoreRoom[] = [
  'identity',
  'people',
  'offers',
  'lists-bytes',
  'sent',
  'inbox',
  'receipts',
  'settings',
  'copies',
]
let store: Store
let bytes: Uint8Array

/** Everything in these rooms. */
const contentsOf = async (from: Store) => await Promise.all(rooms.map((room) => from.all(room)))

/** A file like an export's, of little work. */
async function fileOf(text: string): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(2)
  return await encrypter.encrypt(text)
}

beforeAll(async () => {
  const { identity, accountKey } = await identityOf(alice)
  store = openMemoryStore()
  await store.write([
    ...keepIdentity(identity, accountKey),
    { put: 'people', key: 'person/bob@example.org', value: { note: 'a line\nand "quotes"' } },
    { put: 'offers', key: 'a b', value: { path: '/films/ü.mkv' } },
    { put: 'lists-bytes', key: 'a b', value: Uint8Array.from({ length: 300 }, (_, at) => at % 256) },
    { put: 'settings', key: 'share', value: 'presence' },
    { put: 'copies', key: 'told x', value: { none: null } },
  ])
  ;({ bytes } = await exportDevice({ store, me: identity, passphrase, nowMs: startMs }))
})

test('[DEV40] every entry comes back as it was, and nothing of it stands in the file in clear', async () => {
  const there = openMemoryStore()
  const identity = await importDevice(there, bytes, passphrase)
  expect(identity.address).toBe((await identityOf(alice)).identity.address)
  expect(await contentsOf(there)).toEqual(await contentsOf(store))
  const text = Buffer.from(bytes).toString('latin1')
  expect(text.startsWith('age-encryption.org/v1\n-> scrypt ')).toBe(true)
  for (const secret of ['alice', 'AGE-SECRET-KEY', 'films']) expect(text).not.toContain(secret)
})

test('[DEV40] another passphrase, a changed byte, and a home that is somebody’s leave all as it was', async () => {
  const there = openMemoryStore()
  await expect(importDevice(there, bytes, 'another passphrase')).rejects.toMatchObject({ code: 'wrong-secret' })
  const changed = Uint8Array.from(bytes)
  changed[changed.length - 5] = (changed.at(-5) ?? 0) ^ 1
  await expect(importDevice(there, changed, passphrase)).rejects.toMatchObject({ code: 'wrong-secret' })
  expect((await contentsOf(there)).flat()).toEqual([])
  await expect(importDevice(store, bytes, passphrase)).rejects.toMatchObject({ code: 'not-available' })
}, 30_000)

test('[DEV40] a file that is something else, is cut short, or asks for endless work is refused before anything is written', async () => {
  const there = openMemoryStore()
  const head = { doorpost: 'device', v: 1, address: 'x', madeAt: 'x', entries: 2 }
  const entry = JSON.stringify(['settings', 'share', 'all'])
  const others = [
    await fileOf('hello'),
    await fileOf(`${JSON.stringify(head)}\n${entry}`),
    await fileOf(`${JSON.stringify({ ...head, v: 2 })}\n${entry}\n${entry}`),
    await fileOf(`${JSON.stringify({ ...head, entries: 1 })}\n${JSON.stringify(['cellar', 'key', 1])}`),
    new Uint8Array(0),
    new TextEncoder().encode('age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\nAAAA\n'),
  ]
  for (const other of others) {
    await expect(importDevice(there, other, passphrase)).rejects.toMatchObject({ code: 'not-available' })
  }
  expect((await contentsOf(there)).flat()).toEqual([])
  // Whole, but of nobody.
  const nobody = await fileOf(`${JSON.stringify({ ...head, entries: 1 })}\n${entry}`)
  await expect(importDevice(openMemoryStore(), nobody, passphrase)).rejects.toMatchObject({ code: 'not-available' })
})

test('[DEV40] a passphrase that is soon guessed is refused', async () => {
  const { identity } = await identityOf(alice)
  const short = exportDevice({ store, me: identity, passphrase: 'short one', nowMs: startMs })
  await expect(short).rejects.toMatchObject({ code: 'wrong-secret' })
})
