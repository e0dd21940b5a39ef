// Whole devices for tests, in one process: people at a post office in memory (identity/fake-post-office.ts, with mailboxes
// here), each with a real device around a store in memory, fetching from each other over paths in memory.

import { sha256 } from '@noble/hashes/sha2.js'
import { type DeviceAddress, deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url, utf8 } from '@doorpost/protocol/bytes'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { type DeliveredEnvelope, type Envelope, envelopeSchema } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Clock } from './clock.ts'
import { type Device, openDevice } from './device.ts'
import type { DeviceEvent } from './device-event.ts'
import type { DeviceOptions } from './device-options.ts'
import { type FakeLine, type FakePostOffice, openFakePostOffice } from './identity/fake-post-office.ts'
import type { Identity } from './identity/identity-record.ts'
import { createIdentity, type NewIdentity } from './identity/keys.ts'
import { openPeople, type People } from './identity/people.ts'
import type { Target } from './paths/openers.ts'
import { openMemoryPath } from './paths/memory-path.ts'
import type { Path, Source } from './paths/path.ts'
import { systemRandom as random } from './random.ts'
import { type SharedSlot, sharedSlot } from './rules/shared-slot.ts'
import { unreachable } from './session/answer.ts'
import { openMemoryStore } from './store/memory-store.ts'
import type { Store } from './store/store.ts'

const ORIGIN = 'https://example.org'
const START_MS = Date.parse('2026-11-21T12:00:00.000Z')

/** Making keys is what takes time: once per name and test file. */
const made = new Map<string, Promise<NewIdentity>>()
function identityOf(name: string, edition: string): Promise<NewIdentity> {
  const user = `${name}@example.org` as UserAddress
  const known =
    made.get(`${name} ${edition}`) ??
    createIdentity({ user, device: 'laptop', origin: ORIGIN, random, nowMs: START_MS })
  made.set(`${name} ${edition}`, known)
  return known
}

interface Copy {
  readonly device: DeviceAddress
  readonly envelope: DeliveredEnvelope
}

/** The mailboxes, for tests to look into and to lie with. */
export interface Mailboxes {
  readonly office: FakePostOffice
  /** Copies that wait, in order. */
  readonly copies: Copy[]
  /** Every envelope that was accepted. */
  readonly accepted: Envelope[]
  /** So many SENDs of messages are carried out and not answered. */
  losesAnswers: number
  /** Refuses the next SENDs of messages, one each. */
  readonly refusals: Refusal[]
  /** Pushes what waits to this device, as a server does again and again. */
  pushAgain(device: DeviceAddress): void
}

export interface Neighbour {
  readonly name: string
  readonly me: Identity
  readonly store: Store
  readonly line: FakeLine
  readonly people: People
  readonly device: Device
  readonly events: DeviceEvent[]
  /** Leaves as a killed process does: nothing more is written or told, all that was written stays. */
  kill(): void
  close(): Promise<void>
}

export interface NeighbourOptions
  extends Partial<
    Pick<
      DeviceOptions,
      | 'stays'
      | 'fetchInto'
      | 'fetchRuledInto'
      | 'networkAddresses'
      | 'metered'
      | 'runHook'
      | 'pollEveryMs'
      | 'home'
      | 'retentionFiles'
      | 'rangeTokens'
      | 'folderEyes'
      | 'sentCopies'
      | 'webrtc'
    >
  > {
  /** The store of an earlier life. */
  readonly store?: Store
  /** Another account of the same name. */
  readonly edition?: string
  /** Has the tunnel, too: through it come callers of whom only the source itself asks who they are. */
  readonly tunnel?: boolean
  /** Between this device and whom it fetches from. */
  readonly door?: (
    door: Target,
    open: () => Promise<ReturnType<typeof openMemoryPath>>,
  ) => Promise<ReturnType<typeof openMemoryPath>>
}

export interface Neighbourhood extends Mailboxes {
  move(name: string, options?: NeighbourOptions): Promise<Neighbour>
  /** Both approve each other. */
  befriend(one: Neighbour, other: Neighbour): Promise<void>
  /** Says to everybody that a device came or went. */
  presence(one: Neighbour, online: boolean, at?: readonly string[]): void
}

