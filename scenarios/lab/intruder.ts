// Somebody who wants a film that is not theirs to have this way: knows whom to ask, where that device listens, the message and
// the root, and is bound by none of the rules that an honest device keeps by itself. Asks over every path, and tells what came:
// `node intruder.ts HOME DEVICE NETWORK-ADDRESS FROM ID ROOT`, one JSON line `{"direct":…,"tunnel":…,"webrtc":…}`.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { sign, verify } from '@doorpost/protocol/signature'
import { systemClock } from '@doorpost/peer/clock'
import { unseal } from '@doorpost/peer/identity/seal'
import { createDirectOpener } from '@doorpost/peer/node/direct-door'
import { openTunnel } from '@doorpost/peer/node/tunnel-agent'
import { createNodeWebrtcPaths } from '@doorpost/peer/node/webrtc-paths'
import type { PathOpener, Target } from '@doorpost/peer/paths/openers'
import { systemRandom } from '@doorpost/peer/random'
import { openMail } from '@doorpost/peer/receive/open-mail'
import { announce } from '@doorpost/peer/send/announce'
import { newMessageId, sealEntry } from '@doorpost/peer/send/compose'
import { addressAll } from '@doorpost/peer/send/recipients'
import { openBareDevice } from './bare-device.ts'

/** Longest that one path is tried, ms: an honest device opens each within 2 s here. */
const PATIENCE_MS = 5_000
const LIST_BYTES_MAX = 2 * 1024 * 1024

const [homePath = '', device = '', networkAddress = '', from = '', id = '', root = ''] = process.argv.slice(2)
await using mine = await openBareDevice(homePath)
const { me, line, people } = mine
const victim = device as DeviceAddress
const resolved = await people.resolve(splitDevice(victim).user)
const deviceKey = await people.deviceKeyOf(victim)
if (deviceKey === undefined) throw new Error(`${victim} is not known: ${resolved.kind}`)
const target: Target = {
  address: victim,
  deviceKey,
  networkAddresses: [networkAddress],
  message: { from: from as DeviceAddress, id },
}

const signAs = (kind: Parameters<typeof sign>[0], body: Uint8Array) => sign(kind, body, me.deviceKey.secret)
const direct = createDirectOpener({ address: me.address, deviceKey: me.deviceKey.public, sign: signAs, verify })
await using tunnel = openTunnel({ origin: me.origin, as: me, line, polls: false, onFault: () => {} })
using webrtc = createNodeWebrtcPaths({ line, origin: me.origin })
webrtc.begin({
  admits: async () => true,
  source: {} as Parameters<typeof webrtc.begin>[0]['source'],
  say(to, content) {
    sendNote(to, content).catch(() => {})
  },
})
// Answers to what was said: unsealed without asking whether anybody may say so.
line.onPush((push) => {
  if (push.kind !== 'message') return
  const signal = AbortSignal.timeout(PATIENCE_MS)
  openMail(push.envelope, { me, people, unseal, nowMs: Date.now(), signal })
    .then((mail) => {
      if (mail.kind !== 'note' || mail.note.content.note !== 'path') return
      webrtc.take({ address: mail.note.from, deviceKey }, mail.note.content)
    })
    .catch(() => {})
})

async function sendNote(to: DeviceAddress, content: PathNote): Promise<void> {
  const addressed = await addressAll(people, [to])
  if (addressed.kind !== 'all') return
  const date = new Date()
  const entry = {
    ...{ id: newMessageId(systemRandom), class: 'note' as const, to: [to], content, tries: 0, notBeforeMs: 0 },
    ...{ date: date.toISOString(), expires: new Date(date.getTime() + 60_000).toISOString() },
  }
  const { envelope } = await sealEntry(me, entry, addressed.addressees)
  await announce(line, envelope, new AbortController().signal)
}

/** `here` when the list came; else what stood in the way. */
async function ask(opener: PathOpener): Promise<string> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    using path = await opener.open(target, signal)
    return (await path.list({ messageId: id, root: fromBase64url(root) }, LIST_BYTES_MAX, signal)).state
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

await line.call('FINGER', '/')
const [byDirect, byTunnel, byWebrtc] = await Promise.all([direct, tunnel.opener, webrtc.opener].map(ask))
const told = { direct: byDirect, tunnel: byTunnel, webrtc: byWebrtc }
process.stdout.write(`${JSON.stringify(told)}\n`)
// The clock of a connection that was never answered holds the process.
systemClock.after(0, () => process.exit(0))
