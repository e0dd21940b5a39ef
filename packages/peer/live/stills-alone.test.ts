import { expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { systemRandom } from '../random.ts'
import { createBroadcast } from './broadcast.ts'
import { ALICE, FAKE_FORMAT, fakeLiveServer } from './fake-live-server.ts'
import type { FrameSource } from './source.ts'

test('[ENG6] whoever makes stills alone is asked for them where pictures are wanted, and they go where pictures would', async () => {
  const server = fakeLiveServer(ALICE)
  const wanted: unknown[] = []
  let started: Parameters<FrameSource['start']>[0] | undefined
  const { picture: _none, ...format } = FAKE_FORMAT
  const broadcast = createBroadcast({
    line: { call: server.call, onState: () => () => {} },
    origin: 'http://a.example',
    clock: fakeClock(),
    random: systemRandom,
    connect: server.connect.broadcaster,
    source: {
      start: (to) => void (started = to),
      want: (what) => void wanted.push(what),
      wantKeyFrame() {},
      [Symbol.asyncDispose]: async () => {},
    },
    format,
    asks: 'anybody',
    tellKey: async () => {},
    decide: () => 'approve',
    onChange() {},
    onFault: (error) => expect.fail(String(error)),
  })
  server.onPush.broadcaster = (push) => broadcast.take(push)
  await broadcast.start()
  server.move('server')
  await settle()
  expect(wanted.at(-1)).toEqual({ pictures: true, stills: true })
  const still = { kind: 'still', isKey: true, layer: 0, capturedAtUs: 1, bytes: Uint8Array.of(0xff, 0xd8) } as const
  started?.onFrame(still)
  await settle()
  expect(server.relay()).toBe(true)
})
