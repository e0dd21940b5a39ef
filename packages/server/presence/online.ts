// Which devices are on-line, as a table of facts: sessions that said so, and devices without one that say it again in
// time. Pure: every function takes the time. Who is told of it is presence.ts's business.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { splitDevice } from '@doorpost/protocol/address'
import { DEVICE_SILENCE_MS } from '@doorpost/protocol/limits'

/** How often silence is looked for, ms. */
export const PRESENCE_SWEEP_MS = 1_000
/** Silence after which a device without a session is gone, ms: one sweep early, so that it is noticed within the bound. */
const HELD_MS = DEVICE_SILENCE_MS - PRESENCE_SWEEP_MS

/** One device that is on-line. */
interface Entry<Session> {
  /** Sessions that said "on-line"; each holds until it ends or says it goes. */
  readonly sessions: Set<Session>
  /** When the device last said so without a session. */
  saidAtMs: number
  addresses: readonly string[]
}

export type Change = 'came' | 'moved' | 'stayed' | 'went'

export interface Online<Session> {
  say(device: DeviceAddress, addresses: readonly string[], session: Session | undefined, nowMs: number): Change
  /** The device goes: by its session alone, or with everything. */
  leave(device: DeviceAddress, session: Session | 'all' | undefined): Change
  /** Devices gone silent since the last sweep. */
  sweep(nowMs: number): DeviceAddress[]
  has(device: DeviceAddress, nowMs: number): boolean
  sessionsOf(device: DeviceAddress): Session[]
  addressesOf(device: DeviceAddress): readonly string[]
  /** Names of a user's devices that are on-line. */
  devicesOf(user: UserAddress): ReadonlySet<DeviceAddress>
  readonly size: number
}

export function openOnline<Session>(): Online<Session> {
  const entries = new Map<DeviceAddress, Entry<Session>>()
  const users = new Map<UserAddress, Set<DeviceAddress>>()
  const nobody: ReadonlySet<DeviceAddress> = new Set()

  function drop(device: DeviceAddress): Change {
    if (!entries.delete(device)) return 'stayed'
    const { user } = splitDevice(device)
    const devices = users.get(user)
    devices?.delete(device)
    if (devices?.size === 0) users.delete(user)
    return 'went'
  }

  const isHeld = (entry: Entry<Session>, nowMs: number) => entry.sessions.size > 0 || nowMs - entry.saidAtMs < HELD_MS

  return {
    say(device, addresses, session, nowMs) {
      const before = entries.get(device)
      const lapsed = before !== undefined && !isHeld(before, nowMs)
      const entry = before ?? { sessions: new Set(), saidAtMs: Number.NEGATIVE_INFINITY, addresses }
      const moved = entry.addresses.join(' ') !== addresses.join(' ')
      entry.addresses = addresses
      if (session === undefined) entry.saidAtMs = nowMs
      else entry.sessions.add(session)
      if (before) return lapsed ? 'came' : moved ? 'moved' : 'stayed'
      entries.set(device, entry)
      const { user } = splitDevice(device)
      users.set(user, (users.get(user) ?? new Set()).add(device))
      return 'came'
    },

    leave(device, session) {
      const entry = entries.get(device)
      if (!entry) return 'stayed'
      if (session === 'all') return drop(device)
      if (session === undefined) entry.saidAtMs = Number.NEGATIVE_INFINITY
      else entry.sessions.delete(session)
      return entry.sessions.size === 0 && entry.saidAtMs === Number.NEGATIVE_INFINITY ? drop(device) : 'stayed'
    },

    sweep(nowMs) {
      const gone = [...entries].filter(([, entry]) => !isHeld(entry, nowMs)).map(([device]) => device)
      for (const device of gone) drop(device)
      return gone
    },

    has(device, nowMs) {
      const entry = entries.get(device)
      return entry !== undefined && isHeld(entry, nowMs)
    },

    sessionsOf: (device) => [...(entries.get(device)?.sessions ?? [])],
    addressesOf: (device) => entries.get(device)?.addresses ?? [],
    devicesOf: (user) => users.get(user) ?? nobody,
    get size() {
      return entries.size
    },
  }
}
