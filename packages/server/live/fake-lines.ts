// For tests: frame connections without sockets, and people who show and watch over them.

import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { LivePush, Start, Started, Watch } from '@doorpost/protocol/live/control'
import { decodeHeader, encodeFrame, type FrameHeader } from '@doorpost/protocol/live/frame'
import {
  befriend,
  type InMemoryOptions,
  type InMemoryServer,
  inMemoryServer,
  type Person,
  type TriedSession,
} from '../in-memory-server.ts'
import type { FrameConnection, FrameEnd } from '../listen/frames-door.ts'

export const BROADCAST = 'BBBBBBBBBBBBBBBBBBBBBA'

export const FORMAT: Start['format'] = {
  picture: { codec: 'avc1.42E01F', width: 640, height: 360, framesPerSecond: 30, layers: 1 },
  still: { width: 640, height: 360, everyMs: 2_000 },
  audio: { codec: 'opus', channels: 1, sampleRateHz: 48_000 },
  bytesPerSecond: { pictures: 120_000, stills: 8_000, audio: 6_000 },
}

export interface FakeLine {
  readonly connection: FrameConnection
  /** What the server sent, in order. */
  readonly sent: Uint8Array[]
  end: FrameEnd | undefined
  closedWith: number | 'reset' | undefined
  isHeld: boolean
  pings: number
  /** What is sent now takes long to arrive: answers to older pings are all that comes. */
  isSlow: boolean
  unsentBytes: number
  /** Nothing comes of it any more, and nothing is told: as if somebody cut the cable. */
  goesDark(): void
  say(bytes: Uint8Array): void
  frames(): FrameHeader[]
}

export function fakeLine(server: InMemoryServer, ticket: string): FakeLine | undefined {
  let heardBytes = 0
  let answeredPings = 0
  let isDark = false
  const finish = (how: number | 'reset') => {
    if (line.closedWith !== undefined) return
    line.closedWith = how
    line.end?.closed()
  }
  const line: FakeLine = {
    sent: [],
    end: undefined,
    closedWith: undefined,
    isHeld: false,
    pings: 0,
    isSlow: false,
    unsentBytes: 0,
    goesDark() {
      isDark = true
    },
    say(bytes: Uint8Array) {
      heardBytes += bytes.length
      line.end?.message(bytes)
    },
    frames: () => line.sent.map(decodeHeader).filter((header) => header !== undefined),
    connection: {
      send: (bytes) => void (line.closedWith === undefined && line.sent.push(bytes)),
      get unsentBytes() {
        return line.unsentBytes
      },
      get heardBytes() {
        return heardBytes
      },
      ping() {
        line.pings++
        if (isDark) return
        heardBytes += 10
        if (!line.isSlow) answeredPings = line.pings
      },
      get answeredPings() {
        return answeredPings
      },
      hold: (isHeld) => void (line.isHeld = isHeld),
      close: (code) => finish(code),
      reset: () => finish('reset'),
    },
  }
  if (!server.rooms.live.knows(ticket)) return undefined
  line.end = server.rooms.live.open(ticket, line.connection)
  return line
}

export type LivePushOf<Kind extends LivePush['kind']> = Extract<LivePush, { kind: Kind }>

/** Pushes of one kind that a session got, oldest first. */
export function pushes<Kind extends LivePush['kind']>(session: TriedSession, kind: Kind): LivePushOf<Kind>[] {
  return session.pushed.filter((push): push is LivePushOf<Kind> => (push as LivePush).kind === kind)
}

/** Somebody who shows: on-line, with a broadcast and its frame connection. */
export interface Shower {
  readonly person: Person
  readonly session: TriedSession
  readonly line: FakeLine
  sinks(): string
  decide(user: Person, decision: 'approve' | 'decline' | 'kick' | 'lift'): Promise<number>
  /** Sends one picture, a key frame where one was asked for; its sequence. */
  show(options?: { key?: boolean; type?: 'picture' | 'still' | 'audio'; bytes?: number }): number
  path(watch: string, up: boolean): Promise<number>
}

