// A street of whole devices for tests (fake-neighbours.ts), on real folders: who lives there, and what tests say to them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { type Clock, systemClock } from '../clock.ts'
import { type Neighbour, type Neighbourhood, type NeighbourOptions, openNeighbourhood } from '../fake-neighbours.ts'
import {
  type InboxEntry,
  type InboxState,
  type OperationName,
  type Operations,
  type Progress,
  type RecipientState,
  Trouble,
} from '../operations.ts'
import { nodeDeviceFiles } from './device-files.ts'
import { nodePieceCrypto } from './piece-crypto.ts'

/** How long something that happens by itself may take, ms: a busy machine signs and seals slowly. */
const PATIENCE_MS = 10_000

export interface Scene {
  readonly street: Neighbourhood
  readonly folder: string
  /** Everybody who moved in. */
  readonly here: readonly Neighbour[]
  move(name: string, options?: NeighbourOptions): Promise<Neighbour>
  /** Alice and Bob, contacts of each other; `options` are Bob's. */
  friends(options?: NeighbourOptions): Promise<[Neighbour, Neighbour]>
  /** Lets time pass for everybody at once; timers that run are not hurried. */
  later(ms: number): void
  /** A file of Alice's. */
  file(name: string, content?: Uint8Array | string): Promise<string>
}

/** Sets a fresh street up for every test of the file, and clears it away. */
export function playScene(): Scene {
  let street: Neighbourhood
  let folder: string
  let aheadMs = 0
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  const here: Neighbour[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doorpost-street-'))
    aheadMs = 0
    street = openNeighbourhood(clock, { files: nodeDeviceFiles, crypto: nodePieceCrypto })
  })
  afterEach(async () => {
    for (const one of here.splice(0)) await one.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  async function move(name: string, options?: NeighbourOptions): Promise<Neighbour> {
    const neighbour = await street.move(name, options)
    here.push(neighbour)
    return neighbour
  }
  return {
    get street() {
      return street
    },
    get folder() {
      return folder
    },
    here,
    move,
    async friends(options) {
      const [alice, bob] = [await move('alice'), await move('bob', options)]
      await street.befriend(alice, bob)
      await vi.waitFor(async () => {
        for (const one of [alice, bob]) expect((await ask(one, 'contacts.list', {}))[0]?.state).toBe('mutual')
      }, PATIENCE_MS)
      return [alice, bob]
    },
    later(ms) {
      aheadMs += ms
    },
    async file(name, content = 'film') {
      const path = join(folder, name)
      await writeFile(path, content)
      return path
    },
  }
}

export function ask<Name extends OperationName>(
  { device }: Neighbour,
  name: Name,
  args: Operations[Name]['args'],
  options: { onProgress?: (progress: Progress) => void; signal?: AbortSignal } = {},
): Promise<Operations[Name]['result']> {
  return device.peer.do(name, args, options)
}

export function inbox(who: Neighbour): Promise<InboxEntry[]> {
  return ask(who, 'inbox', {})
}

/** Waits until a message stands so in somebody's inbox. */
export async function arrives(who: Neighbour, id: string, state: InboxState): Promise<InboxEntry> {
  return await vi.waitFor(async () => {
    const entry = (await inbox(who)).find((one) => one.id === id)
    expect(entry?.state).toBe(state)
    return entry as InboxEntry
  }, PATIENCE_MS)
}

/** Waits until the sender knows so of the one recipient. */
export async function becomes(who: Neighbour, id: string, state: RecipientState): Promise<void> {
  await vi.waitFor(async () => {
    expect((await ask(who, 'status', { id })).recipients.map((one) => one.state)).toEqual([state])
  }, PATIENCE_MS)
}

export async function seemsAway(who: Neighbour): Promise<void> {
  await vi.waitFor(async () => expect((await ask(who, 'contacts.list', {}))[0]?.online).toBe(false), PATIENCE_MS)
}

export const text = (to: string[], words = 'hello') => ({ to, files: [], text: words })

/** The trouble that an operation ends with. */
export async function troubleOf(operation: Promise<unknown>): Promise<Trouble> {
  const outcome = await operation.catch((error: unknown) => error)
  if (outcome instanceof Trouble) return outcome
  throw new Error(`no trouble: ${JSON.stringify(outcome)}`)
}
