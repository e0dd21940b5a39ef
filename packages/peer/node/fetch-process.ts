// A fetch in a process of its own, for the test that kills it: one JSON argument says what and from where; prints the outcome.
// Proofs are not what that test is about: both ends accept anything.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { systemClock } from '../clock.ts'
import { fetchMedia } from '../receive/fetch.ts'
import { fixedSources } from '../receive/fetch-source.ts'
import { openDirect } from './direct-caller.ts'
import { openPart } from './part-file.ts'
import { nodePieceCrypto } from './piece-crypto.ts'

export type FetchOrder = {
  port: number
  folder: string
  lane: boolean
  media: { messageId: string; root: string; key: string; sizeBytes: number }
}

const order = JSON.parse(process.argv[2] ?? '') as FetchOrder
const media = { ...order.media, root: fromBase64url(order.media.root), key: fromBase64url(order.media.key) }
const opened = await openPart({ folder: order.folder, name: 'film.mov', media })
if (opened.state !== 'open') throw new Error(opened.state)
const anybody = { address: 'bob@example.org/laptop', deviceKey: new Uint8Array(32) }
const outcome = await fetchMedia({
  media,
  sources: fixedSources([
    {
      name: 'ann',
      kinds: ['direct'],
      role: 'sender',
      open: (_kind, signal) =>
        openDirect({
          host: '127.0.0.1',
          port: order.port,
          ...anybody,
          expect: anybody,
          sign: () => new Uint8Array(64),
          verify: () => true,
          lane: order.lane,
          signal,
        }),
    },
  ]),
  part: opened.part,
  crypto: nodePieceCrypto,
  clock: systemClock,
  signal: new AbortController().signal,
  patienceMs: 20_000,
})
process.stdout.write(JSON.stringify({ ...outcome, list: undefined }))
