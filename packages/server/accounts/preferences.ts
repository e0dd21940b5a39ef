// SEND and RETRIEVE /preferences: what a user's devices agree on, sealed to them, in one bounded slot. A device says which
// sequence it replaces, so that of two that change at once one is told to look first. The server reads nothing of it.

import { Refusal } from '@doorpost/protocol/errors'
import {
  type preferencesPushSchema,
  type RetrievedPreferences,
  type SendPreferences,
  sendPreferencesSchema,
} from '@doorpost/protocol/messages/preferences'
import type { z } from 'zod'
import { json, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import type { Login } from './logins.ts'

/** A slot in JSON, bytes: 64 KiB of body and 16 keys of 2 KiB as base64url come to 133 KB. */
const SLOT_BYTES_MAX = 160 * 1024

type Slot = Omit<SendPreferences, 'replaces'>

export async function replacePreferences(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { replaces, ...slot } = await readJson(exchange, sendPreferencesSchema, SLOT_BYTES_MAX)
  const { sequence } = slot
  const text = JSON.stringify(slot satisfies Slot)
  const outcome = await rooms.storage.preferences.replace(login.user, replaces, sequence, text)
  if (outcome === 'moved-on') {
    throw new Refusal('preferences-moved-on', { detail: 'Another of your devices changed the preferences meanwhile.' })
  }
  const push: z.infer<typeof preferencesPushSchema> = { kind: 'preferences', sequence }
  rooms.presence.tell(login.user, push)
  return json(200, { sequence })
}

export async function retrievePreferences(rooms: Rooms, _call: Call, login: Login): Promise<Answer> {
  const kept = await rooms.storage.preferences.get(login.user)
  if (!kept) return json(200, { slot: null } satisfies RetrievedPreferences)
  const { sequence, id, sealed } = JSON.parse(kept.slot) as Slot
  const own = sealed.keys.find(({ device }) => `${login.user}/${device}` === login.device)
  const slot = { sequence, id, sealed: { ...(own && { key: own.key }), body: sealed.body } }
  return json(200, { slot } satisfies RetrievedPreferences)
}
