// Which devices a media can be had from now, and if from none, why: a sentence. The sender's devices, and every device that said it
// has a copy, each with the kinds of path permitted.ts allows. Where presence is told (mutual contacts) it decides; others
// are tried through the tunnel without knowing. How a path is opened is the platform's, what is fetched from whom the engine's.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Handle } from '@doorpost/protocol/handle'
import type { People } from '../identity/people.ts'
import type { Person, Resolved } from '../identity/person.ts'
import { openPath, type PathOpener, type Target } from '../paths/openers.ts'
import type { Path, PathKind } from '../paths/path.ts'
import { type Between, permittedKinds } from '../paths/permitted.ts'
import type { Permission } from '../send/permission.ts'
import type { Copies } from './copies.ts'
import type { FetchSource, LiveSources } from './fetch-source.ts'
import { awayReason, hiddenReason, noLine, revokedReason, strangerReason } from './waiting-for.ts'

/** Devices tried at once that may be asleep for all we know: each holds a request at the server until its time is over. */
const UNSEEN_MAX = 8

/** What finding needs of the device. */
export interface SourcesEnvironment {
  readonly me: { readonly user: UserAddress; readonly address: DeviceAddress }
  readonly people: Pick<People, 'recall' | 'resolve' | 'onChange'>
  readonly openers: readonly PathOpener[]
  readonly permission: Pick<Permission, 'between' | 'onChange'>
  readonly copies: Pick<Copies, 'of' | 'onChange'>
}

/** A media of a message. */
export interface Wanted {
  readonly message: Target['message']
  readonly handle: Pick<Handle, 'root' | 'sources'>
  /** Devices that sent what was not signed; not asked again. */
  readonly out?: { has(device: string): boolean }
}

/** `facts`: all that it was made of; two with the same are the same. */
interface FoundSource extends FetchSource {
  readonly facts: string
}

export type Sources = (
  | { readonly kind: 'some'; readonly sources: readonly FoundSource[] }
  /** `mutual`: false when none of them is a device that could be asked if it were there. */
  | { readonly kind: 'none'; readonly reason: string; readonly mutual: boolean }
) & {
  /** What this was concluded from, as standingNow writes it: when that differs, looking again is worth while. */
  readonly standing: string
  /** Kinds of path that are permitted, of every device that is known to have it, there or not. */
  readonly permits: ReadonlyMap<string, readonly PathKind[]>
}

/**
 * `fresh`: ask the server even where presence is remembered. Rejects with the signal's reason alone; a server that cannot
 * be asked is a reason to wait.
 */
export async function findSources(
  wanted: Wanted,
  options: { readonly fresh: boolean; readonly signal?: AbortSignal },
  environment: SourcesEnvironment,
): Promise<Sources> {
  const found: FoundSource[] = []
  const away: DeviceAddress[] = []
  const strangers: UserAddress[] = []
  const revoked: DeviceAddress[] = []
  /** On-line, and no way there. */
  let hidden: DeviceAddress | undefined
  let unreachable = false
  let unseen = 0
  const all = candidates(wanted, environment)
  const people = new Map<UserAddress, Known>()
  for (const { address } of all) {
    const { user } = splitDevice(address)
    if (people.has(user)) continue
    let person = await environment.people.recall(user)
    // A stranger is not even asked about: that would tell the server who interests us.
    const isAsked = person?.approved && !person.blocked
    if (isAsked && (options.fresh || !person?.mutual || person.presence === undefined)) {
      const resolved = await ask(environment.people, user, options.signal)
      if (resolved?.kind === 'known') person = resolved.person
      else unreachable ||= resolved === undefined || resolved.kind === 'unreachable'
    }
    people.set(user, { person, between: await environment.permission.between(user, true) })
  }
  for (const { address, role } of all) {
    const { user } = splitDevice(address)
    const door = doorTo(address, role, wanted, environment, people.get(user) as Known)
    if (door === 'away') away.push(address)
    else if (door === 'hidden') hidden ??= address
    else if (door === 'stranger') strangers.push(user)
    else if (door === 'revoked') revoked.push(address)
    else if (door !== undefined && (door.isSeen || unseen++ < UNSEEN_MAX)) {
      const { target, kinds } = door
      const facts = JSON.stringify([kinds, role, target.networkAddresses, toBase64url(target.deviceKey)])
      found.push({ name: address, kinds, role, facts, open: reopening(target, role, wanted, environment) })
    }
  }
  // What was concluded from, not what may have become of it meanwhile.
  const standing = standingOf(all, people)
  const permits = new Map(
    all.map(({ address, role }) => [address, permittedTo(address, role, environment, people)] as const),
  )
  const none = (reason: string, mutual: boolean): Sources => ({ kind: 'none', reason, mutual, standing, permits })
  if (found.length > 0) return { kind: 'some', sources: found, standing, permits }
  const mutual = away.length > 0 || hidden !== undefined
  if (unreachable) return none(noLine, mutual)
  if (hidden !== undefined) return none(hiddenReason(hidden), mutual)
  if (mutual) return none(awayReason(away), mutual)
  if (strangers.length === 0 && revoked.length > 0) return none(revokedReason(revoked), true)
  return none(strangerReason(strangers), mutual)
}

