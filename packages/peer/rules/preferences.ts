// What this user prefers, as this device knows it: kept here, the same on all of the user's devices by way of a sealed slot at
// the server. Works without a line: changes made meanwhile are merged field by field when it is back. Enforcing is for those
// who ask; sealing is sealed-preferences.ts's, merging merge-preferences.ts's business.

import { z } from 'zod'
import { utf8 } from '@doorpost/protocol/bytes'
import { activeDevices, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { PREFERENCES_BYTES_MAX } from '@doorpost/protocol/limits'
import { retrievedPreferencesSchema } from '@doorpost/protocol/messages/preferences'
import {
  firstPreferences,
  type Preferences,
  type PreferencesInput,
  preferencesSchema,
} from '@doorpost/protocol/preferences'
import type { Clock } from '../clock.ts'
import type { DeviceEvent } from '../device-event.ts'
import type { Identity } from '../identity/identity-record.ts'
import { createInTurn } from '../in-turn.ts'
import { Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Line } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import type { Store } from '../store/store.ts'
import { mergePreferences, samePreferences } from './merge-preferences.ts'
import { openSlot, sealPreferences, type Slot } from './sealed-preferences.ts'

/** Key in the room `settings`. */
const KEY = 'preferences'
/** What signing and sealing add to the bytes of the preferences, with room: signer, signature, addresses, head, tag. */
const AROUND_BYTES = 2048
/** What the server refused is tried again after this, ms. */
const AGAIN_MS = 60_000
/**
 * Numbers that something nobody can read may be ahead of what is known: more changes than people make in a life. Without it a
 * server could drive the number to where it can be counted no further.
 */
const LEAP_MAX = 1_000_000
/** Tries to put a change into the slot while others do the same. */
const ROUNDS_MAX = 8

/** As it stands in the store. `base` is what was last agreed with the account; `now` is that, or newer by changes made here. */
const keptSchema = z.strictObject({
  v: z.literal(1),
  base: preferencesSchema,
  now: preferencesSchema,
  /** The sealing that `base` stands in, and the hash of the device list it was made for. */
  slotId: z.string().optional(),
  sealedFor: z.string().optional(),
})
type Kept = z.infer<typeof keptSchema>

export interface PreferencesRoom extends AsyncDisposable {
  readonly now: Preferences
  /** Told after every change of what is wanted, made here or on another device. */
  onChange(listener: (now: Preferences, before: Preferences) => void): () => void
  /** Holds here at once, on stable storage when it resolves; other devices are told now or when the line is back. Throws Trouble `bad-preference`. */
  change(next: (preferences: Preferences) => PreferencesInput): Promise<Preferences>
  /** Agrees with the account now. Throws what the line throws. */
  sync(): Promise<void>
}

export interface PreferencesOptions {
  readonly store: Store
  readonly line: Pick<Line, 'call' | 'onPush' | 'onState' | 'state'>
  readonly me: Pick<Identity, 'user' | 'device' | 'address' | 'deviceKey' | 'ageIdentity'>
  /** The newest list of one's own devices that is known; preferences are sealed for those in it. */
  readonly ownList: () => OpenedDeviceList
  readonly clock: Clock
  readonly random: Random
  readonly onEvent: (event: DeviceEvent) => void
  /** Told of what goes wrong in work nobody waits for. */
  readonly onTrouble: (error: unknown) => void
}

/** Throws when what is stored is damaged. */
export async function openPreferences(options: PreferencesOptions): Promise<PreferencesRoom> {
  const { store, line, me, clock, random, onEvent, ownList } = options
  const heard = listeners<{ now: Preferences; before: Preferences }>()
  const stored = await store.get('settings', KEY)
  let kept: Kept =
    stored === undefined ? { v: 1, base: firstPreferences(), now: firstPreferences() } : keptSchema.parse(stored)
  const ended = new AbortController()
  const { signal } = ended
  /** One write after the other, each made on what the one before left. */
  const writes = createInTurn()
  let syncing: { work: Promise<void>; again: boolean } | undefined

  function keep(change: (current: Kept) => Kept): Promise<Preferences> {
    return writes.take(async () => {
      const before = kept.now
      const next = change(kept)
      await store.write([{ put: 'settings', key: KEY, value: next }])
      kept = next
      if (!samePreferences(before, next.now)) heard.tell({ now: next.now, before })
      return next.now
    })
  }

  const isChangedHere = () => kept.now.sequence > kept.base.sequence
  const instant = () => new Date(clock.nowMs()).toISOString()

  async function retrieve(): Promise<Slot | undefined> {
    const { body } = await line.call('RETRIEVE', '/preferences', { signal })
    const parsed = retrievedPreferencesSchema.safeParse(body)
    if (!parsed.success) throw brokeProtocol()
    return parsed.data.slot ?? undefined
  }

  /** `done`: what is wanted here is what stands there, or waits for another device. */
  async function round(): Promise<'done' | 'again'> {
    const own = ownList()
    const slot = await retrieve()
    if (!slot) return kept.now.sequence === 0 ? 'done' : await put(0, own)
    if (slot.id === kept.slotId) {
      const isFresh = kept.sealedFor === own.head.hash
      return isFresh && !isChangedHere() ? 'done' : await put(slot.sequence, own)
    }
    if (slot.sequence < kept.base.sequence) {
      // Older than what was seen already: the server was set back, or shows what it should not have kept.
      onEvent({ event: 'preferences-rolled-back', level: 'warn', sequence: slot.sequence, known: kept.base.sequence })
      return await put(slot.sequence, own)
    }
    const opened = await openSlot(slot, { me, own })
    if (opened.kind === 'opened') {
      const { preferences: theirs, head } = opened.signed
      await keep((current) => agreed(current, theirs, slot, head.hash))
      // A list newer than the one known here: whoever knows it seals again, and so does this device once it does.
      if (head.sequence > own.head.sequence) return 'done'
      return head.hash === own.head.hash && !isChangedHere() ? 'done' : await put(slot.sequence, own)
    }
    onEvent({ event: `preferences-${opened.kind}`, level: 'warn', sequence: slot.sequence })
    // Whoever wrote it knows more than this device: what was changed here waits until it knows the same.
    if (opened.kind === 'later-list' || opened.kind === 'not-understood') return 'done'
    if (slot.sequence - kept.now.sequence > LEAP_MAX) throw brokeProtocol()
    const others = activeDevices(own.list).some(({ name }) => name !== me.device)
    // Others can read it and will seal it for this one; what nobody wrote, or nobody but this one could read, is replaced.
    if (kept.now.sequence === 0 || (opened.kind === 'not-for-us' && others)) return 'done'
    return await put(slot.sequence, own)
  }

  function agreed(current: Kept, theirs: Preferences, slot: Slot, sealedFor: string): Kept {
    const around = { v: 1 as const, base: theirs, slotId: slot.id, sealedFor }
    if (current.now.sequence === current.base.sequence) return { ...around, now: theirs }
    const { merged, gaveWay } = mergePreferences(current.base, current.now, theirs)
    if (gaveWay.length > 0) onEvent({ event: 'preferences-merged', level: 'warn', fields: gaveWay })
    if (samePreferences(merged, theirs)) return { ...around, now: theirs }
    return { ...around, now: { ...merged, sequence: merged.sequence + 1, changedAt: instant() } }
  }

  async function put(replaces: number, own: OpenedDeviceList): Promise<'done' | 'again'> {
    // Sealed again for another list of devices, or over something newer that nobody can read, it needs a number of its own.
    const isNew = kept.now.sequence > Math.max(replaces, kept.base.sequence)
    const isRestored = kept.base.sequence > replaces
    const sent =
      isNew || isRestored
        ? kept.now
        : { ...kept.now, sequence: Math.max(replaces, kept.now.sequence) + 1, changedAt: kept.now.changedAt }
    const body = await sealPreferences(sent, replaces, { me, own, random })
    try {
      await line.call('SEND', '/preferences', { body, signal })
    } catch (error) {
      if (error instanceof Refusal && error.code === 'preferences-moved-on') return 'again'
      throw error
    }
    await keep((current) => ({
      v: 1,
      base: sent,
      // What was changed while this was on its way comes next.
      now:
        current.now.sequence > sent.sequence || !samePreferences(current.now, sent)
          ? renumbered(current.now, sent)
          : sent,
      slotId: body.id,
      sealedFor: own.head.hash,
    }))
    return isChangedHere() ? 'again' : 'done'
  }

  const renumbered = (now: Preferences, { sequence }: Preferences) => ({
    ...now,
    sequence: Math.max(now.sequence, sequence + 1),
  })

  async function agree(): Promise<void> {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds++) {
      if ((await round()) === 'done') return
    }
  }

  /** Those who ask while it runs are served by one more run behind it. */
  function sync(): Promise<void> {
    if (syncing) {
      const { work } = syncing
      syncing.again = true
      return work
    }
    const mine = { work: Promise.resolve(), again: false }
    syncing = mine
    mine.work = (async () => {
      try {
        do {
          mine.again = false
          await agree()
        } while (mine.again && !signal.aborted)
      } finally {
        syncing = undefined
      }
    })()
    return mine.work
  }

  let cancelAgain = () => {}
  const syncByItself = () => {
    cancelAgain()
    if (signal.aborted || line.state !== 'online') return
    sync().catch((error: unknown) => {
      if (signal.aborted) return
      // The line tells its own trouble, and says when it is back; what the server wants later is tried later.
      if (error instanceof Refusal) cancelAgain = clock.after(AGAIN_MS, syncByItself)
      else if (!(error instanceof Trouble)) options.onTrouble(error)
    })
  }
  const ends = [
    line.onState((state) => {
      if (state === 'online') syncByItself()
    }),
    line.onPush((push) => {
      if (push.kind === 'preferences' && push.sequence !== kept.base.sequence) syncByItself()
    }),
  ]
  syncByItself()

  return {
    get now() {
      return kept.now
    },
    onChange: (listener) => heard.add(({ now, before }) => listener(now, before)),
    async change(next) {
      const now = await keep((current) => {
        const wanted = checkedPreferences(next(current.now))
        if (samePreferences(wanted, current.now)) return current
        return { ...current, now: { ...wanted, sequence: current.now.sequence + 1, changedAt: instant() } }
      })
      syncByItself()
      return now
    },
    sync,
    async [Symbol.asyncDispose]() {
      for (const end of ends) end()
      cancelAgain()
      ended.abort(new Trouble('cancelled', 'The device is closing.'))
      // Whoever asked for it is told how it went.
      await syncing?.work.catch(() => {})
      await writes.idle()
    },
  }
}

function brokeProtocol(): Trouble {
  return new Trouble('server-broke-protocol', 'The server answered in a way that makes no sense.')
}

/** Throws Trouble `bad-preference`. */
export function checkedPreferences(input: PreferencesInput): Preferences {
  const parsed = preferencesSchema.safeParse(input)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Trouble(
      'bad-preference',
      `That is no preference: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
    )
  }
  if (utf8(JSON.stringify(parsed.data)).length > PREFERENCES_BYTES_MAX - AROUND_BYTES) {
    throw new Trouble('bad-preference', `Preferences have at most ${PREFERENCES_BYTES_MAX / 1024} KiB in all.`, {
      todo: 'Name whole domains instead of many users, or remove some rules.',
    })
  }
  return parsed.data
}
