// The sending side of the tunnel benchmark, in its own process: offers one file, comes on-line, and answers what comes through
// the tunnel until standard input ends. Says the offer as one line when it is ready.

import { openTunnel } from '@doorpost/peer/node/tunnel-agent'
import { openSessionLine } from '@doorpost/peer/session/session-line'
import { offerFilm } from './offered-film.ts'
import { type DeviceOrder, loginKeyOf } from './tunnel-device.ts'

const [path = '', written = '{}'] = process.argv.slice(2)
const order = JSON.parse(written) as DeviceOrder
const as = loginKeyOf(order)
const { handle, source } = await offerFilm(path)
const line = openSessionLine({ origin: order.origin, as })
const tunnel = openTunnel({ origin: order.origin, as, line, polls: false, onFault: (error) => console.error(error) })
tunnel.serve(source)
await new Promise<void>((resolve) => line.onState((state) => state === 'online' && resolve()))
console.log(JSON.stringify(handle))
for await (const _ of process.stdin);
await tunnel[Symbol.asyncDispose]()
await line.close()
await source.close()
process.exit(0)
