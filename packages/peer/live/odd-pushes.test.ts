// Whatever a server pushes and sends, in whatever order: nothing throws, nothing is left that nobody waits for, and what is kept is bounded.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { type LivePush, livePushSchemas } from '@doorpost/protocol/live/control'
import { encodeFrame } from '@doorpost/protocol/live/frame'
import { EPOCH_MAX } from '@doorpost/protocol/live/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { systemRandom } from '../random.ts'
import { createBroadcast } from './broadcast.ts'
import { FAKE_FORMAT } from './fake-live-server.ts'
import { createKeyRing } from './key-ring.ts'
import { createWatching } from './watching.ts'

const idOf = (letter: string) => `${letter.repeat(21)}A`
const ids = fc.constantFrom(...['A', 'B', 'C'].map(idOf))
const people = fc.constantFrom('alice', 'bob', 'mallory').map((name) => `${name}@a.example` as UserAddress)
const devices = fc
  .tuple(people, fc.constantFrom('phone', 'x'))
  .map(([user, name]) => `${user}/${name}` as DeviceAddress)
const counts = fc.constantFrom(0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER)
const tickets = fc.constantFrom('A', 'E').map((letter) => `${letter.repeat(42)}A`)
const capacity = fc.constant({
  ...{ bytesPerSecondMax: 1, bytesPerSecond: 0, reservedBytesPerSecond: 0 },
  ...{ connectionsMax: 1, connections: 0 },
})
const standings = fc.constantFrom(
  { state: 'asked' },
  { state: 'pending', reason: 'line' },
  { state: 'watching', pictures: 'moving', path: 'peer' },
  { state: 'over', reason: 'gone' },
  { state: 'over', reason: 'kicked' },
)
const approved = fc.record({
  broadcaster: devices,
  broadcast: ids,
  format: fc.constant(FAKE_FORMAT),
  ticket: tickets,
  viewers: counts,
  capacity,
})
const watch = fc.record({ watch: ids, standing: standings, approved }, { requiredKeys: ['watch', 'standing'] })
const sinks = fc.record({
  turn: counts,
  pictures: fc.constantFrom('none', 'server', 'peer', 'both'),
  watch: ids,
  stills: fc.boolean(),
})
const viewers = fc.array(
  fc.record({
    watch: ids,
    viewer: devices,
    standing: standings,
    bytesPerSecond: counts,
    lineBytesPerSecond: counts,
    skipped: counts,
  }),
  { maxLength: 4 },
)
const pushes = fc.oneof(
  watch.map((one) => ({ kind: 'watch', ...one })),
  fc.record({ kind: fc.constant('live-ask'), broadcast: ids, watch: ids, viewer: devices, contact: fc.boolean() }),
  fc.record({ kind: fc.constant('live-sinks'), broadcast: ids, sinks }),
  fc.record({ kind: fc.constant('live-key-frame'), broadcast: ids }),
  fc.record({
    kind: fc.constant('live-viewers'),
    broadcast: ids,
    count: counts,
    viewers,
    decoders: fc.constant({ moving: 2, h264: 0, vp8: 1, av1: 2 }),
    capacity,
  }),
) as fc.Arbitrary<LivePush>
const frames = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .record({
      type: fc.constantFrom('picture' as const, 'audio' as const),
      epoch: fc.constantFrom(0, 1, EPOCH_MAX),
      sequence: fc.constantFrom(0, 1, 2, 3_000, 0xffff_ffff),
      capturedAtUs: counts,
    })
    .map((header) => encodeFrame({ ...header, keyFrame: header.type === 'picture', layer: 0 }, new Uint8Array(20))),
)
type Step = { push: LivePush } | { frame: Uint8Array } | { passMs: number }
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    pushes.map((push) => ({ push })),
    frames.map((frame) => ({ frame })),
    fc.constantFrom(10, 1_000, 5_000).map((passMs) => ({ passMs })),
  ),
  { maxLength: 25 },
)

test('[SEC19] odd pushes and frames end nothing at the one who shows and at the one who watches', async () => {
  const unheard: unknown[] = []
  const note = (reason: unknown) => unheard.push(reason)
  process.on('unhandledRejection', note)
  await fc.assert(
    fc.asyncProperty(steps, watch, async (done, first) => {
      const clock = fakeClock()
      const sockets = new Set<(bytes: Uint8Array) => void>()
      const connect = () => ({
        binaryType: 'blob',
        bufferedAmount: 0,
        send() {},
        close() {},
        addEventListener(kind: string, listener: (event: never) => void) {
          if (kind === 'message') sockets.add((bytes) => listener({ data: bytes.slice().buffer } as never))
          if (kind === 'open') queueMicrotask(() => listener({} as never))
        },
      })
      const started = {
        ...{ ticket: `${'A'.repeat(42)}A`, viewersMax: 1 },
        sinks: { turn: 0, pictures: 'none', stills: false },
      }
      const around = {
        line: {
          async call(_method: string, target: string, options?: { body?: unknown }) {
            const { broadcast } = (options?.body ?? {}) as { broadcast?: string }
            const [capacityNow] = fc.sample(capacity, 1)
            const body = target === '/live' ? { ...started, broadcast, capacity: capacityNow } : first
            return { status: 200, headers: {}, body }
          },
          onState: () => () => {},
        },
        origin: 'http://a.example',
        clock,
        connect,
        onChange() {},
        onFault() {},
      }
      const broadcast = createBroadcast({
        ...around,
        random: systemRandom,
        source: { start() {}, wantKeyFrame() {}, [Symbol.asyncDispose]: async () => {} },
        format: FAKE_FORMAT,
        asks: 'anybody',
        tellKey: async () => {},
        decide: () => 'approve',
      })
      const watching = createWatching({
        ...around,
        keys: createKeyRing(),
        paths: undefined,
        user: 'alice@a.example' as UserAddress,
        pictures: 'moving',
        decodes: ['h264'],
        proved: async () => undefined,
        onFormat() {},
        onFrame() {},
      })
      await broadcast.start()
      await watching.start()
      for (const step of done) {
        if ('push' in step) {
          broadcast.take(step.push)
          watching.take(step.push)
        } else if ('frame' in step) for (const send of [...sockets]) send(step.frame)
        else await clock.pass(step.passMs)
      }
      await settle()
      await watching.leave()
      await broadcast.stop()
    }),
    { numRuns: 150 },
  )
  await settle()
  process.off('unhandledRejection', note)
  expect(unheard).toEqual([])
})

test('[SEC19] the pushes of that test are pushes', () => {
  for (const push of fc.sample(pushes, 100)) {
    const taken = livePushSchemas.some((schema) => schema.safeParse(push).success)
    expect([taken, taken || JSON.stringify(push)]).toEqual([true, true])
  }
})
