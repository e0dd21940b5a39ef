// `range-link`: addresses from which other programs fetch the ciphertext of a message, for one device of one of its people. What
// they give out is the source's to decide each time; a link is a name for a caller, and no permission by itself.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import { type Operations, Trouble } from '../operations.ts'
import type { Caller, Source } from '../paths/path.ts'
import type { Inbox } from '../receive/inbox.ts'
import { type RangeTokens, TOKEN_MS_DEFAULT, TOKEN_MS_MAX } from './range-tokens.ts'
import { parseRecipients } from './recipients.ts'
import type { SentRoom } from './sent-room.ts'

export interface RangeLinkOptions {
  readonly me: Identity
  readonly clock: Clock
  readonly people: Pick<People, 'recall'>
  readonly sent: Pick<SentRoom, 'get'>
  readonly inbox: Pick<Inbox, 'get'>
  readonly source: Source
  readonly rangeTokens?: RangeTokens
}

/** `id` is whole. Throws Trouble. */
export async function makeRangeLinks(
  { id, to, lifetimeMs = TOKEN_MS_DEFAULT, also = [] }: Operations['ranges.link']['args'],
  signal: AbortSignal,
  options: RangeLinkOptions,
): Promise<Operations['ranges.link']['result']> {
  const { clock, rangeTokens: tokens, source } = options
  if (tokens?.base === undefined) {
    throw new Trouble('not-available', 'The door for other programs is closed.', {
      todo: 'Open it with an agent: doorpost agent --range-door 8026',
    })
  }
  if (!Number.isFinite(lifetimeMs) || lifetimeMs < 1000 || lifetimeMs > TOKEN_MS_MAX) {
    throw new Trouble('malformed', 'A link can be open from a second to 7 days.')
  }
  const media = (await options.sent.get(id))?.media ?? (await options.inbox.get(id))?.record.media
  if (!media || media.length === 0) throw new Trouble('no-such-message', `There is no message ${id} with media here.`)
  const others = new Map<string, string[]>()
  for (const url of also) {
    const root = media.find((one) => new URL(url).pathname.endsWith(`/${one.root}`))?.root
    if (root !== undefined) others.set(root, [...(others.get(root) ?? []), url])
  }
  const caller = await callerOf(to, options)
  for (const { root } of media) {
    const answer = await source.list(caller, { messageId: id, root: fromBase64url(root) }, signal)
    signal.throwIfAborted()
    if (answer.state !== 'here') {
      throw new Trouble('not-allowed', `${to} may not have this from here, or it is not here any more.`)
    }
  }
  const endsAtMs = clock.nowMs() + lifetimeMs
  const sizes = new Map(media.map(({ root, sizeBytes }) => [root, sizeBytes]))
  const token = tokens.give({ caller, messageId: id, media: sizes, others, endsAtMs })
  return {
    to: caller.address,
    expires: new Date(endsAtMs).toISOString(),
    links: media.map(({ root, sizeBytes }) => {
      const url = `${tokens.base ?? ''}/${token}/${root}`
      return { root, sizeBytes, url, metalink: `${url}.meta4` }
    }),
  }
}

/** The device that is named, or the first one of a user. */
async function callerOf(to: string, { me, people }: RangeLinkOptions): Promise<Caller> {
  const [address] = parseRecipients([to], me)
  if (address === undefined) throw new Trouble('bad-address', 'That is no address.')
  const isDevice = address.includes('/')
  const user = isDevice ? splitDevice(address as DeviceAddress).user : (address as UserAddress)
  const person = await people.recall(user)
  const devices = person ? activeDevices(person.opened.list) : []
  const device = devices.find(({ name }) => !isDevice || `${user}/${name}` === address)
  if (!device) throw new Trouble('no-such-user', `No device of ${to} is known here.`)
  return { address: `${user}/${device.name}`, deviceKey: fromBase64url(device.key), via: 'direct' }
}
