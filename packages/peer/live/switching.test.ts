// A broadcast and its viewer, moved between paths in every order, with frames under way on both and a path that is cut: what the viewer
// is shown is every frame, once and in order.

import type { LiveViewersPush } from '@doorpost/protocol/live/control'
import { PICTURE_CODECS, type PictureCodec } from '@doorpost/protocol/live/picture-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { BOB_USER, FAKE_FORMAT, FAKE_WATCH } from './fake-live-server.ts'
import { openLiveStage, SOUND } from './fake-live-stage.ts'

test('[LVP13] however a broadcast moves between its paths, and wherever one is cut, its viewer is shown every frame once and in order', async () => {
  const step = fc.constantFrom('frame', 'frame', 'frame', 'relay', 'peer', 'toPeer', 'toServer', 'cut', 'key')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { server, broadcast, watching, seen, faults, frame, join, made, clock } = await openLiveStage()
      let joined = await join()
      /** Not more under way than a window holds. */
      let underWay = 0
      const drain = () => {
        while (server.relay());
        while (joined?.deliver());
        underWay = 0
      }
      for (const one of steps) {
        if (one === 'frame' || one === 'key') {
          if (++underWay > 12) drain()
          frame(one === 'key' || made() === 0)
        } else if (one === 'relay') server.relay()
        else if (one === 'peer') joined?.deliver()
        else if (one === 'toPeer' && joined) {
          server.move('both')
          frame()
          drain()
          server.move('peer')
        } else if (one === 'toServer' && joined) {
          server.move('both')
          frame()
          server.move('server')
        } else if (one === 'cut' && joined) {
          joined.cut()
          joined = undefined
          // Made before the server has said where to go on.
          frame()
          server.move('server')
        }
      }
      frame()
      drain()
      await clock.pass(1_000)
      drain()
      expect(seen).toEqual(Array.from({ length: made() }, (_, number) => number))
      expect(watching.state.pictures).toMatchObject({ missing: 0, late: 0 })
      expect(watching.state.unshown).toBe(0)
      expect(faults).toEqual([])
      await watching.leave()
      await broadcast.stop()
    }),
    { numRuns: 100 },
  )
})

test('[LVP14] what was under way on a path that is cut is sent again on the other before anything new', async () => {
  const { server, seen, frame, join, broadcast } = await openLiveStage()
  const joined = await join()
  frame()
  server.relay()
  server.move('peer')
  for (let number = 1; number <= 3; number++) frame()
  joined?.deliver()
  joined?.cut()
  frame()
  expect(server.relay()).toBe(false)
  server.move('server')
  while (server.relay());
  expect(seen).toEqual([0, 1, 2, 3, 4])
  expect(server.calls).toContain(`SEND /live/BROADCAST/paths`)
  expect(server.calls.filter((call) => call.endsWith('/path'))).toHaveLength(2)
  await broadcast.stop()
})

test('[LVP63] sound beside the pictures costs none of them when a path is cut, and is no picture', async () => {
  const { server, seen, frame, sound, join, broadcast, made } = await openLiveStage({
    audio: { codec: 'opus', channels: 1, sampleRateHz: 48_000 },
  })
  const joined = await join()
  frame()
  server.relay()
  server.move('peer')
  joined?.cut()
  for (let number = 0; number < 20; number++) {
    frame()
    sound()
    sound()
  }
  server.move('server')
  sound()
  while (server.relay());
  expect(seen.filter((one) => one !== SOUND)).toEqual(Array.from({ length: made() }, (_, number) => number))
  expect(seen).toContain(SOUND)
  expect(broadcast.state.frames).toBe(made())
  await broadcast.stop()
})

test('[LVP65] who wants pictures alone asks for no sound, and is given none that comes', async () => {
  const { server, seen, asked, frame, sound, broadcast } = await openLiveStage({ sound: false })
  expect(asked).toEqual([{ user: 'alice@a.example', pictures: 'moving', decodes: PICTURE_CODECS, audio: false }])
  frame()
  sound()
  while (server.relay());
  expect(seen).toEqual([0])
  await broadcast.stop()
  const other = await openLiveStage()
  other.frame()
  other.sound()
  while (other.server.relay());
  expect(other.seen).toEqual([0, SOUND])
  expect(other.asked[0]).not.toHaveProperty('audio')
  await other.broadcast.stop()
})

