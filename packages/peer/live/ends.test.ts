// How a broadcast ends, in every order of events: what was sent arrives, and what a viewer acknowledged is in what it keeps.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { openLiveStage } from './fake-live-stage.ts'

/** Numbers of a film among others' stills. */
const still = { width: 64, height: 48, everyMs: 2_000 }
type Stage = Awaited<ReturnType<typeof openLiveStage>>

const removals = ({ server }: Stage) => server.calls.filter((call) => call === 'REMOVE /live/BROADCAST').length

/** Pictures go straight across, and these are on their way. */
async function straight(frames: number, changes: Parameters<typeof openLiveStage>[0] = {}) {
  const stage = await openLiveStage(changes)
  const joined = await stage.join()
  if (!joined) throw new Error('no peer-to-peer connection')
  stage.server.move('peer')
  for (let number = 0; number < frames; number++) stage.frame()
  return { ...stage, joined, stage }
}

describe('the broadcaster', () => {
  test.each([
    ['is stopped', 'stopped'],
    ['comes to the end of its source', 'source-ended'],
  ] as const)(
    '[LVE1] that %s lets go of the camera at once, takes nothing more, and says so when what was sent has arrived',
    async (_how, reason) => {
      const { stage, broadcast, joined, frame, seen, clock, isSourceClosed, endSource } = await straight(3)
      if (reason === 'stopped') void broadcast.stop()
      else endSource()
      await settle()
      expect([isSourceClosed(), removals(stage)]).toEqual([true, 0])
      frame()
      await clock.pass(500)
      expect([seen, removals(stage)]).toEqual([[], 0])
      while (joined.deliver());
      await clock.pass(100)
      expect([seen, removals(stage), await broadcast.ended]).toEqual([[0, 1, 2], 1, reason])
    },
  )

  test('[LVE1] whose source fails says so when what was sent has arrived', async () => {
    const { stage, broadcast, joined, seen, clock, endSource } = await straight(2)
    endSource(new Error('The camera went away.'))
    await clock.pass(500)
    expect(removals(stage)).toBe(0)
    while (joined.deliver());
    await clock.pass(100)
    expect(seen).toEqual([0, 1])
    await expect(broadcast.ended).rejects.toThrow('The camera went away.')
  })

  test('[LVE1] waits no longer than 2 s for whoever takes nothing', async () => {
    const { stage, broadcast, clock } = await straight(2)
    void broadcast.stop()
    await clock.pass(1_900)
    expect(removals(stage)).toBe(0)
    await clock.pass(200)
    expect([removals(stage), await broadcast.ended]).toEqual([1, 'stopped'])
  })

  test('[LVE1] whose last pictures are on a path that is cut sends them on the other first', async () => {
    const { stage, server, broadcast, joined, seen, clock } = await straight(3)
    void broadcast.stop()
    await settle()
    joined.cut()
    await clock.pass(300)
    expect(removals(stage)).toBe(0)
    server.move('server')
    await clock.pass(100)
    expect(removals(stage)).toBe(1)
    while (server.relay());
    expect(seen).toEqual([0, 1, 2])
    expect(await broadcast.ended).toBe('stopped')
  })
})

