// What a link gives to whoever opens it without an account: asks the server for the sealed grant, opens it, and believes it when the
// sender is the one the link names. Kept in this browser, so that what was fetched can be seen again without a server.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, mayFollow, type OpenedDeviceList, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import {
  type Grant,
  type GrantContent,
  type GrantKeys,
  type GrantLink,
  grantKeys,
  holderAddress,
  openGrant,
  openSealedGrant,
} from '@doorpost/protocol/grant'
import { fingerSchema } from '@doorpost/protocol/messages/finger'
import { retrievedGrantSchema } from '@doorpost/protocol/messages/grants'
import { serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { fingerprintOf, generateSigningKey } from '@doorpost/protocol/signature'
import type { SigningKey } from '../identity/identity-record.ts'
import type { Person } from '../identity/person.ts'
import { Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import { brokeProtocol } from '../session/answer.ts'
import { type HttpLine, openHttpLine } from '../session/http-line.ts'
import type { Store } from '../store/store.ts'

/** Room `grants` of this link's own store, key: `held`. */
interface HeldGrant {
  readonly domain: string
  /** This browser's key for this link: base64url, secret. */
  readonly browser: string
  readonly content: GrantContent
}
const HELD = 'held'

/** A link that this browser holds. */
export interface HeldLink extends AsyncDisposable {
  readonly origin: string
  readonly address: DeviceAddress
  readonly keys: GrantKeys
  readonly link: Pick<GrantLink, 'secret' | 'fingerprint'>
  /** Tells this browser from others that have the same link. */
  readonly browser: SigningKey
  readonly grant: Grant
  readonly content: GrantContent
  /** Its sender, as the link and their own list say. */
  readonly sender: Person
  /** The device of theirs that gives it out now, as the server said last. */
  readonly serving: { readonly address: DeviceAddress; readonly deviceKey: Uint8Array }
  readonly line: HttpLine
  /** What the server says of the link now. Throws Trouble where it cannot be asked. */
  standing(): Promise<'open' | 'revoked' | 'over'>
}

/** Throws Trouble: `gone` (taken back), `expired` (over, or never was), `malformed`, `server-unreachable`. */
export async function holdLink({
  link,
  store,
  random,
  fetch,
}: {
  readonly link: GrantLink
  readonly store: Store
  readonly random: Random
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}): Promise<HeldLink> {
  const { origin } = link
  const keys = grantKeys(link)
  const kept = await store.get<HeldGrant>('grants', HELD)
  const domain = kept?.domain ?? (await domainOf(origin, fetch))
  const address = holderAddress(keys.slot, domain)
  const line = openHttpLine({ origin, as: { address, deviceKey: keys.access }, ...(fetch && { fetch }) })
  try {
    const retrieved = kept ? undefined : await retrieve(line)
    const content = kept?.content ?? contentFrom(retrieved?.sealed ?? null, keys)
    const { grant, sender: asSigned } = believed(content, link, keys)
    let sender = asSigned
    let serving = servingOf(sender, grant.from)
    /** Whoever the server names is believed to give it out where they are a device of the sender's, by a list that is theirs. */
    const follow = async (from: DeviceAddress) => {
      if (from === serving?.address) return
      let found = servingOf(sender, from)
      if (!found) {
        sender = await fresher(sender, line)
        found = servingOf(sender, from)
      }
      serving = found ?? serving
    }
    if (retrieved) await follow(retrieved.from)
    const secret = kept ? fromBase64url(kept.browser) : random(32)
    if (!kept) {
      const held: HeldGrant = { domain, browser: toBase64url(secret), content }
      await store.write([{ put: 'grants', key: HELD, value: held }])
    }
    return {
      origin,
      address,
      keys,
      link,
      browser: generateSigningKey(() => secret),
      grant,
      content,
      get sender() {
        return sender
      },
      get serving() {
        if (!serving) throw notBelieved()
        return serving
      },
      line,
      async standing() {
        try {
          const { sealed, from } = await retrieve(line)
          await follow(from)
          // What a device of theirs gave out that is theirs no more, nobody gives.
          return sealed === null || (await isGone(sender, from, line)) ? 'revoked' : 'open'
        } catch (error) {
          if (error instanceof Refusal && error.again === 'never') return 'over'
          throw error
        }
      },
      [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
    }
  } catch (error) {
    await line[Symbol.asyncDispose]()
    throw error
  }
}

async function domainOf(origin: string, fetch: Parameters<typeof holdLink>[0]['fetch']): Promise<string> {
  await using line = openHttpLine({ origin, ...(fetch && { fetch }) })
  const facts = serverFactsSchema.safeParse((await line.call('FINGER', '/')).body)
  if (!facts.success) throw brokeProtocol('The server does not say what it is called.', facts.error)
  return facts.data.domain
}

async function retrieve(line: HttpLine) {
  const answer = retrievedGrantSchema.safeParse((await line.call('RETRIEVE', '/grant')).body)
  if (!answer.success) throw brokeProtocol('The server answered with something that is no link.', answer.error)
  return answer.data
}

function servingOf({ address, opened }: Person, device: DeviceAddress): HeldLink['serving'] | undefined {
  const { user, device: name } = splitDevice(device)
  const listed = user === address ? activeDevices(opened.list).find((one) => one.name === name) : undefined
  return listed && { address: device, deviceKey: fromBase64url(listed.key) }
}

async function listOf({ address }: Person, line: HttpLine): Promise<OpenedDeviceList | undefined> {
  const name = address.slice(0, address.indexOf('@'))
  const answer = fingerSchema.safeParse((await line.call('FINGER', `/users/${encodeURIComponent(name)}`)).body)
  return answer.success ? openDeviceList(answer.data.deviceList) : undefined
}

/** Its user revoked the device, or took the account back without it: as their own keys signed it, whatever the server says. */
async function isGone(sender: Person, device: DeviceAddress, line: HttpLine): Promise<boolean> {
  const shown = await listOf(sender, line)
  const step = shown && mayFollow(sender.opened, shown)
  if (!shown || (step !== 'follows' && step !== 'recovered')) return false
  const { device: name } = splitDevice(device)
  const keyIn = ({ list }: OpenedDeviceList) => activeDevices(list).find((one) => one.name === name)?.key
  const before = keyIn(sender.opened)
  return before !== undefined && keyIn(shown) !== before
}

/** The sender with the list that they have by now, where it is theirs and no older: a device may have been linked since. */
async function fresher(sender: Person, line: HttpLine): Promise<Person> {
  const { address, fingerprint, opened: known } = sender
  const opened = await listOf(sender, line)
  const isTheirs =
    opened !== undefined &&
    opened.list.user === address &&
    fingerprintOf(opened.list.accountKey) === fingerprint &&
    opened.list.sequence >= known.list.sequence
  return isTheirs ? { ...sender, opened, head: opened.head } : sender
}

function contentFrom(sealed: string | null, keys: GrantKeys): GrantContent {
  if (sealed === null) throw new Trouble('gone', 'Its sender took this link back.')
  const content = openSealedGrant(keys, sealed)
  if (!content) throw notBelieved()
  return content
}

/** Throws Trouble `malformed` unless the account that the link names signed it for this very link. */
function believed(
  { grant: signed, deviceList }: GrantContent,
  { fingerprint }: GrantLink,
  keys: GrantKeys,
): { grant: Grant; sender: Person } {
  const grant = openGrant(signed)
  const opened = openDeviceList(deviceList)
  if (!grant || !opened) throw notBelieved()
  const { user, device } = splitDevice(grant.from)
  const { list, head } = opened
  const isTheirs =
    list.user === user &&
    fingerprintOf(list.accountKey) === fingerprint &&
    grant.fromAccount === fingerprint &&
    grant.accessKey === toBase64url(keys.access.public) &&
    activeDevices(list).some(({ name, key }) => name === device && key === signed.key)
  if (!isTheirs) throw notBelieved()
  const sender: Person = {
    address: user,
    accountKey: list.accountKey,
    fingerprint,
    opened,
    head,
    // They gave the link, and whoever opens it wants what is behind it. No more than that is agreed.
    approved: true,
    theyAsked: false,
    blocked: false,
    mutual: false,
  }
  return { grant, sender }
}

function notBelieved(): Trouble {
  return new Trouble('malformed', 'What the server keeps for this link is not what its sender made.', {
    todo: 'Ask them for another link.',
  })
}
