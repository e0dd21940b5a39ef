// Which devices a media can be fetched from now, and if from none, why: a sentence. Devices of mutual contacts alone, where
// the server says that they are on-line. How a line to one is opened is the platform's.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Handle } from '@doorpost/protocol/handle'
import type { People } from '../identity/people.ts'
import type { Person, Resolved } from '../identity/person.ts'
import { openPath, type PathOpener, type Target } from '../paths/openers.ts'
import type { Path, PathKind } from '../paths/path.ts'
import type { FetchSource } from './fetch.ts'

export type Sources = (
  | { readonly kind: 'some'; readonly sources: readonly FetchSource[] }
  /** `mutual`: false when none of them is a device of a mutual contact. */
  | { readonly kind: 'none'; readonly reason: string; readonly mutual: boolean }
) & {
  /** What this was concluded from, as standingOf writes it: when that differs, looking again is worth while. */
  readonly standing: string
}

/**
 * `fresh`: ask the server even where presence is remembered. Rejects with the signal's reason alone; a server that cannot
 * be asked is a reason to wait.
 */
export async function findSources(
  handle: Pick<Handle, 'sources'>,
  options: {
    readonly people: Pick<People, 'recall' | 'resolve'>
    readonly openers: readonly PathOpener[]
    /** That the handle came in. */
    readonly message: Target['message']
    readonly fresh: boolean
    readonly signal: AbortSignal
  },
): Promise<Sources> {
  const { people, signal } = options
  const users = [...new Set(handle.sources.map((source) => splitDevice(source).user))]
  const doors: FetchSource[] = []
  const away: DeviceAddress[] = []
  /** On-line, and not telling us where. */
  let hidden: DeviceAddress | undefined
  const standings: string[] = []
  let mutual = false
  let unreachable = false
  for (const user of users) {
    const remembered = await people.recall(user)
    const at = standings.push(standingOf(remembered)) - 1
    // A stranger is not even asked about: that would tell the server who interests us.
    if (!remembered?.approved || remembered.blocked) continue
    let person: Person = remembered
    if (options.fresh || !remembered.mutual || remembered.presence === undefined) {
      const resolved = await ask(people, user, signal)
      if (resolved?.kind === 'known') person = resolved.person
      else unreachable ||= resolved === undefined || resolved.kind === 'unreachable'
    }
    standings[at] = standingOf(person)
    if (!person.mutual) continue
    mutual = true
    for (const address of handle.sources.filter((source) => splitDevice(source).user === user)) {
      const target = targetOf(person, address, options.message)
      if (target) {
        doors.push({
          name: address,
          kinds: options.openers.map(({ kind }) => kind),
          role: 'sender',
          open: (kind, aborted) => reopen(target, kind, options, aborted),
        })
      } else {
        away.push(address)
        if (isOnline(person, address)) hidden ??= address
      }
    }
  }
  const standing = standings.join('\n')
  const none = (reason: string): Sources => ({ kind: 'none', reason, mutual, standing })
  if (doors.length > 0) return { kind: 'some', sources: doors, standing }
  if (unreachable) return none(noLine)
  if (hidden !== undefined) return none(hiddenReason(hidden))
  if (mutual) return none(awayReason(away))
  const who = users.map(nameOf).join(' or ') || 'the sender'
  return none(`You and ${who} are not contacts of each other yet. It goes on when you are.`)
}

/** The users of a handle's sources as they stand now, to be compared with `Sources.standing`. */
export async function standingNow(handle: Pick<Handle, 'sources'>, people: Pick<People, 'recall'>): Promise<string> {
  const users = [...new Set(handle.sources.map((source) => splitDevice(source).user))]
  return (await Promise.all(users.map(async (user) => standingOf(await people.recall(user))))).join('\n')
}

function standingOf(person: Person | undefined): string {
  if (!person) return ''
  return JSON.stringify([person.approved, person.blocked, person.mutual, person.presence ?? null])
}

/** A line that broke may have broken because the device moved: where it is now is asked once more. */
async function reopen(
  first: Target & { used?: boolean },
  kind: PathKind,
  { people, openers }: { readonly people: Pick<People, 'recall'>; readonly openers: readonly PathOpener[] },
  signal: AbortSignal,
): Promise<Path> {
  if (!first.used) {
    first.used = true
    return await openPath(openers, kind, first, signal)
  }
  const person = await people.recall(splitDevice(first.address).user)
  const now = person?.mutual ? targetOf(person, first.address, first.message) : undefined
  return await openPath(openers, kind, now ?? first, signal)
}

function targetOf(person: Person, address: DeviceAddress, message: Target['message']): Target | undefined {
  const { device } = splitDevice(address)
  const listed = activeDevices(person.opened.list).find(({ name }) => name === device)
  const presence = person.presence?.find((one) => one.device === device)
  if (!listed || !presence?.online || presence.addresses.length === 0) return undefined
  return { address, deviceKey: fromBase64url(listed.key), networkAddresses: presence.addresses, message }
}

function isOnline(person: Person, address: DeviceAddress): boolean {
  const { device } = splitDevice(address)
  return person.presence?.some((one) => one.device === device && one.online) ?? false
}

async function ask(
  people: Pick<People, 'resolve'>,
  user: UserAddress,
  signal: AbortSignal,
): Promise<Resolved | undefined> {
  try {
    return await people.resolve(user, { fresh: true, signal })
  } catch {
    if (signal.aborted) throw signal.reason
    return undefined
  }
}

const noLine = 'The server cannot be reached. It goes on by itself when the server is back.'

function hiddenReason(address: DeviceAddress): string {
  const { user, device } = splitDevice(address)
  return `${possessive(nameOf(user))} ${device} is on-line, but does not tell where it can be reached directly.`
}

function awayReason(away: readonly DeviceAddress[]): string {
  const [first, ...others] = away
  if (!first) return 'Nobody has it now. It goes on by itself when somebody comes.'
  if (others.length > 0) {
    const who = [...new Set(away.map((one) => nameOf(splitDevice(one).user)))].join(' and ')
    return `No device of ${who} that has it is on-line. It goes on by itself when one is back.`
  }
  const { user, device } = splitDevice(first)
  return `${possessive(nameOf(user))} ${device} is not on-line. It goes on by itself when it is back.`
}

/** What people call a user among their own. */
export function nameOf(user: string): string {
  return user.slice(0, user.indexOf('@'))
}

export function possessive(name: string): string {
  return name.endsWith('s') ? `${name}'` : `${name}'s`
}
