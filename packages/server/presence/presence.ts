// Presence: who is on-line, and telling mutual contacts when that changes (promise 6: nobody else). Mail delivery asks
// here for a device's sessions and hears when one comes. What a caller may see of it is decided by sight.ts.

import { type DeviceAddress, deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { DEVICES_MAX } from '@doorpost/protocol/limits'
import type { Push } from '@doorpost/protocol/messages/session'
import type { Logger } from 'pino'
import type { Clock } from '../listen/clock.ts'
import type { SessionHandle } from '../listen/exchange.ts'
import type { Storage } from '../storage/storage.ts'
import { type Change, openOnline, PRESENCE_SWEEP_MS } from './online.ts'

/** Contacts told of one change: the bound on approvals of one user stands in contacts.ts; this one is the fan-out's. */
const FAN_OUT_MAX = 1000

export interface Presence {
  /** A logged-in device says it is on-line, over its session or not. `full`: too many devices of that user are. */
  say(device: DeviceAddress, addresses: readonly string[], session: SessionHandle | undefined): 'said' | 'full'
  /** It says that it goes. Without a session: what it said without one. */
  leave(device: DeviceAddress, session: SessionHandle | undefined): void
  /** The device was revoked. */
  drop(device: DeviceAddress): void
  isOnline(device: DeviceAddress): boolean
  /** Sessions that take pushes: those that said "on-line". */
  sessionsOf(device: DeviceAddress): SessionHandle[]
  addressesOf(device: DeviceAddress): readonly string[]
  /** Calls `came` whenever a device comes on-line or opens another session; for delivering what waits. */
  onOnline(came: (device: DeviceAddress) => void): void
  /** Tells a user's mutual contacts to look again, since the user chose anew what they may see. */
  announceChoice(device: DeviceAddress): void
  /** Tells a user's mutual contacts and own devices that the device list is another; `name`: a device that changed. */
  announceList(user: UserAddress, name: string): void
  /** Pushes to every session of a user that takes pushes. */
  tell(user: UserAddress, push: Push): void
  /** Devices on-line now. */
  count(): number
  close(): void
}

export function openPresence(storage: Storage, clock: Clock, log: Logger): Presence {
  const online = openOnline<SessionHandle>()
  const listeners: ((device: DeviceAddress) => void)[] = []
  const ending = new Map<SessionHandle, DeviceAddress>()
  /** Devices whose contacts were told within this sweep; what changes again is told at its end, once. */
  const toldNow = new Set<DeviceAddress>()
  /** True where the user's choice of what to share is part of the change. */
  const toldLater = new Map<DeviceAddress, boolean>()
  let isClosed = false

  const stopSweeping = clock.every(PRESENCE_SWEEP_MS, () => {
    toldNow.clear()
    const late = [...toldLater]
    toldLater.clear()
    for (const device of online.sweep(clock.monotonicMs())) announce(device, false)
    for (const [device, chosen] of late) announce(device, chosen)
  })

  function announce(device: DeviceAddress, chosen: boolean): void {
    // Sessions that end with the server: their contacts' sessions end too.
    if (isClosed) return
    if (toldNow.has(device)) {
      toldLater.set(device, chosen || toldLater.get(device) === true)
      return
    }
    toldNow.add(device)
    tellContacts(device, chosen).catch((error: unknown) => {
      // The storage closes right behind the rooms.
      if (!isClosed) log.error({ err: error }, 'contacts could not be told of a presence')
    })
  }

  async function tellContacts(device: DeviceAddress, chosen: boolean): Promise<void> {
    const { user, device: name } = splitDevice(device)
    // One's own other devices know of each other whatever contacts may know.
    tell(user, { kind: 'presence', address: user, device: name }, device)
    const account = await storage.accounts.get(user)
    if (account?.share === 'nothing' && !chosen) return
    const contacts = await storage.contacts.list(user)
    for (const { address, mutual } of contacts.slice(0, FAN_OUT_MAX)) {
      if (mutual) tell(address, { kind: 'presence', address: user, device: name })
    }
  }

  function tell(user: UserAddress, push: Push, but?: DeviceAddress): void {
    for (const device of online.devicesOf(user)) {
      if (device === but) continue
      // A session that does not read is ended by its door; what it missed it will ask for (LIST /presence).
      for (const session of online.sessionsOf(device)) session.push(push)
    }
  }

  function changed(device: DeviceAddress, change: Change): void {
    if (change !== 'stayed') announce(device, false)
  }

  function leave(device: DeviceAddress, session: SessionHandle | 'all' | undefined): void {
    changed(device, online.leave(device, session))
  }

  return {
    say(device, addresses, session) {
      const { user } = splitDevice(device)
      const others = online.devicesOf(user)
      if (!others.has(device) && others.size >= DEVICES_MAX) return 'full'
      const isNew = session !== undefined && !ending.has(session)
      if (session?.closed.aborted) return 'said'
      if (isNew) {
        ending.set(session, device)
        session.closed.addEventListener('abort', () => {
          ending.delete(session)
          leave(device, session)
        })
      }
      const change = online.say(device, addresses, session, clock.monotonicMs())
      changed(device, change)
      if (change === 'came' || isNew) for (const came of listeners) came(device)
      return 'said'
    },
    leave,
    drop: (device) => leave(device, 'all'),
    isOnline: (device) => online.has(device, clock.monotonicMs()),
    sessionsOf: (device) => online.sessionsOf(device),
    addressesOf: (device) => online.addressesOf(device),
    onOnline: (came) => void listeners.push(came),
    announceChoice: (device) => announce(device, true),
    announceList: (user, name) => announce(deviceAddress(user, name), true),
    tell,
    count: () => online.size,
    close() {
      isClosed = true
      stopSweeping()
    },
  }
}
