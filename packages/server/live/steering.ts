// Drives the state machine of one broadcast: gives it events, keeps its time, and says where frames go when that has changed.

import type { Sinks } from '@doorpost/protocol/live/control'
import { IDLE, type LiveEvent, type LiveState, next, sinksOf } from './machine.ts'

/** How long one viewer alone stays on the server before it moves to its peer-to-peer connection, ms: who left is often back at once, and each move costs both ways for a while. */
const REST_MS = 1_500
/** How long both ways are used at a switch, ms: two round trips of the viewer, within these bounds, and so much before one was seen. */
const OVERLAP_MIN_MS = 100
const OVERLAP_MAX_MS = 1_000
const OVERLAP_UNKNOWN_MS = 300

export interface Steering {
  step(event: LiveEvent, nowMs: number): void
  readonly state: LiveState
  /** As they were told last. */
  readonly sinks: Sinks
  /** Where frames go now; undefined: that was told already. */
  change(stills: boolean): Sinks | undefined
  /** Whether something came of the time that has passed. */
  sweep(nowMs: number): boolean
}

/** `tripMs`: the round trip of a watch, where one was seen. */
export function openSteering(tripMs: (watch: string) => number | undefined): Steering {
  let state: LiveState = IDLE
  let wake: { turn: number; atMs: number } | undefined
  let sinks: Sinks = { turn: 0, pictures: 'none', stills: false }

  function overlapMs(): number {
    const { watch } = sinksOf(state)
    const ms = watch === undefined ? undefined : tripMs(watch)
    return ms === undefined ? OVERLAP_UNKNOWN_MS : Math.min(Math.max(2 * ms, OVERLAP_MIN_MS), OVERLAP_MAX_MS)
  }

  const steering: Steering = {
    step(event, nowMs) {
      const [after, effects] = next(state, event)
      state = after
      for (const effect of effects) {
        if (effect.kind !== 'wake') continue
        wake = { turn: effect.turn, atMs: nowMs + (effect.after === 'rest' ? REST_MS : overlapMs()) }
      }
    },
    get state() {
      return state
    },
    get sinks() {
      return sinks
    },
    change(stills) {
      const { pictures, watch } = sinksOf(state)
      if (sinks.pictures === pictures && sinks.watch === watch && sinks.stills === stills) return undefined
      sinks = { turn: sinks.turn + 1, pictures, ...(watch !== undefined && { watch }), stills }
      return sinks
    },
    sweep(nowMs) {
      if (!wake || wake.atMs > nowMs) return false
      const { turn } = wake
      wake = undefined
      steering.step({ kind: 'woken', turn }, nowMs)
      return true
    },
  }
  return steering
}