export function openNeighbourhood(clock: Clock, platform: Pick<DeviceOptions, 'files' | 'crypto'>): Neighbourhood {
  const office = openFakePostOffice()
  const sources = new Map<DeviceAddress, { source: Source; permit: Device['permit'] }>()
  const lines = new Map<UserAddress, FakeLine>()
  const copies: Copy[] = []
  const accepted: Envelope[] = []
  const digests = new Map<string, string>()
  const slots = new Map<UserAddress, SharedSlot>()
  const mail: Mailboxes = {
    office,
    copies,
    accepted,
    losesAnswers: 0,
    refusals: [],
    pushAgain(device) {
      for (const copy of [...copies]) if (copy.device === device) push(copy)
    },
  }

  function push({ device, envelope }: Copy): void {
    lines.get(splitDevice(device).user)?.push({ kind: 'message', envelope })
  }

  function accept(from: DeviceAddress, body: unknown): unknown {
    const envelope = envelopeSchema.parse(body)
    const refusal = envelope.class === 'message' ? mail.refusals.shift() : undefined
    if (refusal) throw refusal
    if (envelope.from !== from) throw new Refusal('not-allowed')
    const key = `${splitDevice(from).user} ${envelope.id}`
    const digest = toBase64url(sha256(utf8(JSON.stringify(envelope))))
    const before = digests.get(key)
    if (before !== undefined && before !== digest) throw new Refusal('conflict')
    const acceptedAt = new Date(clock.nowMs()).toISOString()
    const answer = { id: envelope.id, acceptedAt }
    if (before !== undefined) return answer
    for (const [index, address] of envelope.to.entries()) {
      const user = address.split('/')[0] as UserAddress
      const list = office.lists.get(user)
      const head = list && openDeviceList(list)?.head
      if (!head) throw new Refusal('no-such-user', { detail: `Nobody is called ${user}.` })
      if (head.hash !== envelope.heads[index]?.hash) throw new Refusal('list-moved-on')
    }
    digests.set(key, digest)
    accepted.push(envelope)
    const { heads: _heads, sealed, ...rest } = envelope
    for (const { device, key: sealedKey } of sealed.keys) {
      const copy = { device, envelope: { ...rest, acceptedAt, sealed: { key: sealedKey, body: sealed.body } } }
      copies.push(copy)
      push(copy)
    }
    if (envelope.class === 'message' && mail.losesAnswers > 0) {
      mail.losesAnswers--
      throw unreachable('the answer was lost')
    }
    return answer
  }

  /** What the post office of identity/ leaves out. Undefined: that is its own. */
  function handle(me: Identity, asked: string, body: unknown): { body: unknown } | undefined {
    const mine = copies.filter(({ device }) => device === me.address)
    const find = ({ from, id }: MailKey) => mine.find(({ envelope }) => envelope.from === from && envelope.id === id)
    const keys = (body as { messages?: MailKey[] } | undefined)?.messages ?? []
    const slot = slots.get(me.user) ?? sharedSlot()
    slots.set(me.user, slot)
    const [path = '', query] = asked.split('?')
    switch (path) {
      case 'RETRIEVE /preferences':
        return { body: slot.answerTo(me.device) }
      case 'SEND /preferences':
        return { body: slot.put(body) }
      case 'FINGER /':
        return { body: { doorpost: 1, domain: 'example.org', origins: [ORIGIN], registration: 'open' } }
      case 'SEND /presence':
        return { body: undefined }
      case 'SEND /messages':
        return { body: accept(me.address, body) }
      case 'LIST /messages': {
        const [from, id] = new URLSearchParams(query).get('after')?.split(' ') ?? []
        // A message stays known where it stood, also when it was removed.
        const start = accepted.findIndex((one) => one.from === from && one.id === id)
        const place = ({ envelope }: (typeof mine)[number]) =>
          accepted.findIndex((one) => one.from === envelope.from && one.id === envelope.id)
        const waiting = mine.filter((copy) => place(copy) > start)
        const page = waiting.slice(0, 3)
        const messages = page.map(({ envelope: { sealed, ...rest } }) => ({ ...rest, sizeBytes: sealed.body.length }))
        return { body: { messages, more: waiting.length > page.length } }
      }
      case 'RETRIEVE /messages': {
        const messages = keys.map((key) => {
          const copy = find(key)
          return copy ? { ...key, status: 200, envelope: copy.envelope } : { ...key, status: 404 }
        })
        return { body: { messages } }
      }
      case 'REMOVE /messages': {
        const messages = keys.map((key) => {
          const copy = find(key)
          if (copy) copies.splice(copies.indexOf(copy), 1)
          return { ...key, status: copy ? 200 : 404 }
        })
        return { body: { messages } }
      }
    }
    return undefined
  }

  function lineFor(me: Identity): FakeLine {
    const line = office.lineOf(me.user)
    const call = line.call
    lines.set(me.user, line)
    line.call = async (method, target, options = {}) => {
      if (line.state !== 'online') throw unreachable('cut')
      const wire = options.body === undefined ? undefined : (JSON.parse(JSON.stringify(options.body)) as unknown)
      const own = handle(me, `${method} ${target}`, wire)
      return own ? { status: 200, headers: {}, body: own.body } : await call(method, target, options)
    }
    return line
  }

  return Object.assign(mail, {
    async move(name: string, options: NeighbourOptions = {}): Promise<Neighbour> {
      const { identity: me } = await identityOf(name, options.edition ?? 'first')
      office.lists.set(me.user, me.deviceList)
      const kept = options.store ?? openMemoryStore()
      let killed = false
      const store: Store = {
        get: (room, key) => kept.get(room, key),
        all: (room, prefix, without) => kept.all(room, prefix, without),
        write: (changes) => (killed ? new Promise(() => {}) : kept.write(changes)),
        [Symbol.asyncDispose]: async () => {},
      }
      const line = lineFor(me)
      const people = await openPeople({ store, line, me, clock })
      const events: DeviceEvent[] = []
      const caller = { address: me.address as string, deviceKey: me.deviceKey.public, via: 'memory' as const }
      const {
        door: between = (_door, open) => open(),
        store: _store,
        edition: _edition,
        tunnel = false,
        ...rest
      } = options
      const device = await openDevice({
        store,
        people,
        line,
        me,
        clock,
        random,
        ...platform,
        openers: [
          {
            kind: 'direct',
            open: (target) =>
              between(target, async () => {
                const at = sources.get(target.address)
                if (!at || !(await at.permit(caller))) throw new Error('closed without a word')
                // Progress is told of the paths that people have.
                return Object.assign(Object.create(openMemoryPath(at.source, caller)) as Path, { kind: 'direct' })
              }),
          },
          ...(tunnel
            ? [
                {
                  kind: 'tunnel' as const,
                  open: (target: Target) =>
                    between(target, async () => {
                      const at = sources.get(target.address)
                      if (!at) throw new Error('nobody collects it')
                      const path = openMemoryPath(at.source, { ...caller, via: 'tunnel' })
                      return Object.assign(Object.create(path) as Path, { kind: 'tunnel' })
                    }),
                },
              ]
            : []),
        ],
        home: `/home/${name}`,
        stays: true,
        networkAddresses: () => ['192.0.2.7:4711'],
        onEvent: (event) => events.push(event),
        onStop: () => {},
        ...rest,
      })
      sources.set(me.address, { source: device.source, permit: device.permit })
      const neighbour: Neighbour = {
        name,
        me,
        store: kept,
        line,
        people,
        device,
        events,
        kill() {
          killed = true
          sources.delete(me.address)
          line.call = () => new Promise(() => {})
          line.become('offline')
        },
        async close() {
          if (killed) return
          sources.delete(me.address)
          await device[Symbol.asyncDispose]()
          await people[Symbol.asyncDispose]()
        },
      }
      this.presence(neighbour, true)
      // What came while nobody was here is pushed, as to any device that comes on-line.
      mail.pushAgain(me.address)
      return neighbour
    },
    async befriend(one: Neighbour, other: Neighbour) {
      await one.device.peer.do('contacts.add', { who: other.name })
      await other.device.peer.do('contacts.add', { who: one.name })
    },
    presence(one: Neighbour, online: boolean, at = ['192.0.2.7:4711']) {
      const { user, device } = one.me
      const addresses = online ? [...at] : []
      office.presence.set(user, [{ device, online, addresses }])
      for (const [address, line] of lines) if (address !== user) line.push({ kind: 'presence', address: user, device })
    },
  })
}

export function laptopOf(name: string): DeviceAddress {
  return deviceAddress(`${name}@example.org` as UserAddress, 'laptop')
}
