// SEND, LIST and REMOVE /blocks: whom a user wants to hear nothing from. The blocked are told nothing: to them it looks
// like a user who has not approved them.

import { Refusal } from '@doorpost/protocol/errors'
import { addressesSchema, blockSchema } from '@doorpost/protocol/messages/contacts'
import { json, nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'
import { ADDRESSES_BYTES_MAX, changing, checkOther } from './contacts.ts'
import type { Login } from './logins.ts'

/** People one user may have blocked. */
const BLOCKS_MAX = 1000
/** One address in JSON, bytes. */
const BLOCK_BYTES_MAX = 1024

export async function block(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { address } = await readJson(exchange, blockSchema, BLOCK_BYTES_MAX)
  await checkOther(rooms, login, address)
  const outcome = await changing(rooms, login.user, address, () =>
    rooms.storage.contacts.block(login.user, address, BLOCKS_MAX),
  )
  if (outcome === 'full') {
    throw new Refusal('no-room', { detail: `At most ${BLOCKS_MAX} people can be blocked. Remove some first.` })
  }
  return nothing(204)
}

export async function listBlocks(rooms: Rooms, _call: Call, login: Login): Promise<Answer> {
  return json(200, { blocked: await rooms.storage.contacts.blocked(login.user) })
}

export async function removeBlocks(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { addresses } = await readJson(exchange, addressesSchema, ADDRESSES_BYTES_MAX)
  for (const address of addresses) {
    await changing(rooms, login.user, address, () => rooms.storage.contacts.unblock(login.user, address))
  }
  return nothing(204)
}
