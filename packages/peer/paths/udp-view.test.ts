// What a device learns of its own router, with routers that are functions.

import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { systemRandom } from '../random.ts'
import type { HostPort, UdpSocket } from './stun-client.ts'
import { viewUdp } from './udp-view.ts'

const SERVERS = [
  { host: '203.0.113.10', port: 3478 },
  { host: '203.0.113.10', port: 3479 },
]

/** A socket behind a router that maps it so for each server; undefined: nothing comes back. */
function socketBehind(mapping: (server: HostPort) => HostPort | undefined): UdpSocket & { disposed: boolean } {
  const listeners = new Set<(bytes: Uint8Array) => void>()
  return {
    port: 50_000,
    disposed: false,
    send(bytes, to) {
      const seen = mapping(to)
      if (seen) for (const listener of listeners) listener(answerTo(bytes, seen))
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async [Symbol.asyncDispose]() {
      this.disposed = true
    },
  }
}

/** A success answer with a MAPPED-ADDRESS, as old servers send it. */
function answerTo(request: Uint8Array, { host, port }: HostPort): Uint8Array {
  const address = host.split('.').map(Number)
  return Uint8Array.of(1, 1, 0, 12, ...request.subarray(4, 20), 0, 1, 0, 8, 0, 1, port >> 8, port & 255, ...address)
}

async function view(mapping: (server: HostPort) => HostPort | undefined, servers: readonly HostPort[] = SERVERS) {
  const clock = fakeClock()
  const socket = socketBehind(mapping)
  const seeing = viewUdp({
    openSocket: async () => socket,
    servers,
    ownHosts: ['192.168.1.2'],
    clock,
    random: systemRandom,
    signal: new AbortController().signal,
  })
  await clock.pass(5_000)
  const seen = await seeing
  expect(socket.disposed).toBe(servers.length > 0)
  return seen
}

describe('how UDP is seen from outside', () => {
  test('[DOC4] seen under an own address and port: nothing translates', async () => {
    const seen = { host: '192.168.1.2', port: 50_000 }
    expect(await view(() => seen)).toEqual({ kind: 'open', seen })
  })

  test('[DOC4] one mapping for two servers, another for each, or one server alone', async () => {
    const seen = { host: '198.51.100.7', port: 50_000 }
    expect(await view(() => seen)).toEqual({ kind: 'same', seen })
    expect(await view(({ port }) => ({ ...seen, port: 40_000 + (port & 1) }))).toMatchObject({ kind: 'differs' })
    expect(await view(({ port }) => (port === 3478 ? seen : undefined))).toEqual({ kind: 'kept', seen })
    const drawn = { ...seen, port: 41_234 }
    expect(await view(() => drawn, SERVERS.slice(0, 1))).toEqual({ kind: 'changed', seen: drawn })
  })

  test('[DOC4] nobody answers, and nobody to ask', async () => {
    expect(await view(() => undefined)).toEqual({ kind: 'blocked', asked: SERVERS })
    expect(await view(() => undefined, [])).toEqual({ kind: 'no-server' })
  })
})
