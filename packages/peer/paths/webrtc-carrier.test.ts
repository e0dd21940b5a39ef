import { concat } from '@doorpost/protocol/bytes'
import { describe, expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { fakeChannel } from './fake-rtc.ts'
import { rtcCarrier } from './webrtc-carrier.ts'

const KiB = 1024
const MiB = 1024 * KiB
function carried(messageBytesMax?: number, likesLongMessages = false) {
  const channel = Object.assign(fakeChannel(messageBytesMax), likesLongMessages && { likesLongMessages })
  const ends: string[] = []
  const closes: string[] = []
  const carrier = rtcCarrier({ channel, close: (cause) => closes.push(cause), unreadBytesMax: 100 })
  carrier.onEnd = (cause) => ends.push(cause)
  return { channel, carrier, ends, closes }
}
const run = (bytes: number, first = 0) => new Uint8Array(bytes).map((_, at) => first + at * 7)

describe('what leaves', () => {
  test('[RTC14] what is written in one turn leaves together, long runs in messages of 64 KiB, in order', async () => {
    const { channel, carrier } = carried()
    const written = [run(40), run(20, 1), run(150 * KiB, 2), run(9, 3)]
    const gone: number[] = []
    for (const [at, bytes] of written.entries()) carrier.write(bytes, () => gone.push(at))
    expect(channel.sent).toEqual([])
    await settle()
    expect(channel.sent.map(({ length }) => length)).toEqual([60, 64 * KiB, 64 * KiB, 22 * KiB, 9])
    expect(concat(...channel.sent)).toEqual(concat(...written))
    expect(gone).toEqual([0, 1, 2, 3])
  })

  test('[RTC14] no message is longer than the other end takes', async () => {
    const { channel, carrier } = carried(16 * KiB)
    carrier.write(run(40 * KiB))
    await settle()
    expect(channel.sent.map(({ length }) => length)).toEqual([16 * KiB, 16 * KiB, 8 * KiB])
  })

  test('[RTC14] from a browser messages are longer, as far as the other end takes it', async () => {
    for (const [takes, lengths] of [
      [MiB, [256 * KiB, 256 * KiB, 88 * KiB]],
      [200 * KiB, [200 * KiB, 200 * KiB, 200 * KiB]],
    ] as const) {
      const { channel, carrier } = carried(takes, true)
      carrier.write(run(600 * KiB))
      await settle()
      expect(channel.sent.map(({ length }) => length)).toEqual(lengths)
    }
  })

  test('[RTC14] no more is handed over than can be sent soon; the rest goes when the channel is low', async () => {
    const { channel, carrier } = carried()
    channel.holds = true
    let gone = 0
    for (let at = 0; at < 8; at++) carrier.write(run(MiB), () => gone++)
    await settle()
    expect(channel.bufferedBytes).toBe(4 * MiB)
    expect(gone).toBe(4)
    channel.bufferedBytes = channel.lowBytes
    channel.onLow()
    expect(channel.bufferedBytes).toBeLessThanOrEqual(4 * MiB + 64 * KiB)
    expect(gone).toBe(6)
  })

  test('[RTC14] at the end everything goes back to whoever lent it, once', async () => {
    const { channel, carrier, ends, closes } = carried()
    channel.holds = true
    let gone = 0
    for (let at = 0; at < 5; at++) carrier.write(run(MiB), () => gone++)
    await settle()
    channel.onEnd('lost')
    carrier.close('again')
    expect([gone, ends, closes]).toEqual([5, ['lost'], ['lost']])
    carrier.write(run(5), () => gone++)
    expect(gone).toBe(6)
    const broken = carried()
    broken.channel.send = () => {
      throw new Error('closed channel')
    }
    broken.carrier.write(run(5))
    await settle()
    expect(broken.ends).toEqual(['closed channel'])
  })
})

describe('what comes', () => {
  test('[RTC14] nothing is told while paused, then all of it in order; more than was asked for ends it', () => {
    const { channel, carrier, ends } = carried()
    const heard: number[] = []
    carrier.onData = (bytes) => {
      heard.push(bytes[0] as number)
      if (heard.length === 2) carrier.pause()
    }
    for (const first of [1, 2, 3]) channel.onMessage(Uint8Array.of(first))
    expect(heard).toEqual([])
    carrier.resume()
    expect(heard).toEqual([1, 2])
    carrier.resume()
    expect(heard).toEqual([1, 2, 3])
    carrier.pause()
    channel.onMessage(new Uint8Array(100))
    expect(ends).toEqual([])
    channel.onMessage(new Uint8Array(1))
    expect(ends).toEqual(['more came than was asked for'])
    carrier.resume()
    expect(heard).toEqual([1, 2, 3])
  })

  test('[SEC3] messages are counted too: empty ones fill no memory of somebody who does not read just now', () => {
    const { channel, carrier, ends } = carried()
    carrier.pause()
    for (let at = 0; at < 20_000 && ends.length === 0; at++) channel.onMessage(new Uint8Array(0))
    expect(ends).toEqual(['more came than was asked for'])
  })
})
