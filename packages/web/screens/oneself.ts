// Who uses this device, for screens that stand inside the frame, where it is open.

import { useDeviceState } from '../device.ts'

/** `mia@post.example`; empty while the device is not open. */
export function useMe(): string {
  const state = useDeviceState()
  return state.state === 'open' ? state.address : ''
}
