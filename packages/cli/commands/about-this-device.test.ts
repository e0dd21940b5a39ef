// whoami, doctor, finger, presence, refuse, stop: small commands with one answer each.

import { Trouble } from '@doorpost/peer/operations'
import { safetyNumber } from '@doorpost/protocol/safety-number'
import { expect, test } from 'vitest'
import { entry, ID } from '../fake-messages.ts'
import { fake } from '../fake-surroundings.ts'

const self = {
  address: 'alice@localhost:8025',
  device: 'laptop',
  fingerprint: 'F'.repeat(43),
  server: 'http://localhost:8025',
  home: '/home/ann/.doorpost',
  agent: true,
  online: false,
  share: 'presence',
}

test('[X3] whoami --json is what the device says, and people read it in words', async () => {
  const json = fake({ answers: { whoami: () => self } })
  expect(await json.run('whoami', '--json')).toBe(0)
  expect(JSON.parse(json.out())).toEqual(self)
  const it = fake({ answers: { whoami: () => self } })
  await it.run('whoami')
  expect(it.out()).toMatch(/^server +http:\/\/localhost:8025 \(no line to it now\)$/m)
  expect(it.out()).toMatch(/^contacts see +whether you are on-line$/m)
})

test('[X25] doctor says what works and what does not, with what to do', async () => {
  const checks = [
    { name: 'server', ok: true, says: 'The server answers.' },
    { name: 'listener', ok: false, says: 'This device listens nowhere.', todo: 'Start the agent again.' },
  ]
  const it = fake({ answers: { doctor: () => ({ checks }) } })
  expect(await it.run('doctor')).toBe(69)
  expect(it.out()).toContain(
    'works  The server answers.\nfails  This device listens nowhere.\n       Start the agent again.\n',
  )
  const json = fake({ answers: { doctor: () => ({ checks: checks.slice(0, 1) }) }, agent: false })
  expect(await json.run('doctor', '--json')).toBe(0)
  expect(JSON.parse(json.out())).toMatchObject({ checks: [{ name: 'node' }, { name: 'agent' }, checks[0]] })
})

test('[X25] a home that cannot be opened is a finding of doctor', async () => {
  const nobody = () => {
    throw new Trouble('no-identity', '')
  }
  const it = fake({ openPeer: async () => nobody() })
  expect(await it.run('doctor')).toBe(69)
  expect(it.out()).toContain('fails  Nobody has joined a server from here yet.\n       Join one first')
})

test('[X8] finger shows a user’s devices, and nothing that a terminal obeys', async () => {
  const line = {
    address: 'bob@localhost:8025',
    fingerprint: 'F',
    key: 'changed' as const,
    devices: [
      { name: 'tower\u001b[2J', createdAt: '2026-05-01T00:00:00.000Z', online: true, addresses: ['127.0.0.1:4711'] },
      { name: 'old', createdAt: '2025-01-01T00:00:00.000Z', revokedAt: '2026-04-01T12:00:00.000Z' },
    ],
  }
  const it = fake({ answers: { finger: () => line, whoami: () => self } })
  expect(await it.run('finger', 'bob')).toBe(0)
  expect(it.out()).toContain('NOT the one you know')
  expect(it.out()).toMatch(/^tower\ufffd\[2J +1 May +on-line +127\.0\.0\.1:4711$/m)
  expect(it.out()).toMatch(/^old +\S+ \S+ 202\d +withdrawn 1 Apr$/m)
  expect(it.out()).not.toContain('\u001b')
})

test('[SCR8] finger shows the safety number that the other one sees as well', async () => {
  const line = { address: 'bob@localhost:8025', fingerprint: 'B'.repeat(43), key: 'known' as const, devices: [] }
  const it = fake({ answers: { finger: () => line, whoami: () => self } })
  await it.run('finger', 'bob')
  expect(it.out()).toContain(safetyNumber(self, line))
  const oneself = fake({ answers: { finger: () => ({ ...line, address: self.address }), whoami: () => self } })
  await oneself.run('finger', 'alice')
  expect(oneself.out()).not.toContain('safety number')
})

test('[X1] presence takes one of three words', async () => {
  const it = fake({ answers: { 'presence.share': ({ share }) => ({ share }) } })
  expect(await it.run('presence', 'share', 'nothing')).toBe(0)
  expect(it.asked).toEqual([{ name: 'presence.share', args: { share: 'nothing' } }])
  expect(await fake().run('presence', 'share', 'everything')).toBe(64)
})

test('[X23] refuse takes the beginning of an id', async () => {
  const it = fake({ answers: { inbox: () => [entry()], refuse: () => entry({ state: 'refused' }) } })
  expect(await it.run('refuse', ID.slice(0, 8), '--json')).toBe(0)
  expect(it.asked.at(-1)).toEqual({ name: 'refuse', args: { id: ID } })
  expect(JSON.parse(it.out())).toMatchObject({ id: ID, state: 'refused' })
})

test('[X21] stop ends an agent, and says so where there is none', async () => {
  const it = fake({ answers: { stop: () => ({}) } })
  expect(await it.run('stop')).toBe(0)
  expect(it.err()).toContain('The agent has ended.')
  const none = fake({ agent: false })
  expect(await none.run('stop')).toBe(69)
  expect(none.asked).toEqual([])
})
