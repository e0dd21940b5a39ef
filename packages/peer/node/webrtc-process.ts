// For webrtc.test.ts: opens a path over two real connections in a process of its own, takes a piece, closes, and has nothing that would keep
// it running. Says so on standard output when it ends by itself.

import { systemClock } from '../clock.ts'
import { noIceServers } from '../paths/webrtc-ice.ts'
import { createWebrtcPaths } from '../paths/webrtc-path.ts'
import { systemRandom } from '../random.ts'
import { createNodeRtc } from './webrtc-connection.ts'

const PIECE_BYTES = 1024 * 1024
const [alice, bob] = ['alice@example.org/tower', 'bob@example.org/laptop'].map((address, at) => ({
  address: address as Parameters<typeof one.opener.open>[0]['address'],
  deviceKey: new Uint8Array(32).fill(at),
})) as [Device, Device]
type Device = Pick<Parameters<typeof one.opener.open>[0], 'address' | 'deviceKey'>

const make = () =>
  createWebrtcPaths({
    connect: createNodeRtc({ bindAddress: '127.0.0.1' }),
    iceServers: () => Promise.resolve(noIceServers),
    serverOnLoopback: true,
    clock: systemClock,
    random: systemRandom,
  })
const one = make()
const other = make()
const source: Parameters<typeof one.begin>[0]['source'] = {
  list: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'here', bytes: new Uint8Array(PIECE_BYTES), release: () => {} }),
}
one.begin({ say: (_, note) => other.take(bob, note), admits: async () => true, source })
other.begin({ say: (_, note) => one.take(alice, note), admits: async () => true, source })
const message = { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' }
const { signal } = new AbortController()
const path = await one.opener.open({ ...alice, networkAddresses: [], message }, signal)
const media = { messageId: message.id, root: new Uint8Array(32) }
const answer = await path.piece(media, { index: 0, length: PIECE_BYTES }, () => new Uint8Array(PIECE_BYTES), signal)
// As a device that closes does.
one.close()
other.close()
process.once('exit', () => process.stdout.write(`${answer.state}, ended by itself\n`))