/** Those whom a media's sources are, as they stand now, to be compared with `Sources.standing`. */
export async function standingNow(wanted: Wanted, environment: SourcesEnvironment): Promise<string> {
  const all = candidates(wanted, environment)
  const people = new Map<UserAddress, Known>()
  for (const { address } of all) {
    const { user } = splitDevice(address)
    if (!people.has(user)) people.set(user, await knownOf(user, environment))
  }
  return standingOf(all, people)
}

/** What is known of a user whose device is a source. */
interface Known {
  readonly person: Person | undefined
  readonly between: Between
}

async function knownOf(user: UserAddress, { people, permission }: SourcesEnvironment): Promise<Known> {
  return { person: await people.recall(user), between: await permission.between(user, true) }
}

function standingOf(all: readonly Candidate[], people: ReadonlyMap<UserAddress, Known>): string {
  const lines = [...people.values()].map(({ person, between }) => [
    // Presence may tell of a device's end before the list does.
    person && [person.approved, person.blocked, person.mutual, person.presence ?? null, devicesOf(person)],
    between.tunnelOnly,
    between.bothOpened,
  ])
  return JSON.stringify([all, lines])
}

function devicesOf({ opened, changedTo }: Person): unknown {
  return changedTo ?? activeDevices(opened.list).map(({ name, key }) => [name, key])
}

