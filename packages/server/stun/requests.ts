// LIST /ice: where a logged-in device finds STUN and TURN. Nobody else is told, since relays cost their operator money; link holders hear of
// STUN alone.

import type { Ice } from '@doorpost/protocol/messages/ice'
import type { Login } from '../accounts/logins.ts'
import { isHolder } from '../grants/holders.ts'
import { json } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { turnCredentials } from './turn.ts'

export function listIce(rooms: Rooms, _call: Call, login: Login): Promise<Answer> {
  const turn = isHolder(login) ? undefined : rooms.turn()
  const answer: Ice = {
    stunPort: rooms.stunPort ?? null,
    turn: turn ? turnCredentials(turn, login.user, rooms.clock.wallMs()) : null,
  }
  return Promise.resolve(json(200, answer))
}
