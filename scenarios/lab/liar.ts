// A source that lies: the device of a home, which serves what it sent with the right list and wrong bytes, over direct and
// tunnel. `node liar.ts HOME`; a line when it is ready, then one for each lie.

import { randomBytes } from 'node:crypto'
import { toBase64url } from '@doorpost/protocol/bytes'
import { pieceCount, pieceRange } from '@doorpost/protocol/piece-list'
import { sign, verify } from '@doorpost/protocol/signature'
import { listenDirect } from '@doorpost/peer/node/direct-listener'
import { networkAddressesOf } from '@doorpost/peer/node/network-addresses'
import { openTunnel } from '@doorpost/peer/node/tunnel-agent'
import type { MediaRef, Source } from '@doorpost/peer/paths/path'
import { offerKey, type OfferRecord } from '@doorpost/peer/send/offered'
import { openBareDevice } from './bare-device.ts'

await using device = await openBareDevice(process.argv[2] ?? '')
const { store, me, line, people } = device

const keyOf = ({ messageId, root }: MediaRef) => offerKey(messageId, toBase64url(root))
const sizeOf = async (media: MediaRef) => (await store.get<OfferRecord>('offers', keyOf(media)))?.sizeBytes

const source: Source = {
  async list(_caller, media) {
    const list = await store.get<Uint8Array>('lists-bytes', keyOf(media))
    return list === undefined ? { state: 'refused' } : { state: 'here', list }
  },
  async piece(_caller, media, index) {
    const sizeBytes = await sizeOf(media)
    if (sizeBytes === undefined) return { state: 'refused' }
    process.stdout.write(`lied about piece ${index}\n`)
    return { state: 'here', bytes: randomBytes(pieceRange(sizeBytes, index).length), release() {} }
  },
  async have(_caller, media) {
    const sizeBytes = await sizeOf(media)
    if (sizeBytes === undefined) return { state: 'refused' }
    const have = new Uint8Array(Math.ceil(pieceCount(sizeBytes) / 8))
    for (let index = 0; index < pieceCount(sizeBytes); index++) have[index >> 3]! |= 0x80 >> (index & 7)
    return { state: 'here', have }
  },
  claim: async () => ({ state: 'here', pieces: [] }),
}

const listener = await listenDirect({
  host: '0.0.0.0',
  port: 0,
  address: me.address,
  sign: (kind, body) => sign(kind, body, me.deviceKey.secret),
  verify,
  permit: (caller) => people.permitDevice(caller),
  source,
})
line.setAddresses(networkAddressesOf(listener, me.origin))
await using tunnel = openTunnel({ origin: me.origin, as: me, line, polls: false, onFault: () => {} })
tunnel.serve(source)
// Answered: the session is open, and whoever looks finds where this listens.
await line.call('FINGER', '/')
process.stdout.write('ready\n')
const { promise, resolve } = Promise.withResolvers<void>()
process.once('SIGTERM', resolve)
await promise
await listener.close()