export async function showing(server: InMemoryServer, person: Person, change: Partial<Start> = {}): Promise<Shower> {
  const session = await person.comeOnline()
  const reply = await person.ask('SEND', '/live', { broadcast: BROADCAST, format: FORMAT, ...change }, { session })
  const { ticket } = reply.json as Started
  const line = fakeLine(server, ticket)
  if (!line) throw new Error(reply.text)
  let sequence = 0
  let keyFramesSent = 0
  const broadcast = change.broadcast ?? BROADCAST
  return {
    person,
    session,
    line,
    sinks() {
      const last = pushes(session, 'live-sinks').at(-1)?.sinks
      return last ? `${last.pictures}${last.stills ? ' and stills' : ''}` : 'none'
    },
    decide: async (user, decision) =>
      (await person.ask('SEND', `/live/${broadcast}/decisions`, { user: user.address, decision }, { session })).status,
    show({ key, type = 'picture', bytes = 4_000 } = {}) {
      const asked = pushes(session, 'live-key-frame').length
      const keyFrame = type === 'still' || (type === 'picture' && (key ?? asked > keyFramesSent))
      if (keyFrame && type === 'picture') keyFramesSent = asked
      const header = { type, keyFrame, layer: 0, epoch: 1, sequence: sequence++, capturedAtUs: sequence * 33_333 }
      line.say(encodeFrame(header, new Uint8Array(bytes)))
      return header.sequence
    },
    path: async (watch, up) =>
      (await person.ask('SEND', `/live/${broadcast}/paths`, { watch, up }, { session })).status,
  }
}

/** Somebody who asked to watch. */
export interface Spectator {
  readonly person: Person
  readonly session: TriedSession
  readonly watch: string
  /** Where it stands, in words. */
  stands(): string
  /** Opens the frame connection with the ticket it was given. */
  open(): FakeLine | undefined
  line: FakeLine | undefined
  /** Acknowledges all pictures and stills that came and were not acknowledged yet. */
  acknowledge(): void
  path(up: boolean): Promise<number>
}

export async function asking(
  server: InMemoryServer,
  person: Person,
  of: Person,
  more: object = {},
): Promise<Spectator> {
  const session = await person.comeOnline()
  const reply = await person.ask('SEND', '/watches', { user: of.address, ...more }, { session })
  if (reply.status !== 202) throw new Error(reply.text)
  const answer = reply.json as Watch
  let acknowledged = 0
  const last = (): Watch => pushes(session, 'watch').at(-1) ?? answer
  const spectator: Spectator = {
    person,
    session,
    watch: answer.watch,
    line: undefined,
    stands() {
      const { standing } = last()
      if (standing.state === 'watching') return `watching ${standing.pictures} by ${standing.path}`
      return standing.state === 'asked' ? 'asked' : `${standing.state}: ${standing.reason}`
    },
    open() {
      acknowledged = 0
      spectator.line = fakeLine(server, last().approved?.ticket ?? '')
      return spectator.line
    },
    acknowledge() {
      const frames = spectator.line?.frames().filter(({ type }) => type !== 'audio') ?? []
      for (const { epoch, sequence } of frames.slice(acknowledged)) {
        spectator.line?.say(encodeBack({ type: 'acknowledgement', epoch, sequence, keyFrameWanted: false }))
      }
      acknowledged = frames.length
    },
    path: async (up) => (await person.ask('SEND', `/watches/${answer.watch}/path`, { up }, { session })).status,
  }
  return spectator
}

const PEOPLE = ['bob', 'carol', 'dave', 'erin', 'fred'] as const
type Name = (typeof PEOPLE)[number]

/** A server with alice, who shows, and her contacts. */
export interface Party {
  readonly server: InMemoryServer
  readonly alice: Person
  readonly others: Readonly<Record<Name, Person>>
  /** Somebody whom `shower` approved, with a frame connection. */
  watching(shower: Shower, name: Name, more?: object): Promise<Spectator>
  /** Pictures at 30 a second, acknowledged by those named; their sequences. */
  play(shower: Shower, ms: number, ...reading: Spectator[]): number[]
  /** The peer-to-peer connection of both is open, or lost. */
  peerToPeer(shower: Shower, spectator: Spectator, up: boolean): Promise<void>
}

export async function openParty(live?: NonNullable<InMemoryOptions['policy']>['live']): Promise<Party> {
  const server = inMemoryServer({ policy: live === undefined ? {} : { live } })
  const alice = await server.join('alice')
  const joined: [string, Person][] = []
  for (const name of PEOPLE) joined.push([name, await server.join(name)])
  for (const [, person] of joined) await befriend(alice, person)
  const others = Object.fromEntries(joined) as Record<Name, Person>
  return {
    server,
    alice,
    others,
    async watching(shower, name, more = {}) {
      await shower.decide(others[name], 'approve')
      const spectator = await asking(server, others[name], shower.person, more)
      spectator.open()
      return spectator
    },
    play(shower, ms, ...reading) {
      const shown: number[] = []
      for (let at = 0; at < ms; at += 33) {
        shown.push(shower.show())
        for (const one of reading) one.acknowledge()
        server.clock.turn(33)
      }
      return shown
    },
    async peerToPeer(shower, spectator, up) {
      await shower.path(spectator.watch, up)
      await spectator.path(up)
    },
  }
}

/** What came to a spectator, in order. */
export function sequences(spectator: Spectator): number[] | undefined {
  return spectator.line?.frames().map(({ sequence }) => sequence)
}