/** Calls whenever something changed that standingNow is made of, and maybe when nothing did. The returned function ends it. */
export function watchSources(wanted: Wanted, environment: SourcesEnvironment, listener: () => void): () => void {
  const ends = [
    environment.people.onChange((user) => {
      if (candidates(wanted, environment).some(({ address }) => splitDevice(address).user === user)) listener()
    }),
    environment.copies.onChange((messageId) => {
      if (messageId === wanted.message.id) listener()
    }),
    environment.permission.onChange(listener),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** The sources of a fetch that runs: those it began with, then whatever is found as people and copies come and go. */
export function liveSources(
  wanted: Wanted,
  first: Sources & { readonly kind: 'some' },
  environment: SourcesEnvironment & { onFault(error: unknown): void },
): LiveSources & Disposable {
  let now: readonly FoundSource[] = first.sources
  let { standing, permits } = first
  const told = new Set<() => void>()
  let looking: Promise<void> = Promise.resolve()
  let over = false
  const look = async () => {
    if (over || (await standingNow(wanted, environment)) === standing) return
    const found = await findSources(wanted, { fresh: false }, environment)
    ;({ standing, permits } = found)
    // One about which nothing changed stays the same object: the engine begins anew with another.
    now = (found.kind === 'some' ? found.sources : []).map(
      (one) => now.find(({ name, facts }) => name === one.name && facts === one.facts) ?? one,
    )
    if (!over) for (const tell of told) tell()
  }
  const end = watchSources(wanted, environment, () => {
    looking = looking.then(look).catch((error: unknown) => environment.onFault(error))
  })
  return {
    current: () => now,
    permits: (name) => permits.get(name),
    onChange(listener) {
      told.add(listener)
      return () => void told.delete(listener)
    },
    [Symbol.dispose]() {
      over = true
      end()
      told.clear()
    },
  }
}

/** Every device that is known to have it, there or not, but those that are out. */
export function knownSources(wanted: Wanted, environment: SourcesEnvironment): DeviceAddress[] {
  return candidates(wanted, environment).map(({ address }) => address)
}

interface Candidate {
  readonly address: DeviceAddress
  readonly role: FetchSource['role']
}

/** The sender's devices first, then whole copies, then parts. */
function candidates({ message, handle, out }: Wanted, { me, copies }: SourcesEnvironment): readonly Candidate[] {
  // The sender's word is about the sender's own devices: it leads us to nobody else's.
  const { user: sender } = splitDevice(message.from)
  const senders = handle.sources
    .filter((address) => splitDevice(address).user === sender)
    .map((address): Candidate => ({ address, role: 'sender' }))
  const others = copies.of(message.id, handle.root).map(({ device }): Candidate => ({ address: device, role: 'copy' }))
  const seen = new Set<string>([me.address])
  return [...senders, ...others].filter(({ address }) => !out?.has(address) && !seen.has(address) && seen.add(address))
}

interface DoorTo {
  readonly target: Target
  readonly kinds: readonly PathKind[]
  /** Its presence says that it is there; otherwise nobody knows. */
  readonly isSeen: boolean
}

/** A way to a device now. Undefined: there is none and none to wait for (blocked, not to be believed). `revoked`: it is not theirs any more. */
function doorTo(
  address: DeviceAddress,
  role: FetchSource['role'],
  { message }: Wanted,
  { me, openers }: SourcesEnvironment,
  { person, between }: Known,
): DoorTo | 'away' | 'hidden' | 'stranger' | 'revoked' | undefined {
  const { user, device } = splitDevice(address)
  if (!isWelcome(user, role, me.user, person)) return 'stranger'
  const listed = listedAs(device, person)
  const permitted = permittedKinds(between)
  if (person && !listed && person.changedTo === undefined && permitted.length > 0) return 'revoked'
  if (!person || !listed || permitted.length === 0) return undefined
  const presence = person.presence?.find((one) => one.device === device)
  const isSeen = between.tie === 'own' || between.tie === 'mutual'
  if (isSeen && !presence?.online) return 'away'
  const networkAddresses = presence?.addresses ?? []
  const kinds = openers
    .map(({ kind }) => kind)
    .filter((kind) => permitted.includes(kind) && (kind !== 'direct' || networkAddresses.length > 0))
  if (kinds.length === 0) return isSeen ? 'hidden' : 'stranger'
  return { target: { address, deviceKey: fromBase64url(listed.key), networkAddresses, message }, kinds, isSeen }
}

/** A sender is fetched from once this user approved them; a copy is another recipient's, whom the sender named. */
function isWelcome(user: UserAddress, role: FetchSource['role'], me: UserAddress, person: Person | undefined): boolean {
  return user === me || role !== 'sender' || person?.approved === true
}

function listedAs(device: string, person: Person | undefined) {
  if (!person || person.changedTo !== undefined) return undefined
  return activeDevices(person.opened.list).find(({ name }) => name === device)
}

/** What is permitted between us and a device, whether it is there or not. */
function permittedTo(
  address: DeviceAddress,
  role: FetchSource['role'],
  { me }: Pick<SourcesEnvironment, 'me'>,
  people: ReadonlyMap<UserAddress, Known>,
): readonly PathKind[] {
  const { user, device } = splitDevice(address)
  const { person, between } = people.get(user) as Known
  return isWelcome(user, role, me.user, person) && listedAs(device, person) ? permittedKinds(between) : []
}

/** A line that broke may have broken because the device moved, or is welcome no more: how things stand is looked at again. */
function reopening(
  first: Target,
  role: FetchSource['role'],
  wanted: Wanted,
  environment: SourcesEnvironment,
): FetchSource['open'] {
  const used = new Set<PathKind>()
  return async (kind, signal): Promise<Path> => {
    if (!used.has(kind)) {
      used.add(kind)
      return await openPath(environment.openers, kind, first, signal)
    }
    const known = await knownOf(splitDevice(first.address).user, environment)
    const door = doorTo(first.address, role, wanted, environment, known)
    if (door === undefined || door === 'stranger' || door === 'revoked') throw new Error('it may not be asked any more')
    return await openPath(environment.openers, kind, typeof door === 'string' ? first : door.target, signal)
  }
}

async function ask(
  people: Pick<People, 'resolve'>,
  user: UserAddress,
  signal: AbortSignal | undefined,
): Promise<Resolved | undefined> {
  try {
    return await people.resolve(user, { fresh: true, ...(signal && { signal }) })
  } catch {
    if (signal?.aborted) throw signal.reason
    // Without the server's word what is known of them has to do.
    return undefined
  }
}
