// A direct path to a device that cannot be dialled: who fetches listens in the open, asks by a sealed note to be dialled, and its
// listener hands the connection of that attempt over to here. The other end is dial-out.ts's; which paths are tried is others'.
//
//   asks:    permitted -> note `dial` with attempt and addresses -> waits
//   listens: TLS, hello of that device for that attempt, once, in time -> our proof -> we ask over it
//            anything else                                             -> silence (direct-listener.ts)

import type { TLSSocket } from 'node:tls'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { sameBytes, toBase64url } from '@doorpost/protocol/bytes'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { ATTEMPT_BYTES } from '@doorpost/protocol/piece-wire'
import type { Clock } from '../clock.ts'
import { createFramedPath } from '../paths/framed-path.ts'
import type { Target } from '../paths/openers.ts'
import type { Caller, Path } from '../paths/path.ts'
import type { PathDoors } from '../paths/webrtc-path.ts'
import type { Random } from '../random.ts'
import { socketCarrier } from './socket-carrier.ts'

/** How long a device that was asked to dial is waited for, ms: a note over a slow line, and four addresses of five. */
export const DIALLED_WITHIN_MS = 10_000
/** Devices waited for at once: those of one fetch with all its sources, and of a second. */
export const WAITING_MAX = 32

export interface DialMe {
  begin(doors: Pick<PathDoors, 'say' | 'admits'>): void
  /** Whether there is an address that others may be asked to dial. */
  isDiallable(): boolean
  /** Rejects with what stood in the way, or the signal's reason. */
  ask(target: Target, signal: AbortSignal): Promise<Path>
  /** A note whose signature by this device was verified: that it could not dial. Never throws. */
  take(from: Pick<Caller, 'address' | 'deviceKey'>, note: PathNote): void
  /** For the listener: what takes over a proved and permitted device's connection, once; undefined when it was not asked to come. */
  redeem(attempt: Uint8Array, from: Pick<Caller, 'address' | 'deviceKey'>): ((socket: TLSSocket) => void) | undefined
}

type Waiting = { address: DeviceAddress; deviceKey: Uint8Array; come(socket: TLSSocket): void; failed(): void }

export function createDialMe(options: {
  /** Where others may be asked to dial this device now. */
  addresses(): readonly string[]
  readonly clock: Clock
  readonly random: Random
}): DialMe {
  const { clock } = options
  const waiting = new Map<string, Waiting>()
  let doors: Pick<PathDoors, 'say' | 'admits'> | undefined

  async function ask({ address, deviceKey, message }: Target, signal: AbortSignal): Promise<Path> {
    // Whoever chose this path has looked already; here is where an address would leave.
    if (!(await doors?.admits({ address, deviceKey, via: 'direct' }))) {
      throw new Error(`${address} may not see this device's addresses`)
    }
    signal.throwIfAborted()
    const addresses = [...options.addresses()]
    if (addresses.length === 0) throw new Error('this device listens nowhere in the open')
    if (waiting.size >= WAITING_MAX) throw new Error('too many devices were asked to dial')
    const attempt = toBase64url(options.random(ATTEMPT_BYTES))
    const { promise, resolve, reject } = Promise.withResolvers<Path>()
    waiting.set(attempt, {
      address,
      deviceKey,
      come: (socket) => resolve(createFramedPath('direct', socketCarrier(socket))),
      failed: () => reject(new Error(`${address} could not dial this device`)),
    })
    const cancelLate = clock.after(DIALLED_WITHIN_MS, () => reject(new Error(`${address} did not dial in time`)))
    const leave = () => reject(signal.reason as Error)
    signal.addEventListener('abort', leave, { once: true })
    try {
      doors?.say(address, { note: 'path', attempt, message: { ...message }, signal: { step: 'dial', addresses } })
      return await promise
    } finally {
      waiting.delete(attempt)
      cancelLate()
      signal.removeEventListener('abort', leave)
    }
  }

  /** That of this attempt, if it was this device that was asked. */
  function waitingFor(attempt: string, from: Pick<Caller, 'address' | 'deviceKey'>): Waiting | undefined {
    const found = waiting.get(attempt)
    const isTheirs = found && found.address === from.address && sameBytes(found.deviceKey, from.deviceKey)
    return isTheirs ? found : undefined
  }

  return {
    begin(given) {
      doors = given
    },
    isDiallable: () => options.addresses().length > 0,
    ask,
    take(from, { attempt, signal }) {
      if (signal.step === 'not-dialled') waitingFor(attempt, from)?.failed()
    },
    redeem(attempt, from) {
      const key = toBase64url(attempt)
      const found = waitingFor(key, from)
      if (found) waiting.delete(key)
      return found?.come
    },
  }
}
