import { expect, test } from 'vitest'
import { ID, sent } from '../fake-messages.ts'
import { fake } from '../fake-surroundings.ts'

const fetched = sent({
  uploadedBytes: 1_000_000,
  recipients: [
    { address: 'bob@localhost:8025', state: 'fetched', fetchedAt: '2026-05-03T13:02:00.000Z', receipt: 'verified' },
    { address: 'carol@localhost:8025', state: 'accepted', fetchedAt: null, receipt: 'none' },
  ],
})

test('[X15] status --json has id, uploadedBytes and each recipient with address, state, fetchedAt and receipt', async () => {
  const it = fake({ answers: { status: () => fetched } })
  expect(await it.run('status', ID, '--json')).toBe(0)
  const answer = JSON.parse(it.out()) as Record<string, unknown>
  expect(Object.keys(answer).slice(0, 3)).toEqual(['id', 'uploadedBytes', 'recipients'])
  expect(answer).toMatchObject({ id: ID, uploadedBytes: 1_000_000, recipients: fetched.recipients })
})

test('[X15] people read one line per recipient', async () => {
  const it = fake({ answers: { sent: () => [fetched], status: () => fetched } })
  expect(await it.run('status', 'latest')).toBe(0)
  expect(it.asked.at(-1)).toEqual({ name: 'status', args: { id: ID } })
  expect(it.out()).toMatch(/^bob@localhost:8025 +has it since \d\d:02$/m)
  expect(it.out()).toMatch(/^carol@localhost:8025 +waiting in their mailbox$/m)
})

test('[X15] without an id all that was sent is listed', async () => {
  const it = fake({ answers: { sent: () => [fetched] } })
  expect(await it.run('status')).toBe(0)
  expect(it.out()).toContain('1 of 2 have it')
  const json = fake({ answers: { sent: () => [fetched] } })
  await json.run('status', '--json')
  expect(JSON.parse(json.out())).toMatchObject([{ id: ID }])
})
