// Signing the next list of one's own devices and handing it to the server: on the device that holds the account key alone.
// A list is written down before it leaves, so that no two lists of one number are ever signed, whenever the device dies.

import {
  activeDevices,
  type Device,
  mayFollow,
  type OpenedDeviceList,
  openDeviceList,
  signDeviceList,
} from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { DEVICE_ENTRIES_MAX, DEVICES_MAX } from '@doorpost/protocol/limits'
import type { Signed } from '@doorpost/protocol/signature'
import type { Clock } from '../clock.ts'
import { createInTurn } from '../in-turn.ts'
import { Trouble } from '../operations.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import { finger } from './finger.ts'
import { readAccountKey } from './identity-record.ts'
import type { OwnList } from './own-list.ts'

/** Room `identity`: a list that was signed, and that the server may not have yet. */
const SIGNED = 'next-list'
/** Room `identity`: the name of the device that holds the account key, where it is another. */
export const PRIMARY = 'primary'

/** Of an account's first list: no server can be behind it. */
const FIRST_SEQUENCE = 1

export interface ListSigner {
  /** Name of the device that can sign: this one's, the one it was linked by, or undefined where that is not known. */
  primary(): Promise<string | undefined>
  /**
   * Resolves when the server has the list. Throws Trouble `not-available` where this device cannot sign, and what the
   * line throws: then it may have arrived, and is handed in again the next time.
   */
  next(change: (devices: readonly Device[]) => readonly Device[], signal?: AbortSignal): Promise<OpenedDeviceList>
  /** Hands in what an earlier life signed, and the newest list to a server that was put back to a time before it. */
  carryOut(): Promise<void>
}

export interface ListSignerOptions {
  readonly store: Store
  readonly line: Line
  readonly own: OwnList
  readonly clock: Clock
}

export function createListSigner({ store, line, own, clock }: ListSignerOptions): ListSigner {
  const { me } = own
  const { take: inTurn } = createInTurn()

  async function primary(): Promise<string | undefined> {
    if (await readAccountKey(store)) return me.device
    return await store.get<string>('identity', PRIMARY)
  }

  async function handIn(): Promise<void> {
    const signed = await store.get<Signed>('identity', SIGNED)
    if (!signed) return
    const opened = openDeviceList(signed)
    const done = { drop: 'identity', key: SIGNED } as const
    if (!opened) return await store.write([done])
    try {
      await line.call('SEND', '/devices', { body: { deviceList: signed } })
    } catch (error) {
      if (error instanceof Refusal && error.code === 'list-refused') {
        // Another with that number is there already: only a second life of this device can have signed it.
        await store.write([done])
        throw new Trouble('list-refused', 'The server has another list of your devices than this device knows.', {
          todo: 'If this device was copied to another machine, use that one, and recover the account if you did not.',
          cause: error,
        })
      }
      throw error
    }
    await own.follow(signed, opened, [done])
  }

  /** Until it is told, whom this list revoked may log in there, and whom it added may not. */
  async function tellAgain(): Promise<void> {
    if (me.opened.head.sequence <= FIRST_SEQUENCE || !(await readAccountKey(store))) return
    const shown = await finger(line, me.user)
    if (mayFollow(shown.opened, me.opened) !== 'follows') return
    await line.call('SEND', '/devices', { body: { deviceList: me.deviceList } })
  }

  return {
    primary,
    carryOut: () =>
      inTurn(async () => {
        await handIn()
        await tellAgain()
      }),
    next: (change, signal) =>
      inTurn(async () => {
        const accountKey = await readAccountKey(store)
        if (!accountKey) throw cannotSign(await primary())
        await handIn()
        const shown = await finger(line, me.user, signal)
        await own.follow(shown.signed, shown.opened)
        const { list, head } = me.opened
        const devices = withinBounds(change(list.devices))
        if (activeDevices({ ...list, devices }).length > DEVICES_MAX) {
          throw new Trouble('not-available', `You have ${DEVICES_MAX} devices already.`, {
            todo: 'Revoke one that you do not use any more.',
          })
        }
        signal?.throwIfAborted()
        const signed = signDeviceList(
          {
            ...list,
            sequence: list.sequence + 1,
            previous: head.hash,
            devices,
            signedAt: new Date(clock.nowMs()).toISOString(),
          },
          accountKey,
        )
        await store.write([{ put: 'identity', key: SIGNED, value: signed }])
        await handIn()
        return me.opened
      }),
  }
}

/** Told plainly: whoever could sign could undo its own revocation. */
export function cannotSign(primary: string | undefined): Trouble {
  const where = primary === undefined ? 'the device that you joined with' : `your device ${primary}`
  return new Trouble('not-available', `Devices are added and revoked on ${where} alone: it holds the account key.`, {
    todo: `Do it there. If that device is lost, doorpost recover takes the account back with the recovery words.`,
  })
}

/** The longest revoked go first: nobody has seen their mail for the longest. */
function withinBounds(devices: readonly Device[]): Device[] {
  const over = devices.length - DEVICE_ENTRIES_MAX
  if (over <= 0) return [...devices]
  const oldest = devices
    .filter(({ revokedAt }) => revokedAt !== undefined)
    .toSorted((a, b) => ((a.revokedAt ?? '') < (b.revokedAt ?? '') ? -1 : 1))
    .slice(0, over)
  return devices.filter((device) => !oldest.includes(device))
}
