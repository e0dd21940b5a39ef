// What is said of the paths, for every finding: one line a path, and what to do where one does not work.

import { describe, expect, test } from 'vitest'
import { explainPaths, type PathFindings } from './explain-paths.ts'

const seen = { host: '198.51.100.7', port: 40_000 }
const behindRouter: PathFindings = {
  networkAddresses: ['192.168.1.2:4711'],
  udp: { kind: 'same', seen },
  webrtcMissing: undefined,
  turn: [],
  offline: undefined,
  tunnel: { bytesPerSecond: 16_000_000, bytesPerDay: 50_000_000_000 },
}
const lineOf = (name: string, findings: Partial<PathFindings>) =>
  explainPaths({ ...behindRouter, ...findings }).find((check) => check.name === name)

describe('the paths in words', () => {
  test('[DOC1] one line a path; what does not work says what to do', () => {
    const checks = explainPaths(behindRouter)
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['direct', true],
      ['webrtc', true],
      ['turn', true],
      ['tunnel', true],
    ])
    const nothing = explainPaths({ ...behindRouter, networkAddresses: [], offline: 'no route', tunnel: undefined })
    expect(nothing.map(({ name, ok, todo }) => [name, ok, todo !== undefined])).toEqual([
      ['direct', false, true],
      ['webrtc', false, true],
      ['tunnel', false, true],
    ])
  })

  test('[DOC1] direct: an address in the open, one of an own network, of a provider, of this machine', () => {
    expect(lineOf('direct', { networkAddresses: ['192.168.1.2:1', '[2001:db8::7]:1'] })?.says).toMatch(
      /others can dial this device at \[2001:db8::7\]:1,/,
    )
    expect(lineOf('direct', {})?.says).toMatch(
      /only devices in your own network.*198\.51\.100\.7, which is your router/,
    )
    expect(lineOf('direct', { networkAddresses: ['100.64.0.7:1'] })?.says).toMatch(/only devices in your own network/)
    expect(lineOf('direct', { networkAddresses: ['127.0.0.1:1'] })?.says).toMatch(/devices on this machine/)
  })

  test('[DOC1] webrtc: every view of UDP has its own sentence, and only what cannot work fails', () => {
    const views: NonNullable<PathFindings['udp']>[] = [
      { kind: 'open', seen },
      { kind: 'same', seen },
      { kind: 'differs', seen },
      { kind: 'kept', seen },
      { kind: 'changed', seen },
      { kind: 'blocked', asked: [{ host: '203.0.113.10', port: 3478 }] },
      { kind: 'no-server' },
    ]
    const lines = views.map((udp) => lineOf('webrtc', { udp }))
    expect(lines.map((line) => line?.ok)).toEqual([true, true, true, true, true, false, false])
    expect(new Set(lines.map((line) => line?.says)).size).toBe(views.length)
    expect(lines[5]?.says).toMatch(/203\.0\.113\.10 port 3478.*blocks UDP/)
    expect(lineOf('webrtc', { webrtcMissing: 'no such file' })).toMatchObject({ ok: false })
    expect(lineOf('webrtc', { networkAddresses: ['[::1]:1'], udp: { kind: 'no-server' } })?.ok).toBe(true)
  })

  test('[DOC1] TURN and the tunnel: what there is, and its limits', () => {
    expect(lineOf('turn', { turn: [{ host: 'turn.example.org', port: 3478 }] })?.says).toMatch(
      /turn\.example\.org:3478/,
    )
    expect(lineOf('tunnel', {})?.says).toMatch(/up to 16\.0\sMB\/s and 50\.0\sGB a day/)
    expect(lineOf('tunnel', { tunnel: { bytesPerSecond: 1, bytesPerDay: 0 } })?.ok).toBe(false)
    const unbounded = { bytesPerSecond: 100_000_000_000, bytesPerDay: Number.MAX_SAFE_INTEGER }
    expect(lineOf('tunnel', { tunnel: unbounded })?.says).toBe(
      'tunnel: works wherever the server can be reached, as fast as the lines are.',
    )
  })
})
