// What a server says about who shows what is checked against whom this device asked to watch.

import type { UserAddress } from '@doorpost/protocol/address'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { ALICE, FAKE_FORMAT, fakeLiveServer } from './fake-live-server.ts'
import { createKeyRing } from './key-ring.ts'
import { createWatching } from './watching.ts'

async function watching(showing: `${string}@${string}/${string}`) {
  const server = fakeLiveServer(showing)
  const faults: string[] = []
  const shown: unknown[] = []
  let connected = 0
  const one = createWatching({
    line: { call: server.call, onState: () => () => {} },
    origin: 'http://a.example',
    clock: fakeClock(),
    connect() {
      connected++
      return server.connect.viewer()
    },
    keys: createKeyRing(),
    paths: undefined,
    user: 'alice@a.example' as UserAddress,
    pictures: 'moving',
    decodes: ['h264'],
    proved: async () => undefined,
    onFormat: (format) => shown.push(format),
    onFrame: (frame) => shown.push(frame),
    onChange() {},
    onFault: (error) => faults.push(String(error)),
  })
  await server.call('SEND', '/live', { body: { broadcast: 'B'.repeat(21) + 'A', format: FAKE_FORMAT } })
  await one.start()
  return { one, faults, shown, connected }
}

test('[SEC14] a server that names somebody else’s device as the one that shows is not believed: nothing is opened, nothing is shown', async () => {
  const { one, faults, shown, connected } = await watching('mallory@a.example/laptop')
  expect([faults.length, shown, connected, one.state.standing]).toEqual([1, [], 0, { state: 'over', reason: 'gone' }])
  const honest = await watching(ALICE)
  expect([honest.faults, honest.shown.length, honest.connected]).toEqual([[], 1, 1])
})
