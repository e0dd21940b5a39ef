// The side of a link that holds the account key: makes a code, looks for the device that used it, and signs it in once the
// user has said yes. Stateless but for the slot: everything follows from the code, so any step can be asked again.

import { activeDevices, type Device, isCountersigned } from '@doorpost/protocol/device-list'
import {
  formatLinkCode,
  hashOfPart,
  LINK_CODE_BYTES,
  LINK_LIFE_MS,
  linkKeys,
  type LinkKeys,
  linkOfferSchema,
  linkRequestSchema,
  linkUrl,
  macPart,
  openPart,
  parseLinkCode,
} from '@doorpost/protocol/link'
import { linkSlotSchema } from '@doorpost/protocol/messages/links'
import { Refusal } from '@doorpost/protocol/errors'
import { fingerprintOf } from '@doorpost/protocol/signature'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import type { Identity } from './identity-record.ts'
import { cannotSign, type ListSigner } from './next-list.ts'

/** How often either side looks at the slot, ms: half of what a server's rate for logging in gives one user. */
export const LOOK_EVERY_MS = 2_000

export interface LinkOptions {
  readonly me: Identity
  readonly line: Line
  readonly signer: ListSigner
  readonly clock: Clock
  readonly random: Random
}

/** A device that used the code. */
export interface LinkingDevice {
  readonly name: string
  /** SHA-256 of its device key, base64url: the new device shows the same. */
  readonly fingerprint: string
}

/** Throws Trouble `not-available` on a device that cannot sign. */
export async function offerLink({ me, line, signer, clock, random }: LinkOptions): Promise<{
  readonly code: string
  /** The same as a link: for a QR code. */
  readonly link: string
  readonly expires: string
}> {
  const primary = await signer.primary()
  if (primary !== me.device) throw cannotSign(primary)
  await signer.carryOut()
  const code = random(LINK_CODE_BYTES)
  const keys = linkKeys(code)
  const expires = new Date(clock.nowMs() + LINK_LIFE_MS).toISOString()
  const { user, accountKey } = me
  const offer = macPart('offer', { v: 1, user, accountKey, head: me.opened.head, expiresAt: expires }, keys)
  await line.call('SEND', '/links', { body: { slot: keys.slot, offer } })
  return { code: formatLinkCode(code), link: linkUrl(me.origin, code), expires }
}

/** Resolves when a device has used the code. Throws Trouble `not-available` when the time is over, or the signal's reason. */
export async function awaitRequest(code: string, signal: AbortSignal, options: LinkOptions): Promise<LinkingDevice> {
  const keys = keysOf(code)
  for (;;) {
    const asked = await orLater(() => requestIn(keys, options))
    if (asked) return { name: asked.device.name, fingerprint: fingerprintOf(asked.device.key) }
    await pause(LOOK_EVERY_MS, signal, options.clock)
  }
}

/** Signs that device in, or tells it no. `fingerprint`: of the device the user saw; another is refused. */
export async function answerRequest(
  { code, fingerprint, yes }: { readonly code: string; readonly fingerprint: string; readonly yes: boolean },
  signal: AbortSignal,
  options: LinkOptions,
): Promise<LinkingDevice> {
  const { me, line, signer } = options
  const keys = keysOf(code)
  const asked = await requestIn(keys, options)
  if (!asked || fingerprintOf(asked.device.key) !== fingerprint) throw voidCode()
  const { device, hash } = asked
  const answer = async (said: Parameters<typeof macPart>[1]) => {
    await line.call('SEND', `/links/${keys.slot}/answer`, { body: { answer: macPart('answer', said, keys) } })
  }
  if (!yes) {
    await answer({ v: 1, said: 'no', request: hash })
    return { name: device.name, fingerprint }
  }
  // Cut off between signing and answering, and asked again: it stands in the list already.
  await signer.carryOut()
  if (!isListed(device, me)) {
    await signer.next((devices) => {
      const before = devices.find(({ name }) => name === device.name)
      if (before && before.revokedAt === undefined) {
        throw new Trouble('not-available', `You have a device called ${device.name} already.`, {
          todo: 'Give the new one another name with --device, or revoke the old one first.',
        })
      }
      return [...devices.filter((one) => one !== before), device]
    }, signal)
  }
  await answer({ v: 1, said: 'yes', request: hash, deviceList: me.deviceList, primary: me.device })
  return { name: device.name, fingerprint }
}

/** The device whose word stands in the slot, when whoever said it knew the code and meant this account. */
async function requestIn(
  keys: LinkKeys,
  { me, line, clock }: LinkOptions,
): Promise<{ readonly device: Device; readonly hash: string } | undefined> {
  const slot = linkSlotSchema.safeParse((await line.call('RETRIEVE', `/links/${keys.slot}`).catch(asOver)).body)
  if (!slot.success) throw brokeProtocol('The server answered with something else than a slot.', slot.error)
  const { offer, request } = slot.data
  const offered = openPart('offer', offer, linkOfferSchema, keys)
  // By one's own clock and word: a server may keep a slot for longer.
  if (offered && Date.parse(offered.expiresAt) < clock.nowMs()) throw timeIsOver()
  if (!request) return undefined
  const asked = openPart('request', request, linkRequestSchema, keys)
  const isOurs = offered?.user === me.user && offered.accountKey === me.accountKey
  if (!isOurs || asked?.offer !== hashOfPart(offer) || !isCountersigned(me.user, asked.device)) {
    throw new Trouble('not-available', 'Somebody used this code who does not know it whole. Nothing was added.', {
      todo: 'Make another code.',
    })
  }
  return { device: asked.device, hash: hashOfPart(request) }
}

function isListed(device: Device, { opened }: Identity): boolean {
  return activeDevices(opened.list).some(
    ({ name, key, recipient }) => name === device.name && key === device.key && recipient === device.recipient,
  )
}

function keysOf(code: string): LinkKeys {
  const bytes = parseLinkCode(code)
  if (!bytes) throw new Trouble('wrong-secret', 'This code is not whole, or has a slip in it.')
  return linkKeys(bytes)
}

function asOver(error: unknown): never {
  throw error instanceof Refusal && error.code === 'not-found' ? timeIsOver(error) : error
}

function timeIsOver(cause?: unknown): Trouble {
  return new Trouble('expired', 'The ten minutes of this code are over, and nothing was added.', {
    todo: 'Make another code: doorpost devices add',
    cause,
  })
}

function voidCode(): Trouble {
  return new Trouble(
    'not-available',
    'The device that used this code is not the one that was shown. Nothing was added.',
    {
      todo: 'Make another code.',
    },
  )
}

/** Undefined while the server cannot be asked, or wants to be asked later: the code lives on. */
export async function orLater<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    const later = error instanceof Refusal ? error.again === 'later' : isAway(error)
    if (later) return undefined
    throw error
  }
}

function isAway(error: unknown): boolean {
  return error instanceof Trouble && error.code === 'server-unreachable'
}

/** Rejects with the signal's reason when that comes first. */
export async function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  const cancel = clock.after(ms, resolve)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await promise
  } finally {
    cancel()
    signal.removeEventListener('abort', abort)
  }
}
