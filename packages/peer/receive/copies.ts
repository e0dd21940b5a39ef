// Who else has something of a message: what other devices said of their copies, kept until the message is over. Believed of a
// device that the message names, of its sender's and of our own; saying so proves nothing, every piece is verified all the
// same. What this device says of its own copies is copies-told.ts's.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import type { Person } from '../identity/person.ts'
import { isNamed } from '../paths/permitted.ts'
import { listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { accountOf } from './copies-given.ts'

/** Devices whose word is kept of one message: more sources than any fetch asks at once, with room for those who are away. */
export const COPY_DEVICES_MAX = 32

type CopyNote = Extract<Note, { note: 'copy' }>

/** Room `copies`, key: `theirs MESSAGE DEVICE`. */
interface Word {
  readonly expires: string
  readonly whole: readonly string[]
  readonly part: readonly string[]
}

/** One device that has a media, by its last word. */
export interface Copy {
  readonly device: DeviceAddress
  readonly state: 'whole' | 'part'
}

/** A message as it was received or sent here. */
export interface KnownMessage {
  readonly id: string
  readonly sender: UserAddress
  readonly to: readonly (UserAddress | DeviceAddress)[]
  readonly accounts?: readonly string[]
  readonly expires: string
  readonly roots: readonly string[]
}

export interface Copies {
  /** Who has it: whole ones first, and of those whoever spoke last, who is likeliest to be awake. */
  of(messageId: string, root: string): readonly Copy[]
  /** Writes `also` in any case. */
  take(note: CopyNote, by: DeviceAddress, person: Person, also: readonly Change[]): Promise<'fitted' | 'nothing'>
  /** Drops what is over by now. */
  expire(nowMs: number): Promise<void>
  /** Called with the message of which something was learnt. */
  readonly onChange: (listener: (messageId: string) => void) => () => void
}

const PLACE = 'theirs '

export async function openCopies(options: {
  readonly store: Store
  readonly me: { readonly user: UserAddress; readonly address: DeviceAddress }
  /** The message, where it is known here, sent or received. */
  messageOf(messageId: string): Promise<KnownMessage | undefined>
}): Promise<Copies> {
  const { store, me } = options
  const changes = listeners<string>()
  const words = new Map<string, Map<DeviceAddress, Word>>()
  for (const { key, value } of await store.all<Word>('copies', PLACE)) {
    const [, messageId = '', device = ''] = key.split(' ')
    of(messageId).set(device as DeviceAddress, value)
  }

  function of(messageId: string): Map<DeviceAddress, Word> {
    const known = words.get(messageId) ?? new Map<DeviceAddress, Word>()
    words.set(messageId, known)
    return known
  }

  /** What the note says, as far as it is for its author to say; undefined where it is not. */
  async function believed(note: CopyNote, by: DeviceAddress, person: Person): Promise<KnownMessage | undefined> {
    const message = await options.messageOf(note.messageId)
    const { user } = splitDevice(by)
    if (!message || message.sender !== splitDevice(note.sender).user || by === me.address || person.blocked)
      return undefined
    if (user !== me.user && user !== message.sender) {
      if (!isNamed(by, message.to)) return undefined
      const account = accountOf(message, by)
      if (account !== undefined && account !== person.fingerprint) return undefined
    }
    return note.roots.every((root) => message.roots.includes(root)) ? message : undefined
  }

  const drops = (messageId: string): Change[] => {
    const known = [...(words.get(messageId)?.keys() ?? [])]
    words.delete(messageId)
    return known.map((device) => ({ drop: 'copies', key: `${PLACE}${messageId} ${device}` }))
  }

  return {
    of(messageId, root) {
      const found = [...(words.get(messageId) ?? [])].toReversed()
      const having = (state: Copy['state']) =>
        found.filter(([, word]) => word[state].includes(root)).map(([device]) => ({ device, state }))
      return [...having('whole'), ...having('part')]
    },
    async take(note, by, person, also) {
      const message = await believed(note, by, person)
      const known = message && of(message.id)
      const isRoom = known && (known.has(by) || known.size < COPY_DEVICES_MAX)
      const goes = known && !isRoom ? crowding(known.keys(), splitDevice(by).user) : undefined
      if (!message || !known || (!isRoom && goes === undefined)) {
        await store.write(also)
        return 'nothing'
      }
      const before = known.get(by)
      const word = nextWord(before, note, message.expires)
      const key = `${PLACE}${message.id} ${by}`
      const place: Change[] = goes === undefined ? [] : [{ drop: 'copies', key: `${PLACE}${message.id} ${goes}` }]
      if (goes !== undefined) known.delete(goes)
      // Who spoke last stands last.
      known.delete(by)
      if (word) known.set(by, word)
      await store.write([...place, word ? { put: 'copies', key, value: word } : { drop: 'copies', key }, ...also])
      // Somebody who says the same again and again moves nobody.
      if (goes !== undefined || JSON.stringify(word) !== JSON.stringify(before)) changes.tell(message.id)
      return 'fitted'
    },
    async expire(nowMs) {
      const over: Change[] = []
      for (const [messageId, known] of words) {
        const [first] = known.values()
        if (first && Date.parse(first.expires) >= nowMs) continue
        over.push(...drops(messageId))
      }
      if (over.length > 0) await store.write(over)
    },
    onChange: changes.add,
  }
}

/**
 * Whose word makes room for a device of another user: of the user with most devices the one that spoke longest ago. Undefined where
 * nobody has more than that user would have. So nobody keeps others out, however many devices they say have it.
 */
function crowding(devices: Iterable<DeviceAddress>, newcomer: UserAddress): DeviceAddress | undefined {
  const byUser = Map.groupBy(devices, (device) => splitDevice(device).user)
  const [most = []] = [...byUser.values()].toSorted((a, b) => b.length - a.length)
  return most.length > (byUser.get(newcomer)?.length ?? 0) + 1 ? most[0] : undefined
}

/** Undefined: nothing is left of what that device has. */
function nextWord(before: Word | undefined, { state, roots }: CopyNote, expires: string): Word | undefined {
  const others = (list: readonly string[] = []) => list.filter((root) => !roots.includes(root))
  const whole = others(before?.whole)
  const part = others(before?.part)
  if (state === 'whole') whole.push(...roots)
  // A late word about the beginning takes nothing back.
  if (state === 'part') {
    const has = roots.filter((root) => before?.whole.includes(root))
    whole.push(...has)
    part.push(...roots.filter((root) => !has.includes(root)))
  }
  return whole.length + part.length > 0 ? { expires, whole, part } : undefined
}
