// Storage on a thread of its own keeps the same contract; and what two threads alone could get wrong.

import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AMPLE, sampleAccount, sampleMail, user } from './sample-mail.ts'
import { openSqliteStorage } from './sqlite.ts'
import { DataFolderError } from './sqlite-file.ts'
import { openThreadedStorage } from './sqlite-threaded.ts'
import { storageContract } from './storage.contract.ts'

storageContract(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doorpost-threaded-'))
  const storage = await openThreadedStorage({ folder })
  return {
    ...storage,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-thread-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('[T17] closing commits what is due, answers it, and refuses what comes later', async () => {
  const storage = await openThreadedStorage({ folder })
  const due = storage.mail.accept(sampleMail(), AMPLE)
  await storage[Symbol.asyncDispose]()
  expect((await due).kind).toBe('accepted')
  await expect(storage.mail.accept(sampleMail({ number: 2 }), AMPLE)).rejects.toThrow('closed')
  await storage[Symbol.asyncDispose]()
  await using again = await openSqliteStorage({ folder })
  expect(await again.mail.counts()).toEqual({ messages: 1, copies: 1 })
})

test('[T17] a refusal comes out of the other thread as a refusal, a fault as an error', async () => {
  await using storage = await openThreadedStorage({ folder })
  const many = await Promise.allSettled(
    Array.from({ length: 10_001 }, (_, number) => storage.accounts.setShare(user(`u${number}`), 'all')),
  )
  expect(many.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: 'no-room' } }])
  const wrong = { ...sampleAccount('bob'), createdAtMs: 'noon' as unknown as number }
  await expect(storage.accounts.create(wrong)).rejects.toThrow(/cannot store TEXT/)
})

test('[T19] a data folder in use is refused in the same words from another thread', async () => {
  await using first = await openThreadedStorage({ folder })
  const second = openThreadedStorage({ folder })
  await expect(second).rejects.toThrow(DataFolderError)
  await expect(second).rejects.toThrow(`The data folder ${folder} is in use by another server.`)
  expect(await first.accounts.count()).toBe(0)
})

test('[T23] a read does not wait for writes, and sees what was answered before it', async () => {
  await using storage = await openThreadedStorage({ folder })
  const order: string[] = []
  const kept = storage.accounts.create(sampleAccount('bob')).then(() => order.push('written'))
  await storage.accounts.count().then(() => order.push('read'))
  await kept
  expect(order).toEqual(['read', 'written'])
  expect(await storage.accounts.count()).toBe(1)
})
