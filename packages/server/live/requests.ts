// SEND, RETRIEVE and REMOVE /live/BROADCAST: a broadcaster. SEND, RETRIEVE and REMOVE /watches/WATCH: a viewer. LIST /live: the room
// there is. Frames themselves come and go at GET /live (listen/frames-door.ts).

import { Refusal } from '@doorpost/protocol/errors'
import {
  askSchema,
  broadcasterPathSchema,
  decisionSchema,
  startSchema,
  viewerPathSchema,
  wantSchema,
} from '@doorpost/protocol/live/control'
import type { Login } from '../accounts/logins.ts'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'

/** Any body of control data, bytes: the largest is a format with every part. */
const CONTROL_BYTES_MAX = 4096

export async function startLive({ live }: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  return json(200, live.start(login, await readJson(exchange, startSchema, CONTROL_BYTES_MAX)))
}

export async function retrieveLive({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  return json(200, live.started(login, call.part('BROADCAST')))
}

export async function stopLive({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  live.stop(login, call.part('BROADCAST'))
  return nothing(204)
}

export async function decideLive({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  live.decide(login, call.part('BROADCAST'), await readJson(call.exchange, decisionSchema, CONTROL_BYTES_MAX))
  return nothing(204)
}

export async function sayBroadcasterPath({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  const { watch, up } = await readJson(call.exchange, broadcasterPathSchema, CONTROL_BYTES_MAX)
  live.broadcasterPath(login, call.part('BROADCAST'), watch, up)
  return nothing(204)
}

export async function listLive({ live }: Rooms, _call: Call, login: Login): Promise<Answer> {
  return json(200, live.list(login))
}

/** Who is no mutual contact gets one answer, whatever is shown and whoever was blocked (promise 6). */
export async function askToWatch(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const ask = await readJson(exchange, askSchema, CONTROL_BYTES_MAX)
  if (!ask.user.endsWith(`@${rooms.domain}`)) {
    const detail = `This server reaches its own users only: NAME@${rooms.domain}.`
    throw new Refusal('other-domain', { about: ask.user, detail })
  }
  const blocked = await rooms.storage.contacts.blocked(ask.user)
  const mutual = ask.user === login.user || (await rooms.storage.contacts.mutual(login.user, ask.user))
  return json(202, rooms.live.ask(login, ask, { mutual, blocked: blocked.includes(login.user) }))
}

export async function retrieveWatch({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  return json(200, live.watch(login, call.part('WATCH')))
}

export async function changeWatch({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  live.want(login, call.part('WATCH'), await readJson(call.exchange, wantSchema, CONTROL_BYTES_MAX))
  return nothing(204)
}

export async function sayViewerPath({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  const { up } = await readJson(call.exchange, viewerPathSchema, CONTROL_BYTES_MAX)
  live.viewerPath(login, call.part('WATCH'), up)
  return nothing(204)
}

export async function leaveWatch({ live }: Rooms, call: Call, login: Login): Promise<Answer> {
  live.leave(login, call.part('WATCH'))
  return nothing(204)
}
