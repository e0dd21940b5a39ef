import type { AgentEvent } from '@doorpost/peer/node/agent'
import { expect, test } from 'vitest'
import { eventTeller } from './agent.ts'

const line = (state: string, code?: string): AgentEvent => ({
  event: `line-${state}`,
  level: 'info',
  ...(code !== undefined && { code }),
})

test('[X86] the agent says once that the server is away, and that it is there again', () => {
  let said = ''
  const tell = eventTeller(false, { err: { write: (text: string) => void (said += text) } as never })
  tell(line('connecting'))
  tell(line('online'))
  expect(said).toBe('')
  for (let at = 0; at < 3; at++) {
    tell(line('offline', 'server-unreachable'))
    tell(line('connecting', 'server-unreachable'))
  }
  expect(said).toBe('The server cannot be reached. It is tried again by itself, and what is to be sent waits here.\n')
  tell(line('online'))
  tell(line('online'))
  expect(said).toMatch(/waits here\.\nThe server is there again\.\n$/)
  // Ending is no trouble.
  tell(line('offline'))
  expect(said.match(/\n/g)?.length).toBe(2)
})

test('[DEV30] the agent of a device that is let in no more says so in words: once, and again when it was in between', () => {
  let said = ''
  const tell = eventTeller(false, { err: { write: (text: string) => void (said += text) } as never })
  tell(line('offline', 'server-unreachable'))
  expect(said).not.toContain('does not accept')
  for (let at = 0; at < 3; at++) {
    tell(line('connecting', 'login-refused'))
    tell(line('offline', 'login-refused'))
  }
  expect(said.match(/revoked/g)?.length).toBe(2)
  expect(said).toMatch(/does not accept this device.*\n.*link it anew/)
  tell(line('online'))
  tell(line('offline', 'login-refused'))
  expect(said.match(/does not accept/g)?.length).toBe(2)
})

test('[GON5] what an agent found out about being let in no more is told in words once, with what to do', () => {
  let said = ''
  const tell = eventTeller(false, { err: { write: (text: string) => void (said += text) } as never })
  const found = (why: string) =>
    tell({ event: 'shut-out', level: 'warn', user: 'alice@example.org', why, at: '2026-11-22T08:00:00.000Z' })
  for (let at = 0; at < 3; at++) found('no-account')
  expect(said.match(/knows nobody called alice@example.org/g)?.length).toBe(1)
  expect(said).toContain('Ask whoever runs the server.')
  found('taken-over')
  expect(said).toMatch(/taken back with its recovery words on another device at 2026.*\n.*doorpost recover/)
})

test('[GON9] an agent whose account was closed says so, and not that the server is away', () => {
  let said = ''
  const tell = eventTeller(false, { err: { write: (text: string) => void (said += text) } as never })
  tell({ ...line('offline', 'not-allowed'), why: 'Whoever runs this server has closed this account.' })
  expect(said).toBe(
    'Whoever runs this server has closed this account. Ask whoever runs it. It is tried again by itself.\n',
  )
})

test('[GON8] an agent whose server shows a certificate that has run out says so once, and again when it was back in between', () => {
  let said = ''
  const tell = eventTeller(false, { err: { write: (text: string) => void (said += text) } as never })
  const why = 'The certificate of the server has run out, so nothing is said to it.'
  tell(line('offline', 'server-unreachable'))
  for (let at = 0; at < 3; at++) tell({ ...line('offline', 'server-unreachable'), why })
  expect(said.match(/has run out/g)?.length).toBe(1)
  tell(line('online'))
  tell({ ...line('offline', 'server-unreachable'), why })
  expect(said.match(/has run out.*Ask whoever runs it/g)?.length).toBe(2)
})