describe('a viewer', () => {
  test('[LVE2] is shown what the server has for it still when it is told of the end, however slowly that comes', async () => {
    const { server, watching, seen, frame, clock } = await openLiveStage()
    for (let number = 0; number < 4; number++) frame()
    server.tellEnd()
    while (server.relay()) await clock.pass(1_500)
    expect(watching.state.standing).toEqual({ state: 'over', reason: 'ended' })
    server.closeViewer()
    expect([await watching.ended, seen]).toEqual(['ended', [0, 1, 2, 3]])
  })

  test('[LVE2] is shown what is under way straight across when it is told of the end', async () => {
    const { server, watching, seen, joined, clock } = await straight(3)
    server.end()
    let isOver = false
    void watching.ended.then(() => void (isOver = true))
    await clock.pass(500)
    expect(isOver).toBe(false)
    while (joined.deliver());
    await settle()
    expect(isOver).toBe(false)
    joined.cut()
    expect([await watching.ended, seen]).toEqual(['ended', [0, 1, 2]])
  })

  test('[LVE2] waits 2 s for what does not come, and 10 s in all', async () => {
    const quiet = await straight(1)
    quiet.server.end()
    await quiet.clock.pass(2_000)
    expect(await quiet.watching.ended).toBe('ended')

    const { server, watching, joined, frame, clock } = await straight(1)
    server.end()
    let isOver = false
    void watching.ended.then(() => void (isOver = true))
    for (let second = 0; second < 9; second++) {
      frame()
      while (joined.deliver());
      await clock.pass(1_000)
    }
    expect(isOver).toBe(false)
    frame()
    while (joined.deliver());
    await clock.pass(1_000)
    expect(isOver).toBe(true)
  })

  test.each(['is told of the end', 'leaves'] as const)(
    '[LVE3] that %s has what it acknowledged and waits behind what never comes',
    async (how) => {
      const { server, watching, seen, frame, join } = await openLiveStage({ still })
      const joined = await join()
      frame()
      server.relay()
      // On its way through the server, which ends before it is there.
      frame()
      server.move('peer')
      frame(true)
      frame()
      while (joined?.deliver());
      expect(seen).toEqual([0])
      if (how === 'leaves') await watching.leave()
      else {
        server.end()
        joined?.cut()
      }
      expect([await watching.ended, seen]).toEqual([how === 'leaves' ? 'left' : 'ended', [0, 2, 3]])
      expect(watching.state).toMatchObject({ pictures: { shown: 3, missing: 1 }, unshown: 0 })
    },
  )

  test('[LVE3] waits for the key of what it acknowledged when it is told of the end', async () => {
    const { server, watching, seen, frame, tellKeys } = await openLiveStage({ keysWait: true })
    frame()
    frame()
    while (server.relay());
    server.end()
    await settle()
    expect(seen).toEqual([])
    tellKeys()
    expect([await watching.ended, seen]).toEqual(['ended', [0, 1]])
  })

  test('[LVE3] counts what it could not open', async () => {
    const { server, watching, seen, frame, clock } = await openLiveStage({ keysWait: true })
    frame()
    frame()
    while (server.relay());
    server.end()
    await clock.pass(3_000)
    expect([await watching.ended, seen]).toEqual(['ended', []])
    expect(watching.state).toMatchObject({ pictures: { shown: 2 }, unshown: 2 })

    const other = await openLiveStage({ keysWait: true })
    other.frame()
    while (other.server.relay());
    await other.watching.leave()
    expect(other.watching.state).toMatchObject({ pictures: { shown: 1 }, unshown: 1 })
  })

  test('[LVE4] counts what its file could not take', async () => {
    const { server, watching, seen, frame } = await openLiveStage({ leavesOut: 1 })
    for (let number = 0; number < 3; number++) frame()
    while (server.relay());
    expect([seen, watching.state.pictures.shown, watching.state.unshown]).toEqual([[0, 2], 3, 1])
  })

  test('[LVE6] whom the server has forgotten, and where nothing is shown, asks again for as long as a broadcaster may be away', async () => {
    const { server, watching, clock, lineIsBack, faults, seen, frame } = await openLiveStage()
    const asked = () => server.calls.filter((call) => call === 'SEND /watches').length
    server.hasForgotten = true
    server.showsNothing = true
    lineIsBack()
    await clock.pass(10_000)
    expect(asked()).toBe(7)
    // The broadcaster is back.
    server.showsNothing = false
    await clock.pass(2_000)
    frame()
    while (server.relay());
    expect([watching.state.standing.state, seen]).toEqual(['watching', [0]])
    server.showsNothing = true
    lineIsBack()
    await clock.pass(32_000)
    server.closeViewer()
    expect([await watching.ended, faults]).toEqual(['gone', []])
    const before = asked()
    await clock.pass(10_000)
    expect(asked()).toBe(before)
  })

  test('[LVE6] whose frame connection the server ended as over is not kept waiting when its word of that was lost', async () => {
    const { server, watching, lineIsBack } = await openLiveStage()
    server.closeViewer()
    server.hasForgotten = true
    server.showsNothing = true
    lineIsBack()
    await settle()
    expect(await watching.ended).toBe('ended')
  })
})

test('[LVE5] however pictures move between paths, and whatever is skipped on each, none is shown that needs one that was not', async () => {
  const step = fc.constantFrom(
    'frame',
    'frame',
    'frame',
    'key',
    'relay',
    'peer',
    'peer',
    'toPeer',
    'toServer',
    'cut',
    'none',
    'break',
  )
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), async (ackWindow, steps) => {
      const { server, seen, frame, join, made, watching } = await openLiveStage({ ackWindow, still })
      let joined = await join()
      const keys = new Set<number>()
      const make = (isKey: boolean) => {
        if (isKey || made() === 0) keys.add(made())
        frame(isKey || made() === 0)
      }
      for (const one of steps) {
        if (one === 'frame' || one === 'key') make(one === 'key')
        else if (one === 'relay') server.relay()
        else if (one === 'peer') joined?.deliver()
        else if (one === 'none') server.move('none')
        else if (one === 'break') server.breakConnection()
        else if (one === 'toServer') server.move('server')
        else if (joined && one === 'toPeer') {
          server.move('both')
          make(false)
          while (server.relay());
          server.move('peer')
        } else if (joined && one === 'cut') {
          joined.cut()
          joined = undefined
          make(false)
          server.move('server')
        }
        await settleSome()
      }
      while (server.relay() || joined?.deliver());
      await watching.leave()
      for (const [at, number] of seen.entries()) {
        if (!keys.has(number)) expect([number, seen[at - 1]]).toEqual([number, number - 1])
      }
    }),
    { numRuns: 200 },
  )
})

test('[LVE5] what comes straight across behind a picture that the server left out is not shown before a key frame, and one is asked for', async () => {
  const { server, seen, frame, join, watching, clock, keyFramesWanted } = await openLiveStage({ still })
  const joined = await join()
  frame()
  server.relay()
  // The viewer's window at the server is full.
  frame()
  server.skip()
  server.move('both')
  frame()
  frame()
  server.skip()
  server.skip()
  while (joined?.deliver());
  await clock.pass(500)
  frame()
  while (joined?.deliver());
  expect([seen, watching.state.unshown, keyFramesWanted()]).toEqual([[0], 3, 1])
  frame(true)
  frame()
  while (joined?.deliver());
  expect(seen).toEqual([0, 5, 6])
})

test('[LVE5] numbers that are missing for another reason cost no picture where pictures go over to the other path', async () => {
  const audio = { codec: 'opus', channels: 1, sampleRateHz: 48_000 } as const
  const { server, seen, frame, sound, join, watching } = await openLiveStage({ still, audio, sound: false })
  const joined = await join()
  frame()
  server.relay()
  sound()
  // Nobody here wants sound of it.
  server.skip()
  server.move('both')
  frame()
  while (joined?.deliver());
  server.relay()
  server.move('peer')
  frame()
  while (joined?.deliver());
  expect([seen, watching.state.unshown]).toEqual([[0, 1, 2], 0])
})

/** A frame connection that was broken is not open before the clock turns; what is asked of the server is answered. */
const settleSome = () => new Promise((resolve) => setImmediate(resolve))
