// QUIT /: ends a login everywhere at once, and the connection it came over after the answer.

import { nothing } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Login } from './logins.ts'

export async function quit(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  await rooms.logins.end(login, call.exchange.session)
  rooms.presence.leave(login.device, call.exchange.session)
  return { ...nothing(204), close: true }
}
