// Whether people are there, as far as it is known: a device without a line of its own knows nothing of others.

import { useDeviceState } from '../device.ts'

/** Answers a function: what a list said of somebody, or undefined where that is of no worth now. */
export function usePresence(): (online: boolean | undefined) => boolean | undefined {
  const state = useDeviceState()
  const hasLine = state.state === 'open' && state.online
  return (online) => (hasLine ? online : undefined)
}
