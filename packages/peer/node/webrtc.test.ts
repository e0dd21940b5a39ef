// The webrtc path with the library itself at both ends, on loopback. With ends that are made up it is paths/webrtc-path.test.ts.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type DataChannel, PeerConnection } from 'node-datachannel'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import type { PathCandidate, PathNote, PathSignal } from '@doorpost/protocol/path-signal'
import { systemClock } from '../clock.ts'
import { contractCaller, pathContract } from '../paths/path.contract.ts'
import type { Caller, Path, Source } from '../paths/path.ts'
import { createWebrtcPaths, type WebrtcPaths } from '../paths/webrtc-path.ts'
import { readCandidate, readDescription, writeDescription } from '../paths/webrtc-sdp.ts'
import { noIceServers } from '../paths/webrtc-ice.ts'
import { systemRandom } from '../random.ts'
import { createNodeRtc, type NodeRtcOptions } from './webrtc-connection.ts'

const alice = { address: 'alice@example.org/tower' as DeviceAddress, deviceKey: new Uint8Array(32).fill(1) }
const bob = { address: contractCaller.address as DeviceAddress, deviceKey: contractCaller.deviceKey }
const refusing: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}
const target = {
  ...alice,
  networkAddresses: [],
  message: { from: alice.address, id: 'AAAAAAAAAAAAAAAAAAAAAA' },
}
const { signal } = new AbortController()
const closing: WebrtcPaths[] = []
afterEach(() => {
  for (const paths of closing.splice(0)) paths.close()
})

type Load = NonNullable<NodeRtcOptions['load']>
type Said = { to: DeviceAddress; note: PathNote }
/** Two devices whose notes reach each other. */
function street(
  source: Source,
  { admits = (_caller: Caller) => true, load }: { admits?: (caller: Caller) => boolean; load?: Load } = {},
) {
  const said: Said[] = []
  const make = (native?: Load) => {
    const paths = createWebrtcPaths({
      connect: createNodeRtc({ bindAddress: '127.0.0.1', ...(native && { load: native }) }),
      iceServers: () => Promise.resolve(noIceServers),
      serverOnLoopback: true,
      clock: systemClock,
      random: systemRandom,
    })
    closing.push(paths)
    return paths
  }
  const [asks, answers] = [make(), make(load)]
  asks.begin({
    say(to, note) {
      said.push({ to, note })
      answers.take(bob, note)
    },
    admits: () => Promise.resolve(true),
    source: refusing,
  })
  answers.begin({
    say(to, note) {
      said.push({ to, note })
      asks.take(alice, note)
    },
    admits: (caller) => Promise.resolve(admits(caller)),
    source,
  })
  return { asks, answers, said }
}

pathContract('webrtc', async (source) => {
  const { asks, answers } = street(source)
  const path = await asks.opener.open(target, signal)
  return {
    path,
    breakLine: () => answers.close(),
    close: async () => {
      path.close()
      answers.close()
      await path.closed
    },
  }
})

