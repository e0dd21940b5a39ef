import { beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { systemRandom as random } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Decision } from './decisions.ts'
import { type FakePostOffice, openFakePostOffice } from './fake-post-office.ts'
import { createIdentity } from './keys.ts'
import { alice, bob, carol, identityOf, nextList, startMs } from './people-stage.ts'
import { openPeople, type People } from './people.ts'

let office: FakePostOffice
let laptop: People
let tower: People
/** What one device told the other, in order. */
let told: Decision[]
let nowMs: number
const clock: Clock = { nowMs: () => nowMs++, after: () => () => {} }

async function deviceOf(): Promise<People> {
  const { identity } = await identityOf(alice)
  return await openPeople({ store: openMemoryStore(), line: office.lineOf(alice), me: identity, clock, random })
}

beforeEach(async () => {
  nowMs = startMs
  office = openFakePostOffice()
  for (const user of [alice, bob, carol]) office.lists.set(user, (await identityOf(user)).identity.deviceList)
  ;[laptop, tower] = [await deviceOf(), await deviceOf()]
  told = []
  laptop.onDecision((decision) => told.push(decision))
})

const states = async (people: People) =>
  (await people.list()).map(({ address, approved, blocked }) => [address, approved, blocked])

describe('what a user decided', () => {
  test('[DEV24] is told to the other devices, and holds there as it was meant', async () => {
    await laptop.approve(bob)
    await laptop.approve(carol)
    await laptop.block(carol)
    await tower.takeDecisions(told)
    expect(await states(tower)).toEqual([
      [bob, true, false],
      [carol, true, true],
    ])
    await laptop.unblock(carol)
    await laptop.withdraw(bob)
    await tower.takeDecisions(told.slice(-2))
    expect(await states(tower)).toEqual([[carol, true, false]])
  })

  test('[DEV24] the later decision holds, in whatever order they come', async () => {
    await laptop.approve(bob)
    await tower.block(bob)
    await tower.takeDecisions(told)
    expect(await states(tower)).toEqual([[bob, false, true]])
    await laptop.withdraw(bob)
    await tower.takeDecisions(told.toReversed())
    expect(await states(tower)).toEqual([])
  })

  test('[DEV24] a new device is told all of it, in notes of bearable size', async () => {
    await laptop.approve(bob)
    await laptop.block(carol)
    const notes = await laptop.decisions()
    expect(notes.flat().map(({ address }) => address)).toEqual([bob, carol])
    for (const note of notes) await tower.takeDecisions(note)
    expect(await states(tower)).toEqual(await states(laptop))
  })

  test('[DEV24] it comes with the key that was meant: where another is pinned the user has to look', async () => {
    const other = await createIdentity({ user: bob, device: 'laptop', origin: 'https://example.org', random, nowMs })
    await tower.resolve(bob)
    office.lists.set(bob, other.identity.deviceList)
    await laptop.approve(bob)
    await tower.takeDecisions(told)
    const person = await tower.recall(bob)
    expect(person?.fingerprint).not.toBe(other.identity.fingerprint)
    expect(person?.changedTo).toBe(other.identity.fingerprint)
    expect((await tower.resolve(bob)).kind).toBe('key-changed')
  })

  test('[DEV24] what is no list of theirs, or is about oneself, changes nothing', async () => {
    await laptop.approve(bob)
    const [decision] = told as [Decision]
    const { identity } = await identityOf(carol)
    await tower.takeDecisions([
      { ...decision, deviceList: identity.deviceList },
      { ...decision, deviceList: { ...decision.deviceList, signature: identity.deviceList.signature } },
      { ...decision, address: alice, blocked: true },
    ])
    expect(await states(tower)).toEqual([])
    expect(await tower.recall(alice)).toMatchObject({ approved: true, mutual: true, blocked: false })
  })

  test('[DEV20] one’s own user is known with the newest list, listed nowhere, and nothing can be decided about it', async () => {
    expect(await laptop.recall(alice)).toMatchObject({ approved: true, mutual: true, head: { sequence: 1 } })
    expect(await laptop.list()).toEqual([])
    for (const decide of [laptop.approve, laptop.withdraw, laptop.block]) {
      await expect(decide(alice)).rejects.toMatchObject({ code: 'bad-address' })
    }
    const { identity, accountKey } = await identityOf(alice)
    office.lists.set(alice, nextList(identity.deviceList, accountKey))
    await laptop.resolve(alice, { fresh: true })
    expect((await laptop.recall(alice))?.head.sequence).toBe(2)
    expect(await laptop.ownList()).toBe('fine')
  })
})

describe('after recovery', () => {
  test('[DEV15] contacts and blocks are taken from the server’s record', async () => {
    await laptop.approve(bob)
    await laptop.block(carol)
    const fresh = await deviceOf()
    await fresh.restore(AbortSignal.timeout(5_000))
    expect(await states(fresh)).toEqual([
      [bob, true, false],
      [carol, false, true],
    ])
  })
})