test('[LVP16] a peer-to-peer connection that swallows everything is left within a second, and what it swallowed is sent again', async () => {
  const { server, seen, frame, join, broadcast, clock, made } = await openLiveStage()
  const joined = await join()
  server.move('peer')
  for (let number = 0; number < 10; number++) {
    frame()
    while (joined?.deliver());
    await clock.pass(40)
  }
  expect(server.pathUp).toBe(true)
  const swallowedMs = clock.nowMs()
  while (server.pathUp && clock.nowMs() < swallowedMs + 3_000) {
    frame()
    await clock.pass(40)
  }
  expect(clock.nowMs() - swallowedMs).toBeLessThanOrEqual(800)
  server.move('server')
  while (server.relay());
  expect(seen).toEqual(Array.from({ length: made() }, (_, number) => number))
  await broadcast.stop()
})

test('[LVP14] a frame connection that breaks is opened again, and what was not acknowledged goes first', async () => {
  const { server, seen, frame, clock, broadcast } = await openLiveStage()
  frame()
  server.breakConnection()
  frame()
  await clock.pass(500)
  frame()
  while (server.relay());
  expect(seen).toEqual([0, 1, 2])
  await broadcast.stop()
})

test('[LVP22] a viewer whose line was gone asks where it stands, and asks anew where the server has forgotten it', async () => {
  const { server, watching, seen, frame, lineIsBack, broadcast } = await openLiveStage()
  frame()
  server.relay()
  const before = server.calls.length
  lineIsBack()
  await settle()
  const asked = () => server.calls.slice(before).filter((call) => call.includes('/watches'))
  expect(asked()).toEqual([`RETRIEVE /watches/${FAKE_WATCH}`])
  server.hasForgotten = true
  lineIsBack()
  await settle()
  expect(asked().slice(1)).toEqual([`RETRIEVE /watches/${FAKE_WATCH}`, 'SEND /watches'])
  frame()
  while (server.relay());
  expect(seen).toEqual([0, 1])
  expect(watching.state.standing.state).toBe('watching')
  server.end()
  expect(await watching.ended).toBe('ended')
  await broadcast.stop()
})

test('[LVP22] while a server starts anew pictures go on straight across, and through it when it says so', async () => {
  const { server, seen, frame, join, lineIsBack, broadcast, made } = await openLiveStage()
  const joined = await join()
  const go = (frames: number) => {
    for (let number = 0; number < frames; number++) {
      frame()
      while (joined?.deliver());
    }
  }
  server.move('peer')
  go(3)
  server.startAnew()
  lineIsBack()
  await settle()
  go(3)
  expect(seen.length).toBe(6)
  expect(server.calls.filter((call) => call === 'SEND /live')).toHaveLength(2)
  expect(server.calls.at(-1)).toMatch(/paths?$/)
  server.move('server')
  frame()
  while (server.relay());
  expect(seen).toEqual(Array.from({ length: made() }, (_, number) => number))
  await broadcast.stop()
})

test('[LVP15] kick: the peer-to-peer connection is closed, the key is another from the next key frame on, and one is wanted', async () => {
  const { server, seen, frame, join, broadcast, keyFramesWanted } = await openLiveStage()
  const joined = await join()
  server.move('peer')
  frame()
  joined?.deliver()
  const told = broadcast.state.frames
  await broadcast.decide(BOB_USER, 'kick')
  expect(broadcast.isApproved(BOB_USER)).toBe(false)
  expect(keyFramesWanted()).toBe(1)
  server.move('server')
  frame(true)
  while (server.relay());
  expect(told).toBe(1)
  // Even what the server would still let through is under a key that nobody told them.
  expect(seen).toEqual([0])
  await broadcast.stop()
})

