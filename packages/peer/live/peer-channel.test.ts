// Messages on a peer-to-peer connection, in whatever parts its bytes come, and how its end is noticed.

import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { encodeFrame, FRAME_HEADER_BYTES } from '@doorpost/protocol/live/frame'
import { ACK_WINDOW_MAX, LIVE_FRAME_BYTES_MAX, LIVE_PING_MS, LIVE_SILENCE_MS } from '@doorpost/protocol/live/limits'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import type { Carrier } from '../paths/carrier.ts'
import { memoryCarriers } from '../paths/memory-carrier.ts'
import { openPeerChannel } from './peer-channel.ts'

const frameOf = (sequence: number, bytes: number) =>
  encodeFrame(
    { type: 'picture', keyFrame: true, layer: 0, epoch: 0, sequence, capturedAtUs: 0 },
    new Uint8Array(bytes).fill(sequence),
  )

test('[LVP12] frames and acknowledgements arrive whole and in order, in whatever parts the bytes come', async () => {
  const clock = fakeClock()
  for (const chunkBytes of [1, 3, 1000, 65_536]) {
    const [one, other] = memoryCarriers(chunkBytes).map((carrier) => openPeerChannel(carrier, clock))
    if (!one || !other) throw new Error('two ends')
    const frames = [frameOf(1, 0), frameOf(2, 700), frameOf(3, 5000)]
    const came: Uint8Array[] = []
    const acknowledged: number[] = []
    other.onFrame = (message) => came.push(message)
    one.onAcknowledgement = ({ sequence }) => acknowledged.push(sequence)
    one.begin()
    other.begin()
    for (const frame of frames) one.send(frame)
    other.send(encodeBack({ type: 'acknowledgement', epoch: 0, sequence: 2, keyFrameWanted: false }))
    await expect.poll(() => came.length + acknowledged.length).toBe(4)
    expect(came).toEqual(frames)
    expect(acknowledged).toEqual([2])
    one.close('enough')
  }
})

/** A channel, begun, on a line whose other end is this test. `ends`: what it said of its end; `closedBy`: what its line was closed with. */
function openLine(clock = fakeClock()) {
  const written: Uint8Array[] = []
  const closedBy: string[] = []
  const carrier: Carrier = {
    write: (bytes) => void written.push(bytes),
    onData: () => {},
    onEnd: () => {},
    pause() {},
    resume() {},
    close: (cause) => void closedBy.push(cause),
  }
  const channel = openPeerChannel(carrier, clock)
  const ends: string[] = []
  channel.onEnd = (cause) => ends.push(cause)
  channel.begin()
  return { carrier, channel, written, ends, closedBy }
}

test('[LVP12] an idle connection is probed each second; one that says nothing for 3 s is over', async () => {
  const clock = fakeClock()
  const { carrier, written, ends, closedBy } = openLine(clock)
  await clock.pass(2 * LIVE_PING_MS)
  // A length and a probe each.
  expect(written.length).toBe(6)
  const echo = encodeBack({ type: 'echo', number: 1 })
  carrier.onData(Uint8Array.of(0, 0, 0, echo.length, ...echo))
  await clock.pass(LIVE_SILENCE_MS - 1)
  expect(ends).toEqual([])
  await clock.pass(LIVE_PING_MS)
  expect([ends, closedBy]).toEqual([['silent'], ['silent']])
  // Nothing waits for it any more.
  expect(clock.waiting).toBe(0)
})

test('[LVP15] whoever closes it closes the line under it, once, and nothing more is asked there', async () => {
  const clock = fakeClock()
  const { channel, written, ends, closedBy } = openLine(clock)
  channel.close('put out')
  const before = written.length
  channel.send(frameOf(1, 10))
  await clock.pass(LIVE_SILENCE_MS)
  expect([ends, closedBy, written.length]).toEqual([['put out'], ['put out'], before])
})

test('[LVP12] a message that says it is longer than any may be ends the connection', () => {
  const { carrier, ends, closedBy } = openLine()
  carrier.onData(Uint8Array.of(0, 8, 0, 1))
  expect(ends).toEqual(['a message longer than any may be'])
  expect(closedBy).toEqual(ends)
})

test('[SEC2] each byte is looked at once, in however many parts a message comes, and what is no message ends the connection', () => {
  const { carrier, channel, ends } = openLine()
  const came: number[] = []
  channel.onFrame = (message) => came.push(message.length)
  const frame = frameOf(1, LIVE_FRAME_BYTES_MAX - FRAME_HEADER_BYTES)
  const length = Uint8Array.of(0, 8, 0, 0)
  // Joined anew with every part, half a million parts took minutes, and as arguments of one call ended the process.
  for (const bytes of [length, frame])
    for (let at = 0; at < bytes.length; at++) carrier.onData(bytes.subarray(at, at + 1))
  expect(came).toEqual([LIVE_FRAME_BYTES_MAX])
  carrier.onData(new Uint8Array(256 * 1024))
  expect(ends).toEqual(['a message that is none'])
})

test('[SEC2] somebody who asks and acknowledges but takes nothing is left, before much waits for them', () => {
  const { carrier, channel, ends } = openLine()
  let waitingBytes = 0
  carrier.write = (bytes) => void (waitingBytes += bytes.length)
  const probe = encodeBack({ type: 'probe', number: 1 })
  const probes = new Uint8Array(1_000 * (4 + probe.length))
  for (let at = 0; at < probes.length; at += 4 + probe.length) probes.set([0, 0, 0, probe.length, ...probe], at)
  for (let number = 0; number < ACK_WINDOW_MAX - 2; number++) channel.send(frameOf(number, 500_000))
  expect(ends).toEqual([])
  for (let times = 0; times < 100 && ends.length === 0; times++) carrier.onData(probes)
  expect(ends).toEqual(['the other end takes nothing'])
  expect(waitingBytes).toBeLessThan(2 * ACK_WINDOW_MAX * LIVE_FRAME_BYTES_MAX)
})
