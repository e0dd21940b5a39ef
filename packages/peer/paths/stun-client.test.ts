// The STUN client: the answers of RFC 5769, hostile bytes, and a line that loses.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { askStun, bindingRequest, readBindingSuccess, type UdpSocket } from './stun-client.ts'

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))

/** RFC 5769 sections 2.2 and 2.3: sample responses for IPv4 and IPv6, with attributes that are of no use here. */
const TRANSACTION = bytesOf('b7e7a701bc34d686fa87dfae')
const SAMPLE_V4 = bytesOf(`
  0101003c 2112a442 b7e7a701bc34d686fa87dfae
  8022000b 7465737420766563746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
  80280004 c07d4c96`)
const SAMPLE_V6 = bytesOf(`
  01010048 2112a442 b7e7a701bc34d686fa87dfae
  8022000b 7465737420766563746f7220
  00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9
  00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
  80280004 c8fb0b4c`)

describe('STUN', () => {
  test('[DOC3] the sample answers of RFC 5769 are read', () => {
    expect(readBindingSuccess(SAMPLE_V4, TRANSACTION)).toEqual({ host: '192.0.2.1', port: 32853 })
    expect(readBindingSuccess(SAMPLE_V6, TRANSACTION)).toEqual({
      host: '2001:db8:1234:5678:11:2233:4455:6677',
      port: 32853,
    })
  })

  test('[DOC3] an answer to another question, cut off, or of other bytes is none, and nothing throws', () => {
    expect(readBindingSuccess(SAMPLE_V4, bytesOf('b7e7a701bc34d686fa87dfaf'))).toBeUndefined()
    for (let length = 0; length < SAMPLE_V4.length; length++) {
      expect(readBindingSuccess(SAMPLE_V4.subarray(0, length), TRANSACTION)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(79), fc.nat(255), (noise, at, byte) => {
        readBindingSuccess(noise, TRANSACTION)
        const changed = SAMPLE_V4.slice()
        changed[at] = byte
        const found = readBindingSuccess(changed, TRANSACTION)
        if (found) expect(found.port).toBeLessThan(65_536)
      }),
    )
  })

  test('[DOC3] a request that is lost is asked again, the same transaction; after 3.5 s nobody answers', async () => {
    const clock = fakeClock()
    const { socket, sent, hear } = fakeSocket()
    const asking = askStun(
      socket,
      { host: '203.0.113.10', port: 3478 },
      { ...given(clock), signal: new AbortController().signal },
    )
    await clock.pass(600)
    expect(sent).toEqual([bindingRequest(TRANSACTION), bindingRequest(TRANSACTION)])
    hear(Uint8Array.of(1, 2, 3))
    hear(SAMPLE_V4)
    expect(await asking).toEqual({ host: '192.0.2.1', port: 32853 })
    expect(clock.waiting).toBe(0)

    const deaf = fakeSocket()
    const never = askStun(
      deaf.socket,
      { host: '203.0.113.10', port: 3478 },
      { ...given(clock), signal: new AbortController().signal },
    )
    await clock.pass(3_499)
    expect(deaf.sent).toHaveLength(3)
    await clock.pass(1)
    expect(await never).toBeUndefined()
    expect(deaf.listening()).toBe(0)
  })

  test('[DOC3] giving up ends it at once', async () => {
    const clock = fakeClock()
    const { socket, listening } = fakeSocket()
    const stop = new AbortController()
    const asking = askStun(socket, { host: '203.0.113.10', port: 3478 }, { ...given(clock), signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
    await settle()
    expect([clock.waiting, listening()]).toEqual([0, 0])
  })
})

const given = (clock: ReturnType<typeof fakeClock>) => ({ clock, random: () => TRANSACTION })

function fakeSocket() {
  const sent: Uint8Array[] = []
  const listeners = new Set<(bytes: Uint8Array) => void>()
  const socket: UdpSocket = {
    port: 50_000,
    send: (bytes) => void sent.push(bytes),
    onMessage(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async [Symbol.asyncDispose]() {},
  }
  return {
    socket,
    sent,
    hear: (bytes: Uint8Array) => {
      for (const listener of listeners) listener(bytes)
    },
    listening: () => listeners.size,
  }
}
