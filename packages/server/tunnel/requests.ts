// PIPE /tunnels/NAME/DEVICE: a request to a device. PIPE /tunnel: the device collects one. SEND /tunnel/ID: its answer, whole
// or in parts.

import { isDeviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { PIPE_BYTES_MAX } from '@doorpost/protocol/limits'
import { PIPE_HEADER, REQUESTER_HEADER } from '@doorpost/protocol/messages/pipe'
import { z } from 'zod'
import type { Login } from '../accounts/logins.ts'
import { nothing, parseJson, readBytes } from '../bodies.ts'
import { admitHolder, isHolder } from '../grants/holders.ts'
import { type Answer, bodyFromBytes, type Exchange } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { admit, messageNamed } from './admission.ts'
import type { Part } from './relay.ts'

/** Over a session, bytes travel as a string of base64 (RFC 4648 section 4), both ways. */
const sessionBytesSchema = z.base64().max(Math.ceil(PIPE_BYTES_MAX / 3) * 4)
/** `?part=N`, and `&more=1` on all but the last. */
const PART_NUMBER = /^(0|[1-9][0-9]{0,8})$/

export async function pipeTo(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const { exchange } = call
  const target = `${call.part('NAME')}@${rooms.domain}/${call.part('DEVICE')}`
  const message = messageNamed(exchange.headers)
  const body = await opaqueBody(exchange)
  if (body.length === 0) throw new Refusal('malformed', { detail: 'A request to a device has a body.' })
  if (!isDeviceAddress(target)) throw new Refusal('not-in-envelope')
  const nowMs = rooms.clock.wallMs()
  const { standing, login: counted } = isHolder(login)
    ? await admitHolder(rooms.storage, login, target, message, nowMs)
    : { standing: await admit(rooms.storage, login.device, target, message, nowMs), login }
  const answer = await rooms.tunnel.ask(counted, target, { body, ...standing }, exchange.signal)
  if (exchange.door === 'session') return bytes(await smallAnswer(answer), {})
  return bytes(answer, {})
}

export async function pipeCollect(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const collected = await rooms.tunnel.collect(login, exchange.signal)
  if (!collected) return nothing(204)
  return bytes(collected.body, { [PIPE_HEADER]: collected.id, [REQUESTER_HEADER]: collected.requester })
}

export async function pipeAnswer(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const { exchange } = call
  const part = partNamed(exchange.query)
  const body = exchange.door === 'session' ? bodyFromBytes(await opaqueBody(exchange)) : exchange.body
  await rooms.tunnel.answer(login, call.part('ID'), part, body.stream())
  return nothing(204)
}

/** X-Accel-Buffering: nginx would collect the answer otherwise, and hold the source's pace for its own. */
function bytes(body: Uint8Array | AsyncIterable<Uint8Array>, headers: Readonly<Record<string, string>>): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...headers,
    },
    body,
  }
}

function partNamed(query: URLSearchParams): Part {
  const number = query.get('part') ?? '0'
  const more = query.get('more') ?? '0'
  if (!PART_NUMBER.test(number) || !/^[01]$/.test(more)) {
    throw new Refusal('malformed', {
      detail: 'A part of an answer is part=N, counted from 0, and more=1 but for the last.',
    })
  }
  return { number: Number(number), more: more === '1' }
}

/** A session's answer is one message: what is larger is asked for over HTTP. */
async function smallAnswer(answer: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  for await (const part of answer) {
    total += part.length
    if (total > PIPE_BYTES_MAX) {
      throw new Refusal('too-large', { detail: `Over a session an answer has at most ${PIPE_BYTES_MAX} bytes.` })
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function opaqueBody(exchange: Exchange): Promise<Uint8Array> {
  if (exchange.door !== 'session') return readBytes(exchange, PIPE_BYTES_MAX)
  const json = await readBytes(exchange, PIPE_BYTES_MAX * 2)
  return json.length === 0 ? json : Buffer.from(parseJson(json, sessionBytesSchema), 'base64')
}
