// A whole device as one file: everything it remembers (keys, contacts, preferences, records of mail; no media), encrypted
// under a passphrase in the age format, and back into a store that is nobody's yet, in one write.

import { Decrypter, Encrypter } from 'age-encryption'
import { z } from 'zod'
import { fromBase64url, fromUtf8, toBase64url, utf8 } from '@doorpost/protocol/bytes'
import { Trouble } from '../operations.ts'
import type { Change, Store, StoreRoom } from '../store/store.ts'
import { type Identity, readIdentity } from './identity-record.ts'
import { checkNobodyIsHere } from './new-home.ts'

/** Largest export, bytes before encryption: years of mail; it is held in memory twice. */
export const EXPORT_BYTES_MAX = 256 * 1024 * 1024
/** Shortest passphrase, characters: with scrypt at 2^18 each guess costs about a second. */
export const PASSPHRASE_LENGTH_MIN = 10
/** Most work taken from a file for its passphrase, as log2 (age's own files have 18): more would be a trap. */
const SCRYPT_LOG_MAX = 20

/** Every room, so that none is forgotten: a room that is added does not compile without an entry here. */
const rooms: Readonly<Record<StoreRoom, true>> = {
  identity: true,
  people: true,
  invitations: true,
  offers: true,
  'lists-bytes': true,
  outbox: true,
  sent: true,
  arrivals: true,
  inbox: true,
  receipts: true,
  retention: true,
  watched: true,
  copies: true,
  settings: true,
  talk: true,
  grants: true,
}
/** Room `settings`: this device moved to another machine, and when. */
export const MOVED = 'moved'

const headSchema = z.strictObject({
  doorpost: z.literal('device'),
  v: z.literal(1),
  address: z.string(),
  madeAt: z.string(),
  entries: z.int().min(1),
})
const entrySchema = z.tuple([
  z.enum(Object.keys(rooms) as [StoreRoom, ...StoreRoom[]]),
  z.string().max(512),
  z.unknown(),
])

export interface Exported {
  readonly bytes: Uint8Array
  readonly entries: number
}

/** Throws Trouble `wrong-secret` for a passphrase that is too short, `too-large`. */
export async function exportDevice({
  store,
  me,
  passphrase,
  nowMs,
}: {
  readonly store: Store
  readonly me: Identity
  readonly passphrase: string
  readonly nowMs: number
}): Promise<Exported> {
  if (passphrase.length < PASSPHRASE_LENGTH_MIN) {
    throw new Trouble('wrong-secret', `A passphrase for this has at least ${PASSPHRASE_LENGTH_MIN} characters.`, {
      todo: 'Six words drawn by lot are good, and can be remembered.',
    })
  }
  const names = Object.keys(rooms) as StoreRoom[]
  // Asked for in one turn, so that nothing is written in between: one state of the device.
  const all = await Promise.all(names.map((room) => store.all<unknown>(room)))
  const lines = all.flatMap((found, index) =>
    found.map(({ key, value }) =>
      JSON.stringify([names[index], key, value instanceof Uint8Array ? toBase64url(value) : value]),
    ),
  )
  const head: z.infer<typeof headSchema> = {
    doorpost: 'device',
    v: 1,
    address: me.address,
    madeAt: new Date(nowMs).toISOString(),
    entries: lines.length,
  }
  const length = lines.reduce((sum, line) => sum + line.length + 1, 0)
  if (length > EXPORT_BYTES_MAX) throw new Trouble('too-large', 'This device remembers more than one file may hold.')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  return { bytes: await encrypter.encrypt(utf8([JSON.stringify(head), ...lines].join('\n'))), entries: lines.length }
}

/**
 * Throws Trouble `not-available` where the store is somebody's already, `wrong-secret` where the passphrase does not open
 * it, `malformed` where it is no such file.
 */
export async function importDevice(store: Store, bytes: Uint8Array, passphrase: string): Promise<Identity> {
  await checkNobodyIsHere(store)
  const [head, ...lines] = fromUtf8(await decrypted(bytes, passphrase)).split('\n')
  const changes = entriesOf(head, lines)
  // All or nothing: cut off here, the home is as empty as before.
  await store.write(changes)
  const identity = await readIdentity(store)
  if (!identity) throw noSuchFile()
  return identity
}

async function decrypted(bytes: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const [, stanza = ''] = fromLatin(bytes.subarray(0, 400)).split('\n')
  const work = Number(/^-> scrypt [A-Za-z0-9+/]{22} (\d{1,2})$/.exec(stanza)?.[1] ?? Number.NaN)
  if (!(work <= SCRYPT_LOG_MAX)) throw noSuchFile()
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  try {
    return await decrypter.decrypt(bytes)
  } catch (cause) {
    throw new Trouble('wrong-secret', 'This passphrase does not open the file, or the file was changed.', { cause })
  }
}

function entriesOf(head: string | undefined, lines: readonly string[]): Change[] {
  try {
    const { entries } = headSchema.parse(JSON.parse(head ?? ''))
    if (entries !== lines.length) throw noSuchFile()
    return lines.map((line): Change => {
      const [room, key, value] = entrySchema.parse(JSON.parse(line))
      return { put: room, key, value: room.endsWith('-bytes') ? fromBase64url(z.string().parse(value)) : value }
    })
  } catch (cause) {
    throw cause instanceof Trouble ? cause : noSuchFile(cause)
  }
}

function fromLatin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function noSuchFile(cause?: unknown): Trouble {
  return new Trouble('not-available', 'This is no device that doorpost exported, or one of a newer doorpost.', {
    cause,
  })
}
