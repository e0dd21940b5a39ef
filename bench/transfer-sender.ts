// The sending side of the transfer benchmark, in its own process: offers one file, listens, serves it until standard input ends.
// Says {port, offer} as one line when it is ready, and its peak memory as another at the end.

import { readFileSync } from 'node:fs'
import { toBase64url } from '@doorpost/protocol/bytes'
import { listenDirect } from '@doorpost/peer/node/direct-listener'
import { openMediaFile } from '@doorpost/peer/node/media-file'
import { nodePieceCrypto } from '@doorpost/peer/node/piece-crypto'
import { systemClock } from '@doorpost/peer/clock'
import { offerMedia } from '@doorpost/peer/send/offer'
import { createSource } from '@doorpost/peer/send/serve'
import { deviceOf } from './transfer-keys.ts'

const [path = '', wanted = '{}'] = process.argv.slice(2)
const { lane = true } = JSON.parse(wanted) as { lane?: boolean }
const file = await openMediaFile(path)
const offer = await offerMedia({ file, crypto: nodePieceCrypto, signal: new AbortController().signal })
await file.close()
const source = createSource({
  find: () => Promise.resolve({ path, ...offer }),
  open: openMediaFile,
  crypto: nodePieceCrypto,
  clock: systemClock,
})
const listener = await listenDirect({
  host: '127.0.0.1',
  port: 0,
  ...deviceOf('sender'),
  permit: () => Promise.resolve(true),
  source,
  lane,
})
const { sizeBytes, root, key } = offer
console.log(JSON.stringify({ port: listener.port, sizeBytes, root: toBase64url(root), key: toBase64url(key) }))
for await (const _ of process.stdin);
await listener.close()
await source.close()
console.log(JSON.stringify({ peakKib: Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) }))
