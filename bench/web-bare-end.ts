// The bare sender for bench/web-tabs.ts, in a process of its own: a data channel of node-datachannel that gives as many bytes as it is
// told, always the same, to the browser that made the channel. Signals are lines on standard output and input.

import { createInterface } from 'node:readline'
import { PeerConnection } from 'node-datachannel'

const MESSAGE_BYTES = 64 * 1024
const HIGH_BYTES = 4 * 1024 * 1024
const LOW_BYTES = 2 * 1024 * 1024

const sizeBytes = Number(process.argv[2])
const say = (signal: object) => process.stdout.write(`${JSON.stringify(signal)}\n`)
const peer = new PeerConnection('bare', { iceServers: [] })
peer.onLocalDescription((sdp, type) => say({ sdp, type }))
peer.onLocalCandidate((candidate) => say({ candidate }))
peer.onDataChannel((channel) => {
  const bytes = Buffer.alloc(MESSAGE_BYTES, 7)
  let sent = 0
  const fill = () => {
    while (sent < sizeBytes && channel.bufferedAmount() < HIGH_BYTES) {
      channel.sendMessageBinary(bytes)
      sent += bytes.length
    }
  }
  channel.setBufferedAmountLowThreshold(LOW_BYTES)
  channel.onBufferedAmountLow(fill)
  channel.onMessage(fill)
})
const waiting: string[] = []
let described = false
for await (const line of createInterface({ input: process.stdin })) {
  const { sdp, candidate } = JSON.parse(line) as { sdp?: string; candidate?: string }
  if (sdp !== undefined) {
    described = true
    peer.setRemoteDescription(sdp, 'offer')
    for (const one of waiting.splice(0)) peer.addRemoteCandidate(one, '0')
  } else if (candidate !== undefined) {
    if (described) peer.addRemoteCandidate(candidate, '0')
    else waiting.push(candidate)
  }
}
peer.close()
process.exit(0)