describe('two real ends', () => {
  test('[RTC9] a path opens with one note each way, and closing it at one end frees both', async () => {
    const { asks, answers, said } = street(refusing)
    const path = await asks.opener.open(target, signal)
    expect(said.map(({ note }) => note.signal.step)).toEqual(['offer', 'answer'])
    expect(said.flatMap(({ note }) => (note.signal as PathSignal).candidates.map(({ address }) => address))).toEqual([
      '127.0.0.1',
      '127.0.0.1',
    ])
    expect([asks.connections, answers.connections]).toEqual([1, 1])
    path.close()
    await path.closed
    while (asks.connections + answers.connections > 0) await new Promise(setImmediate)
  })

  test('[RTC10] to somebody who is not permitted no packet is sent and nothing native is made', async () => {
    let made = 0
    const load = () => {
      made++
      return import('node-datachannel')
    }
    const { asks, answers, said } = street(refusing, { admits: () => false, load })
    const stop = new AbortController()
    const opening = asks.opener.open(target, stop.signal)
    while (said.length === 0) await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect([said.length, answers.connections, made]).toEqual([1, 0, 0])
    stop.abort(new Error('nobody there'))
    await expect(opening).rejects.toThrow('nobody there')
  })

  test('[RTC16] a platform without the native part has no such path, and says so to its own user alone', async () => {
    const load = () => Promise.reject(new Error('no such module'))
    const { asks, answers, said } = street(refusing, { load })
    // The answering side has none.
    const stop = new AbortController()
    const opening = asks.opener.open(target, stop.signal)
    while (said.length === 0) await new Promise(setImmediate)
    while (answers.connections > 0) await new Promise(setImmediate)
    expect(said.length).toBe(1)
    stop.abort(new Error('nobody there'))
    await expect(opening).rejects.toThrow('nobody there')
    // Nor can it ask.
    await expect(answers.opener.open(target, signal)).rejects.toThrow('not available on this platform')
    expect(answers.connections).toBe(0)
  })

  test('[RTC12] a process that has closed its paths ends by itself', async () => {
    const child = spawn(process.execPath, [new URL('webrtc-process.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    expect([code, said]).toEqual([0, 'here, ended by itself\n'])
  })
})

describe('the other end is not ours', () => {
  /** A path of ours that asks a bare node-datachannel, which answers as `play` says. */
  async function against(
    play: (peer: PeerConnection, channel: Promise<DataChannel>) => void,
    change: (note: PathNote) => PathNote = (note) => note,
  ) {
    const peer = new PeerConnection('other', { iceServers: [], bindAddress: '127.0.0.1' })
    bare.push(peer)
    const channel = Promise.withResolvers<DataChannel>()
    peer.onDataChannel((opened) => {
      bare.push(opened)
      channel.resolve(opened)
    })
    play(peer, channel.promise)
    const paths = createWebrtcPaths({
      connect: createNodeRtc({ bindAddress: '127.0.0.1' }),
      iceServers: () => Promise.resolve(noIceServers),
      serverOnLoopback: true,
      clock: systemClock,
      random: systemRandom,
    })
    closing.push(paths)
    paths.begin({
      say(_, { attempt, message, signal: offer }) {
        if (offer.step !== 'offer') return
        const candidates: PathCandidate[] = []
        const answer = () => {
          const description = readDescription(peer.localDescription()?.sdp ?? '')
          const note: PathNote = { note: 'path', attempt, message, signal: { step: 'answer', description, candidates } }
          // A candidate that comes before the description has to wait for it.
          paths.take(alice, { ...note, signal: { step: 'more', candidates } })
          paths.take(alice, change(note))
        }
        peer.onLocalCandidate((line) => candidates.push(readCandidate(line) as PathCandidate))
        peer.onGatheringStateChange((state) => state === 'complete' && answer())
        peer.setRemoteDescription(writeDescription('offer', offer.description), 'offer')
      },
      admits: () => Promise.resolve(true),
      source: refusing,
    })
    return paths.opener.open(target, signal)
  }
  const bare: { close(): void }[] = []
  afterEach(() => {
    for (const one of bare.splice(0).toReversed()) one.close()
  })
  const asked = (path: Path) => path.have({ messageId: target.message.id, root: new Uint8Array(32) }, signal)

  test('[RTC13] a certificate that is not the one in the signed note opens nothing', async () => {
    const opening = against(
      () => {},
      (note) => {
        const { signal: answer } = note
        if (answer.step !== 'answer') return note
        const fingerprint = `${answer.description.fingerprint.slice(0, -2)}00`
        return { ...note, signal: { ...answer, description: { ...answer.description, fingerprint } } }
      },
    )
    await expect(opening).rejects.toThrow(/failed|certificate|closed|connection/)
  })

  test('[RTC13] text, or nonsense, on the channel ends the path and answers what was asked', async () => {
    for (const send of [
      (channel: DataChannel) => channel.sendMessage('hello'),
      (channel: DataChannel) => channel.sendMessageBinary(Buffer.alloc(100, 0xff)),
    ]) {
      const path = await against((_, channel) => void channel.then((opened) => opened.onMessage(() => send(opened))))
      expect((await asked(path)).state).toBe('line-broken')
      await path.closed
    }
  })

  test('[RTC13] a second channel ends the path', async () => {
    const opening = against((peer, channel) => {
      void channel.then(() => bare.push(peer.createDataChannel('more')))
    })
    // It may come before ours is open here.
    const outcome = await opening.then(asked, (error: unknown) => ({ state: (error as Error).message }))
    expect(['line-broken', 'a second channel']).toContain(outcome.state)
  })
})
