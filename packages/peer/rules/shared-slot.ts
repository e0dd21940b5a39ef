// For tests: the slot of preferences at a server, small enough to be told to lie, and lines to it that can be cut.

import { Refusal } from '@doorpost/protocol/errors'
import { type SendPreferences, sendPreferencesSchema } from '@doorpost/protocol/messages/preferences'
import type { Push } from '@doorpost/protocol/messages/session'
import { unreachable } from '../session/answer.ts'
import type { Line, LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'

export interface SharedSlot {
  /** What stands there now; a test may put something else. */
  kept: SendPreferences | undefined
  /** Everything that ever stood there. */
  readonly history: SendPreferences[]
  /** How often something was asked: `SEND`, `RETRIEVE`. */
  readonly calls: string[]
  lineOf(device: string): SlotLine
  /** What RETRIEVE answers that device. */
  answerTo(device: string): unknown
  /** What SEND answers. Throws Refusal `preferences-moved-on`. */
  put(body: unknown): unknown
}

export type SlotLine = Pick<Line, 'call' | 'onPush' | 'onState' | 'state'> & { become(state: LineState): void }

export function sharedSlot(): SharedSlot {
  const pushes = listeners<Push>()
  const slot: SharedSlot = {
    kept: undefined,
    history: [],
    calls: [],
    answerTo,
    put,
    lineOf(device) {
      const states = listeners<LineState>()
      let state: LineState = 'online'
      return {
        async call(method, _target, { body } = {}) {
          if (state !== 'online') throw unreachable('cut')
          slot.calls.push(method)
          return { status: 200, headers: {}, body: method === 'SEND' ? put(body) : answerTo(device) }
        },
        onPush: (listener) => pushes.add((push) => state === 'online' && listener(push)),
        onState: states.add,
        get state() {
          return state
        },
        become(next) {
          state = next
          states.tell(next)
        },
      }
    },
  }

  function put(body: unknown): unknown {
    const sent = sendPreferencesSchema.parse(JSON.parse(JSON.stringify(body)))
    if ((slot.kept?.sequence ?? 0) !== sent.replaces) throw new Refusal('preferences-moved-on')
    slot.kept = sent
    slot.history.push(sent)
    pushes.tell({ kind: 'preferences', sequence: sent.sequence })
    return { sequence: sent.sequence }
  }

  function answerTo(device: string): unknown {
    if (!slot.kept) return { slot: null }
    const { sequence, id, sealed } = slot.kept
    const key = sealed.keys.find((each) => each.device === device)?.key
    return { slot: { sequence, id, sealed: { ...(key !== undefined && { key }), body: sealed.body } } }
  }
  return slot
}
