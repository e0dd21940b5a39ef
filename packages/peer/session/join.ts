// Makes a store the home of the first device of a new account: keys, then the name at the server, then the identity. Between
// those steps the process may die: what is stored as pending is what registering again goes on with.

import { deviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { registeredSchema } from '@doorpost/protocol/messages/register'
import { type Clock, systemClock } from '../clock.ts'
import { dropPending, type Identity, keepIdentity, readAccountKey, readIdentity } from '../identity/identity-record.ts'
import { createIdentity } from '../identity/keys.ts'
import { askServerFacts, checkNobodyIsHere, typedDevice, typedOrigin, typedUser } from '../identity/new-home.ts'
import { Trouble } from '../operations.ts'
import { type Random, systemRandom } from '../random.ts'
import type { Store } from '../store/store.ts'
import { brokeProtocol } from './answer.ts'
import { openHttpLine } from './http-line.ts'
import type { Line } from './line.ts'

export interface JoinOptions {
  readonly store: Store
  readonly origin: string
  /** A bare name, or an address at that server's domain. */
  readonly user: string
  readonly device: string
  /** An invitation's token (base64url), where the server asks for one. */
  readonly invitation?: string
  /** Called once, before the name is registered, so that no account exists whose words nobody saw. */
  readonly showRecoveryWords: (words: readonly string[]) => void | Promise<void>
  readonly clock?: Clock
  readonly random?: Random
  /** A line to that origin without a login; one over HTTP where nothing is said. */
  readonly openLine?: (origin: string) => Line
}

/**
 * Throws Trouble `bad-address`, `not-available` (somebody joined here already), `server-unreachable`, or the server's Refusal
 * (`name-taken`, `registration-closed`, …). Asked again after a crash with the same names it goes on with the keys it made.
 */
export async function join({
  store,
  origin: written,
  user: name,
  device: deviceName,
  invitation,
  showRecoveryWords,
  clock = systemClock,
  random = systemRandom,
  openLine = (origin) => openHttpLine({ origin, clock, random }),
}: JoinOptions): Promise<Identity> {
  await checkNobodyIsHere(store)
  const origin = typedOrigin(written)
  await using line = openLine(origin)
  const user = typedUser(name, (await askServerFacts(line)).domain)
  const device = typedDevice(deviceName)
  const address = deviceAddress(user, device)

  if (!(await readIdentity(store, address))) {
    await checkNameIsFree(line, user)
    const made = await createIdentity({ user, device, origin, random, nowMs: clock.nowMs() })
    await showRecoveryWords(made.recoveryWords)
    await store.write(keepIdentity(made.identity, made.accountKey, address))
  }
  const pending = await readIdentity(store, address)
  const accountKey = await readAccountKey(store, address)
  if (!pending || !accountKey) throw new Trouble('cannot-write', 'The new keys could not be kept.')

  try {
    const body = { deviceList: pending.deviceList, ...(invitation !== undefined && { invitation }) }
    const registered = registeredSchema.safeParse((await line.call('SEND', '/accounts', { body })).body)
    if (!registered.success || registered.data.address !== user) {
      throw brokeProtocol('The server registered something else than what it was asked.')
    }
  } catch (error) {
    // These keys will never be that name's. After any other failure they may be, and are kept.
    if (error instanceof Refusal && error.code === 'name-taken') await store.write(dropPending(address))
    throw error
  }
  const identity = { ...pending, origin }
  await store.write([...keepIdentity(identity, accountKey), ...dropPending(address)])
  return identity
}

/** Asked before keys are made, so that nobody writes down words of an account that will not be. Registering decides. */
async function checkNameIsFree(line: Line, user: string): Promise<void> {
  try {
    await line.call('FINGER', `/users/${encodeURIComponent(user.slice(0, user.indexOf('@')))}`)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-found') return
    throw error
  }
  throw new Refusal('name-taken', { detail: `${user} is taken.` })
}
