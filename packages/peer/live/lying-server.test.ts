// What a server says about who shows what is checked against whom this device asked to watch; what comes from whoever shows ends nothing here.

import type { UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { systemRandom } from '../random.ts'
import { ALICE, FAKE_FORMAT, fakeLiveServer } from './fake-live-server.ts'
import { createKeyRing } from './key-ring.ts'
import { createSealer } from './sealer.ts'
import { createWatching } from './watching.ts'

const BROADCAST = `${'B'.repeat(21)}A`

/** A device that asked to watch Alice, and what the server sends it. */
async function watching(showing: `${string}@${string}/${string}`, onFrame: () => void = () => {}) {
  const server = fakeLiveServer(showing)
  const sealer = createSealer(systemRandom)
  const keys = createKeyRing()
  keys.take(showing, { note: 'live-key', broadcast: BROADCAST, epoch: 0, key: toBase64url(sealer.newest.key) })
  const faults: string[] = []
  const formats: unknown[] = []
  const sockets: ((bytes: Uint8Array) => void)[] = []
  const one = createWatching({
    line: { call: server.call, onState: () => () => {} },
    origin: 'http://a.example',
    clock: fakeClock(),
    connect() {
      return {
        binaryType: 'blob',
        bufferedAmount: 0,
        send() {},
        close() {},
        addEventListener(kind: string, listener: (event: never) => void) {
          if (kind === 'message') sockets.push((bytes) => listener({ data: bytes.slice().buffer } as never))
        },
      }
    },
    keys,
    paths: undefined,
    user: 'alice@a.example' as UserAddress,
    pictures: 'moving',
    decodes: ['h264'],
    proved: async () => undefined,
    onFormat: (format) => formats.push(format),
    onFrame,
    onChange() {},
    onFault: (error) => faults.push(String(error)),
  })
  await server.call('SEND', '/live', { body: { broadcast: BROADCAST, format: FAKE_FORMAT } })
  await one.start()
  const picture = (isKey: boolean) =>
    sockets[0]?.(
      sealer.seal({ kind: 'picture', isKey, layer: 0, capturedAtUs: 1, bytes: Uint8Array.of(0, 0, 1, 0x65) }).bytes,
    )
  return { one, faults, formats, sockets, picture }
}

test('[SEC14] a server that names somebody else’s device as the one that shows is not believed: nothing is opened, nothing is shown', async () => {
  const { one, faults, formats, sockets } = await watching('mallory@a.example/laptop')
  expect([faults.length, formats, sockets]).toEqual([1, [], []])
  expect(one.state.standing).toEqual({ state: 'over', reason: 'gone' })
  const honest = await watching(ALICE)
  expect([honest.faults, honest.formats.length, honest.sockets.length]).toEqual([[], 1, 1])
})

test('[SEC15] a frame that a sink cannot take is left out and said once, and those after it come', async () => {
  let given = 0
  const { one, faults, picture } = await watching(ALICE, () => {
    given++
    if (given < 3) throw new RangeError('Maximum call stack size exceeded')
  })
  for (const isKey of [true, false, false, true]) picture(isKey)
  expect([given, faults.length, one.state.unshown]).toEqual([4, 1, 2])
})
