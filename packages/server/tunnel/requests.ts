// PIPE /tunnels/NAME/DEVICE: a request to a device. PIPE /tunnel: the device collects one. SEND /tunnel/ID: its answer.

import { type DeviceAddress, isDeviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_BYTES_MAX } from '@doorpost/protocol/limits'
import { PIPE_HEADER, REQUESTER_HEADER } from '@doorpost/protocol/messages/pipe'
import { z } from 'zod'
import type { Login } from '../accounts/logins.ts'
import { nothing, parseJson, readBytes } from '../bodies.ts'
import type { Answer, Exchange } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { admit, messageNamed } from './admission.ts'

/** Over a session, bytes travel as a string of base64 (RFC 4648 section 4), both ways. */
const sessionBytesSchema = z.base64().max(Math.ceil(PIPE_BYTES_MAX / 3) * 4)

export async function pipeTo(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const { exchange } = call
  const target = `${call.part('NAME')}@${rooms.domain}/${call.part('DEVICE')}`
  const message = messageNamed(exchange.headers)
  const body = await opaqueBody(exchange)
  if (body.length === 0) throw new Refusal('malformed', { detail: 'A request to a device has a body.' })
  if (!isDeviceAddress(target)) throw new Refusal('not-in-envelope')
  const standing = await admit(rooms.storage, login.device, target, message, rooms.clock.wallMs())
  return bytes(await rooms.tunnel.ask(login, target, { body, ...standing }, exchange.signal), {})
}

export async function pipeCollect(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const collected = await rooms.tunnel.collect(login, exchange.signal)
  if (!collected) return nothing(204)
  return bytes(collected.body, { [PIPE_HEADER]: collected.id, [REQUESTER_HEADER]: collected.requester })
}

export async function pipeAnswer(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const device: DeviceAddress = login.device
  rooms.tunnel.answer(device, call.part('ID'), await opaqueBody(call.exchange))
  return nothing(204)
}

function bytes(body: Uint8Array, headers: Readonly<Record<string, string>>): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store', ...headers },
    body,
  }
}

async function opaqueBody(exchange: Exchange): Promise<Uint8Array> {
  if (exchange.door !== 'session') return readBytes(exchange, PIPE_BYTES_MAX)
  const json = await readBytes(exchange, PIPE_BYTES_MAX * 2)
  return json.length === 0 ? json : Buffer.from(parseJson(json, sessionBytesSchema), 'base64')
}
