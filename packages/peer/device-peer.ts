// Who asks a device for something asks here: each operation ends when its caller goes or the device closes, and whatever it throws
// is a Trouble.

import { asTrouble } from './as-trouble.ts'
import { type DeviceEvent, faultEvent } from './device-event.ts'
import type { ShutOut } from './identity/shut-out.ts'
import type { OperationTable } from './operate.ts'
import type { OperationName, Peer } from './operations.ts'

/** Operations that are for others, or go on until another device does something. */
const NEEDS_OTHERS: ReadonlySet<OperationName> = new Set([
  'get',
  'get.stream',
  'send',
  'talk.send',
  'links.make',
  'live.show',
  'live.watch',
])

export interface DevicePeerOptions {
  readonly operations: OperationTable
  /** Aborted when the device closes. */
  readonly closing: AbortSignal
  /** Its signal is aborted when this device is over for good: nobody else will come then, and what is for others ends with its reason. */
  readonly shutOut?: Pick<ShutOut, 'signal'>
  /** Told of faults that nobody foresaw. */
  onEvent(event: DeviceEvent): void
}

/** Disposing of it disposes of nothing: the device is whoever opened it's. */
export function devicePeer({ operations, closing, onEvent, ...options }: DevicePeerOptions): Peer {
  return {
    async do(name, args, { onProgress = () => {}, signal } = {}) {
      const shutOut = NEEDS_OTHERS.has(name) ? options.shutOut?.signal : undefined
      const until = AbortSignal.any([closing, ...(signal ? [signal] : []), ...(shutOut ? [shutOut] : [])])
      try {
        shutOut?.throwIfAborted()
        return await operations[name](args, { signal: until, onProgress })
      } catch (error) {
        if (shutOut?.aborted && shutOut.reason === until.reason) throw shutOut.reason
        const trouble = asTrouble(error, until)
        if (trouble.code === 'fault' && error !== trouble) onEvent(faultEvent(name, error))
        throw trouble
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