test('[LVP86] a viewer for whom there is no peer-to-peer connection is shown everything through the server, and asks again at least every 30 s', async () => {
  const { clock, server, seen, frame, openedMs, faults } = await openLiveStage({ isFull: true })
  const [first = 0] = openedMs
  for (let second = 0; second < 90; second++) {
    frame(second % 10 === 0)
    while (server.relay()) await settle()
    await clock.pass(1_000)
  }
  expect(openedMs.map((ms) => (ms - first) / 1000)).toEqual([0, 2, 7, 22, 52, 82])
  expect([seen.length, faults]).toEqual([90, []])
})

const VP8_KEY = [0x50, 0x21, 0x02, 0x9d, 0x01, 0x2a]
const H264_KEY = [0, 0, 0, 1, 9]
const decoders = (moving: number, h264: number, vp8: number) => ({ moving, h264, vp8, av1: 0 })
const viewersPush = (broadcast: string, of: LiveViewersPush['decoders']): LiveViewersPush => ({
  kind: 'live-viewers',
  broadcast,
  count: of.moving,
  viewers: [],
  decoders: of,
  capacity: { bytesPerSecondMax: 1, bytesPerSecond: 0, reservedBytesPerSecond: 0, connectionsMax: 1, connections: 0 },
})

test('[LVP80] a broadcast changes its codec when a viewer was let in who does not decode it, tells the server, and stays there when they leave', async () => {
  const pictures = [FAKE_FORMAT.picture, { ...FAKE_FORMAT.picture, codec: 'vp8' }]
  const { server, broadcast, used, lineIsBack, faults } = await openLiveStage({ pictures })
  const tell = async (...of: Parameters<typeof decoders>) => {
    broadcast.take(viewersPush(broadcast.id, decoders(...of)))
    await settle()
  }
  await tell(1, 1, 1)
  expect([used, server.formats]).toEqual([[], ['avc1.42E01F']])
  await tell(2, 1, 2)
  expect([used, server.formats]).toEqual([['vp8'], ['avc1.42E01F', 'vp8']])
  await tell(1, 1, 1)
  // Nothing is common: whoever sees pictures keeps them.
  await tell(2, 1, 1)
  expect(used).toEqual(['vp8'])
  lineIsBack()
  await settle()
  expect(server.formats.at(-1)).toBe('vp8')
  // Nobody decodes it any more.
  await tell(1, 1, 0)
  expect([used, faults]).toEqual([['vp8', 'avc1.42E01F'], []])
})

test('[LVP81] over both paths, and told of or not, a viewer is given each picture once over a change of codec; of one that it does not decode none', async () => {
  const play = async (decodes: readonly PictureCodec[]) => {
    const { seen, frame, server, join, watching, faults } = await openLiveStage({ decodes })
    const joined = await join()
    frame(true, H264_KEY)
    frame()
    while (server.relay()) await settle()
    server.move('both')
    frame(true, VP8_KEY)
    frame()
    frame()
    server.move('peer')
    frame(true, H264_KEY)
    frame()
    while (joined?.deliver()) await settle()
    while (server.relay()) await settle()
    await settle()
    return { seen, unshown: watching.state.unshown, faults }
  }
  expect(await play(PICTURE_CODECS)).toEqual({ seen: [0, 1, 2, 3, 4, 5, 6], unshown: 0, faults: [] })
  expect(await play(['h264'])).toEqual({ seen: [0, 1, 5, 6], unshown: 3, faults: [] })
  expect(await play(['vp8'])).toEqual({ seen: [2, 3, 4], unshown: 4, faults: [] })
})

test('[LVW20] a viewer that gets stills for want of room is told so, and one that decodes nothing else is not', async () => {
  for (const [decodes, isWithoutRoom] of [
    [PICTURE_CODECS, true],
    [[], false],
  ] as const) {
    const { server, watching } = await openLiveStage({ decodes })
    expect(watching.state.isWithoutRoom).toBe(false)
    const standing = { state: 'watching', pictures: 'stills', path: 'server' } as const
    server.onPush.viewer({ kind: 'watch', watch: FAKE_WATCH, standing })
    expect(watching.state.isWithoutRoom).toBe(isWithoutRoom)
  }
})
