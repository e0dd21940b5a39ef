// Who asks a device for something asks here: each operation ends when its caller goes or the device closes, and whatever it throws
// is a Trouble.

import { asTrouble } from './as-trouble.ts'
import { type DeviceEvent, faultEvent } from './device-event.ts'
import type { OperationTable } from './operate.ts'
import type { OperationName, Peer } from './operations.ts'

/** Operations that go on until another device does something. */
const WAITS_FOR_OTHERS: ReadonlySet<OperationName> = new Set(['get', 'get.stream'])

export interface DevicePeerOptions {
  readonly operations: OperationTable
  /** Aborted when the device closes. */
  readonly closing: AbortSignal
  /** Aborted when the server lets this device in no more: nobody else will come then, and what waits for others ends with its reason. */
  readonly shutOut?: AbortSignal
  /** Told of faults that nobody foresaw. */
  onEvent(event: DeviceEvent): void
}

/** Disposing of it disposes of nothing: the device is whoever opened it's. */
export function devicePeer({ operations, closing, onEvent, ...options }: DevicePeerOptions): Peer {
  return {
    async do(name, args, { onProgress = () => {}, signal } = {}) {
      const shutOut = WAITS_FOR_OTHERS.has(name) ? options.shutOut : undefined
      const until = AbortSignal.any([closing, ...(signal ? [signal] : []), ...(shutOut ? [shutOut] : [])])
      try {
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
