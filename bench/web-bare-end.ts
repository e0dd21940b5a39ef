// The bare sender for bench/web-tabs.ts, in a process of its own: gives as many bytes as it is told to the browser that made the channel.
// Signals are lines on standard output and input.

import { createInterface } from 'node:readline'
import type { DataChannel } from 'node-datachannel'
import { type BareSignal, openBarePeer, pour } from './bare-peer.ts'

const sizeBytes = Number(process.argv[2])
const { peer, hear } = openBarePeer({ iceServers: [] }, (signal) => process.stdout.write(`${JSON.stringify(signal)}\n`))
/** Nothing else holds it. */
let held: DataChannel | undefined
peer.onDataChannel((channel) => {
  held = channel
  pour(channel, sizeBytes)
})
for await (const line of createInterface({ input: process.stdin })) hear(JSON.parse(line) as BareSignal)
held?.close()
peer.close()
process.exit(0)
