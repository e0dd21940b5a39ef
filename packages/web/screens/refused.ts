// Why the server does not take this device, where it is off-line for that.

import type { Operations } from '../device-connection.ts'
import { useAsked, useDeviceState } from '../device.ts'

export type Refused = NonNullable<Operations['whoami']['result']['refused']>

/** Nothing is asked while it is on-line. */
export function useRefused(online: boolean): Refused | undefined {
  const { value } = useAsked('whoami', online ? undefined : {}, ['line'])
  return online ? undefined : value?.refused
}

/** This device is over for good: nothing goes out from here any more. */
export function useIsOver(): boolean {
  const state = useDeviceState()
  const why = useRefused(state.state !== 'open' || state.online)?.why
  return why === 'revoked' || why === 'taken-over'
}
