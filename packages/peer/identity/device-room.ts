// This user's own devices, as a running device looks after them: lists them, links and revokes where it can sign, and tells
// the others what its user decided about people. Signing is next-list.ts's, the code's two sides link-offer.ts's and
// link-accept.ts's business.

import { deviceAddress, type DeviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Note } from '@doorpost/protocol/note'
import type { Clock } from '../clock.ts'
import { type Operations, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import { listContacts } from '../contact-operations.ts'
import { answerRequest, awaitRequest, offerLink } from './link-offer.ts'
import { createListSigner } from './next-list.ts'
import type { OwnList } from './own-list.ts'
import type { People } from './people.ts'
import { RESTORING } from './recover.ts'
import { revokeDevice } from './revoke.ts'

export interface DeviceRoomOptions {
  readonly store: Store
  readonly line: Line
  readonly own: OwnList
  readonly people: People
  readonly clock: Clock
  readonly random: Random
  /** Puts notes into the outbox; resolves when they are on stable storage, or where the device is about to end, handed in. */
  tell(to: UserAddress | DeviceAddress, ...notes: Note[]): Promise<void>
  /** The list is another: seals again what is sealed for one's own devices. Never rejects. */
  sealAgain(): Promise<void>
  onTrouble(error: unknown): void
}

type DeviceOperation =
  | 'contacts.restore'
  | 'devices'
  | 'devices.offer'
  | 'devices.await'
  | 'devices.confirm'
  | 'devices.revoke'

export interface DeviceRoom {
  readonly operations: {
    readonly [Name in DeviceOperation]: (
      args: Operations[Name]['args'],
      context: { readonly signal: AbortSignal },
    ) => Promise<Operations[Name]['result']>
  }
  /** The line is back. */
  cameOnline(): void
  stop(): void
}

export function createDeviceRoom(options: DeviceRoomOptions): DeviceRoom {
  const { store, line, own, people, clock, random, tell, onTrouble } = options
  const { me } = own
  const signer = createListSigner({ store, line, own, clock })
  const linking = { me, line, signer, clock, random }
  const hasOthers = () => activeDevices(me.opened.list).length > 1

  async function lines(signal: AbortSignal): Promise<Operations['devices']['result']> {
    // The newest, where the server can be asked.
    await people.resolve(me.user, { fresh: true, signal }).catch(() => signal.throwIfAborted())
    const self = await people.recall(me.user)
    const primary = await signer.primary()
    return {
      canSign: primary === me.device,
      devices: me.opened.list.devices.map(({ name, createdAt, revokedAt }) => {
        const here = name === me.device
        const presence = self?.presence?.find((one) => one.device === name)
        const online = here ? line.state === 'online' : presence?.online
        const listens = !here && online === true && (presence?.addresses.length ?? 0) > 0
        return {
          name,
          createdAt,
          ...(revokedAt !== undefined && { revokedAt }),
          primary: name === primary,
          thisOne: here,
          ...(revokedAt === undefined && online !== undefined && { online }),
          ...(revokedAt === undefined && listens && { listens }),
        }
      }),
    }
  }

  let restoring: Promise<void> | undefined
  /** What a recovered device still has to take over; one time at once, whoever asks. */
  function restore(signal: AbortSignal): Promise<void> {
    restoring ??= (async () => {
      if ((await store.get<boolean>('identity', RESTORING)) !== true) return
      await people.restore(signal)
      await store.write([{ drop: 'identity', key: RESTORING }])
    })().finally(() => (restoring = undefined))
    return restoring
  }
  const ended = new AbortController()

  const ends = [
    people.onDecision((decision) => {
      if (hasOthers()) tell(me.user, { note: 'contacts', contacts: [decision] }).catch(onTrouble)
    }),
    own.onFollow(() => void options.sealAgain()),
  ]

  return {
    operations: {
      async 'contacts.restore'(_args, { signal }) {
        await restore(AbortSignal.any([signal, ended.signal]))
        return { contacts: await listContacts(people) }
      },
      devices: (_args, { signal }) => lines(signal),
      'devices.offer': () => offerLink(linking),
      'devices.await': ({ code }, { signal }) => awaitRequest(code, signal, linking),
      async 'devices.confirm'(args, { signal }) {
        const { name } = await answerRequest(args, signal, linking)
        if (!args.yes) return await lines(signal)
        // It knows nobody yet: whom its user approved it is told by a device it can believe.
        const known = (await people.decisions()).map((contacts): Note => ({ note: 'contacts', contacts }))
        await Promise.all([tell(deviceAddress(me.user, name), ...known), options.sealAgain()])
        return await lines(signal)
      },
      async 'devices.revoke'({ name }, { signal }) {
        await revokeDevice(name.trim().toLowerCase(), signal, { me, signer, clock })
        return await lines(signal)
      },
    },
    cameOnline() {
      signer.carryOut().catch((error: unknown) => {
        if (!isAway(error)) onTrouble(error)
      })
      restore(ended.signal).catch((error: unknown) => {
        if (!isAway(error) && !ended.signal.aborted) onTrouble(error)
      })
    },
    stop() {
      ended.abort(new Trouble('cancelled', 'The device is closing.'))
      for (const end of ends) end()
    },
  }
}

function isAway(error: unknown): boolean {
  return error instanceof Trouble && error.code === 'server-unreachable'
}
