import { expect, test } from 'vitest'
import type { DeviceChange, DeviceConnection, SentStatus } from '../device-connection.ts'
import { noteGiven } from './given-here.ts'
import { watchGiving } from './while-sending.ts'

type Recipient = SentStatus['recipients'][number]

/** A device whose sent messages become what a test says. */
function pretended() {
  const statuses = new Map<string, SentStatus>()
  const listeners = new Set<(change: DeviceChange) => void>()
  let asked = 0
  const device = {
    async do(_name: string, { id }: { id: string }) {
      asked++
      return statuses.get(id)
    },
    onEvent: () => () => undefined,
    onChange(listener: (change: DeviceChange) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  } as unknown as DeviceConnection
  return {
    device,
    listeners,
    asked: () => asked,
    async becomes(id: string, state: Recipient['state'], handed?: SentStatus['handed']) {
      const recipient: Recipient = { address: 'bob@post.example', state, fetchedAt: null, receipt: 'none' }
      const dates = { date: '2026-05-13T12:00:00Z', expires: '2026-06-13T12:00:00Z' }
      const status: SentStatus = { id, ...dates, sizeBytes: 9, uploadedBytes: 0, recipients: [recipient] }
      statuses.set(id, { ...status, ...(handed && { handed }) })
      for (const tell of listeners) tell({ what: 'sent', id })
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('[BSR7] the page gives while somebody fetches from it, and not before or after', async () => {
  const { device, becomes } = pretended()
  const told: boolean[] = []
  watchGiving(device, (isGiving) => told.push(isGiving))
  for (const id of ['one', 'other']) noteGiven(device, id)
  await becomes('one', 'accepted')
  expect(told.at(-1)).toBe(false)
  await becomes('one', 'fetching')
  expect(told.at(-1)).toBe(true)
  await becomes('other', 'fetching')
  await becomes('one', 'fetched')
  expect(told.at(-1)).toBe(true)
  await becomes('other', 'refused')
  expect(told.at(-1)).toBe(false)
})

test('[BSR7] another device that takes it over fetches, too; once it has all of it the page is not needed', async () => {
  const { device, becomes } = pretended()
  const told: boolean[] = []
  watchGiving(device, (isGiving) => told.push(isGiving))
  noteGiven(device, 'one')
  const handed = { device: 'tower', at: '2026-05-13T12:00:00Z' }
  await becomes('one', 'accepted', { ...handed, state: 'taken' })
  expect(told.at(-1)).toBe(true)
  await becomes('one', 'fetching', { ...handed, state: 'has' })
  expect(told.at(-1)).toBe(false)
})

test('[BSR7] what this page has no files of is not asked about, and nothing is once nobody listens', async () => {
  const { device, becomes, asked, listeners } = pretended()
  const stop = watchGiving(device, () => {})
  await becomes('one', 'fetching')
  expect(asked()).toBe(0)
  stop()
  expect(listeners.size).toBe(0)
})
