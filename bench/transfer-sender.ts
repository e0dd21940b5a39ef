// The sending side of the transfer benchmark, in its own process: offers one file, listens, serves it until standard input ends.
// Says {port, offer} as one line when it is ready, and its peak memory as another at the end.

import { readFileSync } from 'node:fs'
import { listenDirect } from '@doorpost/peer/node/direct-listener'
import { offerFilm } from './offered-film.ts'
import { deviceOf } from './transfer-keys.ts'

const [path = '', wanted = '{}'] = process.argv.slice(2)
const { lane = true } = JSON.parse(wanted) as { lane?: boolean }
const { handle, source } = await offerFilm(path)
const listener = await listenDirect({
  host: '127.0.0.1',
  port: 0,
  ...deviceOf('sender'),
  permit: () => Promise.resolve(true),
  source,
  lane,
})
console.log(JSON.stringify({ port: listener.port, ...handle }))
for await (const _ of process.stdin);
await listener.close()
await source.close()
console.log(JSON.stringify({ peakKib: Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) }))
