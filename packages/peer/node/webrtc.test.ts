import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { systemClock } from '../clock.ts'
import { contractCaller, pathContract } from '../paths/path.contract.ts'
import type { Caller, Source } from '../paths/path.ts'
import { createWebrtcPaths, type WebrtcPaths } from '../paths/webrtc-path.ts'
import { noIceServers } from '../paths/webrtc-ice.ts'
import { systemRandom } from '../random.ts'
import { createNodeRtc } from './webrtc-connection.ts'

const alice = { address: 'alice@example.org/tower' as DeviceAddress, deviceKey: new Uint8Array(32).fill(1) }
const bob = { address: contractCaller.address as DeviceAddress, deviceKey: contractCaller.deviceKey }
const refusing: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}
const target = {
  ...alice,
  networkAddresses: [],
  message: { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' },
}
const { signal } = new AbortController()
const closing: WebrtcPaths[] = []
afterEach(() => {
  for (const paths of closing.splice(0)) paths.close()
})

type Said = { to: DeviceAddress; note: PathNote }
/** Two devices whose notes reach each other. */
function street(source: Source, { admits = (_caller: Caller) => true } = {}) {
  const said: Said[] = []
  const make = () => {
    const paths = createWebrtcPaths({
      connect: createNodeRtc({ bindAddress: '127.0.0.1' }),
      iceServers: () => Promise.resolve(noIceServers),
      serverOnLoopback: true,
      clock: systemClock,
      random: systemRandom,
    })
    closing.push(paths)
    return paths
  }
  const [asks, answers] = [make(), make()]
  asks.begin({
    say(to, note) {
      said.push({ to, note })
      answers.take(bob, note)
    },
    admits: () => Promise.resolve(true),
    source: refusing,
  })
  answers.begin({
    say(to, note) {
      said.push({ to, note })
      asks.take(alice, note)
    },
    admits: (caller) => Promise.resolve(admits(caller)),
    source,
  })
  return { asks, answers, said }
}

pathContract('webrtc', async (source) => {
  const { asks, answers } = street(source)
  const path = await asks.opener.open(target, signal)
  return {
    path,
    breakLine: () => answers.close(),
    close: async () => {
      path.close()
      answers.close()
      await path.closed
    },
  }
})

describe('opening', () => {
  test('two notes', async () => {
    const { asks, answers, said } = street(refusing)
    const path = await asks.opener.open(target, signal)
    expect(said.map(({ note }) => note.signal.step)).toEqual(['offer', 'answer'])
    expect([asks.connections, answers.connections]).toEqual([1, 1])
    path.close()
    await path.closed
    while (asks.connections + answers.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  })
})
