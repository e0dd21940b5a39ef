// The sending side of the tunnel benchmark, in its own process: offers one file, comes on-line, and answers what comes through
// the tunnel until standard input ends. Says the offer as one line when it is ready.

import { systemClock } from '@doorpost/peer/clock'
import { openMediaFile } from '@doorpost/peer/node/media-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { openTunnel } from '@doorpost/peer/node/tunnel-agent'
import { offerMedia } from '@doorpost/peer/send/offer'
import { createSource } from '@doorpost/peer/send/serve'
import { openSessionLine } from '@doorpost/peer/session/session-line'
import { toBase64url } from '@doorpost/protocol/bytes'
import { type DeviceOrder, loginKeyOf } from './tunnel-device.ts'

const [path = '', written = '{}'] = process.argv.slice(2)
const order = JSON.parse(written) as DeviceOrder
const as = loginKeyOf(order)
const file = await openMediaFile(path)
const offer = await offerMedia({ file, crypto: nodePieceCrypto, signal: new AbortController().signal })
await file.close()
const source = createSource({
  find: () => Promise.resolve({ path, ...offer }),
  open: openMediaFile,
  crypto: nodePieceCrypto,
  clock: systemClock,
})
const line = openSessionLine({ origin: order.origin, as })
const tunnel = openTunnel({ origin: order.origin, as, line, polls: false, onFault: (error) => console.error(error) })
tunnel.serve(source)
await new Promise<void>((resolve) => line.onState((state) => state === 'online' && resolve()))
const { sizeBytes, root, key } = offer
console.log(JSON.stringify({ sizeBytes, root: toBase64url(root), key: toBase64url(key) }))
for await (const _ of process.stdin);
await tunnel[Symbol.asyncDispose]()
await line.close()
await source.close()
process.exit(0)
