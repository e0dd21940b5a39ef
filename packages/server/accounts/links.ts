// The rows of linking: SEND /links, RETRIEVE and REMOVE /links/SLOT, SEND /links/SLOT/request and /links/SLOT/answer. What
// the parts say is not this server's to know: they are MACed under a code it never sees.

import { Refusal } from '@doorpost/protocol/errors'
import { LINK_LIFE_MS, LINK_PART_LENGTH_MAX } from '@doorpost/protocol/link'
import {
  linkAnsweredSchema,
  linkRequestedSchema,
  type LinkSlot,
  openLinkSchema,
} from '@doorpost/protocol/messages/links'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Slot } from './link-slots.ts'
import type { Login } from './logins.ts'

/** An offer or a request, bytes: keys, a hybrid recipient of 2.5 kB, a signature, in base64url. Strangers send it. */
const SMALL_PART_BYTES_MAX = 8 * 1024
/** An answer, bytes: with a whole device list in it. */
const ANSWER_BYTES_MAX = LINK_PART_LENGTH_MAX + 1024

export async function openLink(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { slot: name, offer } = await readJson(exchange, openLinkSchema, SMALL_PART_BYTES_MAX)
  const opened = rooms.linkSlots.open(name, login.user, offer)
  if (opened === 'taken') throw new Refusal('conflict', { detail: 'Somebody has this code already. Make another.' })
  if (opened === 'full') throw full()
  return json(201, shown(opened))
}

export async function readLink(rooms: Rooms, call: Call): Promise<Answer> {
  return json(200, shown(slotOf(rooms, call)))
}

export async function requestLink(rooms: Rooms, call: Call): Promise<Answer> {
  const { request } = await readJson(call.exchange, linkRequestedSchema, SMALL_PART_BYTES_MAX)
  const slot = slotOf(rooms, call)
  // One use: the first device that knew the code. The same again is a lost answer.
  if (slot.request && (slot.request.body !== request.body || slot.request.mac !== request.mac)) {
    throw new Refusal('conflict', { detail: 'This code was used already.' })
  }
  if (!rooms.linkSlots.say(call.part('SLOT'), 'request', request)) throw full()
  return nothing(204)
}

export async function answerLink(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  const { answer } = await readJson(call.exchange, linkAnsweredSchema, ANSWER_BYTES_MAX)
  const slot = slotOf(rooms, call)
  if (slot.user !== login.user) throw voidCode()
  if (!rooms.linkSlots.say(call.part('SLOT'), 'answer', answer)) throw full()
  return nothing(204)
}

export async function closeLink(rooms: Rooms, call: Call, login: Login): Promise<Answer> {
  if (slotOf(rooms, call).user !== login.user) throw voidCode()
  rooms.linkSlots.close(call.part('SLOT'))
  return nothing(204)
}

/** Unknown, over and somebody else's are one answer. */
function slotOf(rooms: Rooms, call: Call): Slot {
  const slot = rooms.linkSlots.get(call.part('SLOT'))
  if (!slot) throw voidCode()
  return slot
}

function full(): Refusal {
  return new Refusal('no-room', { detail: 'Too many devices are being linked now.', retryAfterMs: LINK_LIFE_MS })
}

function voidCode(): Refusal {
  return new Refusal('not-found', { detail: 'This code is not in use: its time is over, or it was mistyped.' })
}

function shown({ offer, request, answer, expiresAtMs }: Slot): LinkSlot {
  return {
    offer,
    ...(request && { request }),
    ...(answer && { answer }),
    expiresAt: new Date(expiresAtMs).toISOString(),
  }
}
