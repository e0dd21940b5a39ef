// Whether what was said before this device was linked is still on its way to it.

import type { Operations } from '../device-connection.ts'
import { useAsked } from '../device.ts'

/** Older than this, a message is no news while the past is coming, ms: what somebody writes just now rings all the same. */
const RECENT_MS = 10 * 60_000

export type Coming = Operations['talk.history']['result'] & { readonly from: string }

/** Undefined: nothing is, as far as is known. */
export function useHistoryComing(): Coming | undefined {
  const { value } = useAsked('talk.history', {}, ['talk', 'people'])
  return value && isComing(value) ? value : undefined
}

function isComing(state: Operations['talk.history']['result']): state is Coming {
  return state.from !== undefined
}

/** Whether a message of that instant may ring. Pure. */
export function isNewsNow(at: string, isPastComing: boolean, nowMs: number): boolean {
  return !isPastComing || Date.parse(at) > nowMs - RECENT_MS
}
