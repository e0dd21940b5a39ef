// What the doctor finds out by itself: the server, the clock, the session. How paths are told is explain-paths'.

import { Refusal } from '@doorpost/protocol/errors'
import { describe, expect, test } from 'vitest'
import { type DoctorOptions, examine } from './doctor.ts'
import { fakeClock } from './fake-clock.ts'
import type { Identity } from './identity/identity-record.ts'
import { systemRandom } from './random.ts'
import type { Line } from './session/line.ts'

const START_MS = Date.parse('2026-11-21T12:00:00.000Z')

/** A line whose server answers FINGER / so, and everything else with nothing. */
function lineTo(answer: () => unknown, more: Partial<Line> = {}): Line {
  return {
    async call(method, target) {
      if (target === '/ice') return { status: 200, headers: {}, body: { stunPort: null, turn: null } }
      return { status: 200, headers: {}, body: method === 'FINGER' ? answer() : { contacts: [] } }
    },
    state: 'online',
    trouble: undefined,
    onPush: () => () => {},
    onState: () => () => {},
    setAddresses() {},
    async close() {},
    async [Symbol.asyncDispose]() {},
    ...more,
  }
}

const facts = (time?: string) => ({
  doorpost: 1,
  domain: 'example.org',
  origins: ['https://example.org'],
  registration: 'open',
  ...(time !== undefined && { time }),
})

async function examined(line: Line, more: Partial<DoctorOptions> = {}) {
  const me = {
    address: 'alice@example.org/laptop',
    user: 'alice@example.org',
    device: 'laptop',
    origin: 'https://example.org',
    fingerprint: 'f',
    opened: { list: { devices: [{ name: 'laptop' }] } },
  } as unknown as Identity
  const people = { ownList: async () => 'fine', list: async () => [] } as unknown as DoctorOptions['people']
  const checks = await examine({
    me,
    line,
    people,
    clock: fakeClock(START_MS),
    random: systemRandom,
    networkAddresses: ['192.168.1.2:4711'],
    outboxSize: 0,
    fetchesRunning: 0,
    refusedMail: {},
    signal: new AbortController().signal,
    ...more,
  })
  return (name: string) => checks.find((check) => check.name === name)
}

describe('doctor', () => {
  test('[DOC2] a clock that differs by more than 30 s is told, by how much and which way', async () => {
    const at = async (aheadMs: number) =>
      (await examined(lineTo(() => facts(new Date(START_MS - aheadMs).toISOString()))))('clock')
    expect((await at(0))?.ok).toBe(true)
    expect((await at(29_000))?.ok).toBe(true)
    expect((await at(-29_000))?.ok).toBe(true)
    expect((await at(240_000))?.says).toMatch(/4\smin ahead of the server's/)
    expect((await at(-40_000))?.says).toMatch(/40\ss behind the server's/)
    expect((await examined(lineTo(() => facts())))('clock')).toBeUndefined()
  })

  test('[DOC1] [GON8] a server that is away: session, webrtc and tunnel fail with it, and direct does not', async () => {
    const away = lineTo(
      () => {
        throw new Error('connection refused')
      },
      { state: 'offline', trouble: { code: 'server-unreachable', detail: 'Connection refused.' } },
    )
    const line = await examined(away)
    // A page has no proxy to set.
    expect(line('server')).toMatchObject({
      ok: false,
      todo: expect.stringMatching(/whoever runs the server/) as unknown,
    })
    const probes: NonNullable<DoctorOptions['probes']> = {
      proxy: undefined,
      openUdp: async () => expect.unreachable(),
      ownHosts: () => [],
      loadWebrtc: async () => {},
      explain: async () => 'The certificate of the server has run out.',
    }
    const onMachine = await examined(away, { probes })
    expect(onMachine('server')).toMatchObject({
      says: expect.stringMatching(/cannot be reached: The certificate of the server has run out/) as unknown,
      todo: expect.stringMatching(/HTTPS_PROXY/) as unknown,
    })
    expect(line('session')?.says).toMatch(/Connection refused/)
    expect([line('direct')?.ok, line('webrtc')?.ok, line('tunnel')?.ok]).toEqual([true, false, false])
  })

  test.each([
    ['by the answer', new Refusal('login-refused'), undefined],
    ['by its session', new Error('Login Refused'), { code: 'login-refused' as const, detail: 'Login Refused' }],
  ])('[DOC1] a device that was revoked is told so %s, and not that the server is away', async (_, error, trouble) => {
    const shut = lineTo(() => facts(), { call: () => Promise.reject(error), state: 'offline', trouble })
    const line = await examined(shut)
    expect(line('server')).toMatchObject({ ok: true, says: 'https://example.org answers.' })
    expect(line('login')).toMatchObject({ ok: false, todo: expect.stringMatching(/devices add/) as unknown })
    expect(line('login')?.says).toMatch(/revoked/)
  })

  test('[DOC1] the proxy is named where requests go through one', async () => {
    const probes: NonNullable<DoctorOptions['probes']> = {
      proxy: 'proxy.example.org:3128',
      openUdp: async () => expect.unreachable(),
      ownHosts: () => [],
      loadWebrtc: async () => {},
    }
    const line = await examined(
      lineTo(() => facts()),
      { probes },
    )
    expect(line('server')).toMatchObject({
      ok: true,
      says: expect.stringMatching(/proxy\.example\.org:3128/) as unknown,
    })
    expect(line('webrtc')?.says).toMatch(/does not tell devices how they are seen/)
  })

  test('[DOC1] without a session it says how often mail is asked for', async () => {
    const line = await examined(
      lineTo(() => facts(), { state: 'offline' }),
      { pollEveryMs: 60_000 },
    )
    expect(line('session')).toMatchObject({ ok: true, says: expect.stringMatching(/every 60\ss/) as unknown })
  })
})
