import type { Ice } from '@doorpost/protocol/messages/ice'
import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import type { CallOptions } from '../session/line.ts'
import { createIceServers, noIceServers } from './webrtc-ice.ts'

const urls = ['turn:turn.example.org', 'turn:[2001:db8::7]:3479?transport=tcp', 'turns:192.0.2.9']

function asking(answer: (asked: number, signal: AbortSignal | undefined) => Promise<unknown>) {
  const clock = fakeClock()
  let asked = 0
  const call = async (method: string, target: string, { signal }: CallOptions = {}) => {
    expect([method, target]).toEqual(['LIST', '/ice'])
    return { status: 200, headers: {}, body: await answer(++asked, signal) }
  }
  const servers = createIceServers({ line: { call }, origin: 'https://[2001:db8::1]:8025', clock })
  return { clock, servers, asked: () => asked }
}

describe('where STUN and TURN are', () => {
  test('[RTC17] STUN at the host that was dialled, relays as the server names them', async () => {
    const ice: Ice = {
      stunPort: 8025,
      turn: { urls, username: 'u', credential: 'c', expires: '2026-11-21T13:00:00.000Z' },
    }
    const { servers } = asking(async () => ice)
    const who = { username: 'u', credential: 'c' }
    expect(await servers()).toEqual({
      stun: [{ host: '2001:db8::1', port: 8025 }],
      turn: [
        { host: 'turn.example.org', port: 3478, transport: 'udp', ...who },
        { host: '2001:db8::7', port: 3479, transport: 'tcp', ...who },
        { host: '192.0.2.9', port: 5349, transport: 'tls', ...who },
      ],
    })
  })

  test('[RTC17] asked once for all who want it, again after 10 minutes, and before credentials end', async () => {
    const { clock, servers, asked } = asking(async () => ({ stunPort: 1, turn: null }))
    await Promise.all([servers(), servers()])
    await clock.pass(10 * 60_000 - 1)
    await servers()
    expect(asked()).toBe(1)
    await clock.pass(1)
    await servers()
    expect(asked()).toBe(2)
    const expires = new Date(Date.parse('2026-11-21T12:05:00.000Z')).toISOString()
    const short = asking(async () => ({ stunPort: null, turn: { urls, username: 'u', credential: 'c', expires } }))
    await short.servers()
    await short.clock.pass(4 * 60_000)
    await short.servers()
    expect(short.asked()).toBe(2)
  })

  test.each([
    ['refused', () => Promise.reject(new Error('no'))],
    ['nonsense', () => Promise.resolve({ stunPort: 'x' })],
    ['a relay that is none', () => Promise.resolve({ stunPort: 1, turn: { urls: ['http://x'] } })],
  ])('[RTC17] %s: none, and asked again the next time', async (_, answer) => {
    const { servers, asked } = asking(answer)
    expect(await servers()).toEqual(noIceServers)
    await servers()
    expect(asked()).toBe(2)
  })

  test('[RTC17] no answer in 1.5 s: none', async () => {
    const { clock, servers } = asking(
      (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    )
    const asked = servers()
    await settle()
    await clock.pass(1_500)
    expect(await asked).toEqual(noIceServers)
    expect(clock.waiting).toBe(0)
  })
})
