// What is looked at before a home becomes a device's, whichever way that happens: joining, linking, recovering, importing. What was
// typed is read here, once, and refused in the same words everywhere.

import { isDeviceName, parseAddress, type UserAddress, userAddress } from '@doorpost/protocol/address'
import { type ServerFacts, serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { Trouble } from '../operations.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { parseOrigin } from '../session/origin.ts'
import type { Store } from '../store/store.ts'
import { readIdentity } from './identity-record.ts'

/** Throws Trouble `not-available` where the store is somebody's already. */
export async function checkNobodyIsHere(store: Store): Promise<void> {
  const before = await readIdentity(store)
  if (!before) return
  throw new Trouble('not-available', `This home is ${before.address} already.`, { todo: 'Choose another --home.' })
}

/** A server's origin, as it is dialled. Throws Trouble `bad-address`. */
export function typedOrigin(typed: string): string {
  const origin = parseOrigin(typed)
  if (origin !== undefined) return origin
  throw new Trouble('bad-address', `${typed} is no server that can be joined safely.`, {
    todo: 'Give https://HOST, or http://localhost:PORT for a server on this machine.',
  })
}

/** A device's name, in lower case. Throws Trouble `bad-address`. */
export function typedDevice(typed: string): string {
  const name = typed.toLowerCase()
  if (isDeviceName(name)) return name
  throw new Trouble('bad-address', `${typed} cannot be the name of a device: letters, digits, . _ - only.`)
}

/** `typed`: a bare name, or an address at that domain. Throws Trouble `bad-address`. */
export function typedUser(typed: string, domain: string): UserAddress {
  const parsed = parseAddress(typed.trim())
  if (!parsed.ok || parsed.value.device !== undefined) {
    throw new Trouble('bad-address', `${typed} cannot be the name of a user: letters, digits, . _ - only.`)
  }
  if (parsed.value.domain !== undefined && parsed.value.domain !== domain) {
    throw new Trouble('bad-address', `The users of this server are NAME@${domain}.`)
  }
  return userAddress(parsed.value, domain)
}

/** Throws what the line throws, and Trouble `server-broke-protocol` where the answer is none of a Doorpost server. */
export async function askServerFacts(line: Pick<Line, 'call'>): Promise<ServerFacts> {
  const facts = serverFactsSchema.safeParse((await line.call('FINGER', '/')).body)
  if (!facts.success) throw brokeProtocol('There is something else than a Doorpost server.', facts.error)
  return facts.data
}
