// Many writes and few commits, of an SQLite in memory: who shares one, who is answered when, and who spoils nothing for others.

import { Refusal } from '@doorpost/protocol/errors'
import Sqlite from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { groupCommit } from './group-commit.ts'

function openNumbers(onCommit?: (writes: number) => void, nowMs = () => 0) {
  const db = new Sqlite(':memory:')
  db.exec('create table numbers (number integer primary key) strict')
  const insert = db.prepare<[number]>('insert into numbers values (?)')
  const all = db.prepare<[], number>('select number from numbers').pluck()
  const writes = groupCommit(db, { onCommit, nowMs })
  return { db, writes, put: (number: number) => writes.run(() => insert.run(number).changes), all: () => all.all() }
}

test('[T17] writes that arrive together share commits of bounded size', async () => {
  const commits: number[] = []
  const { put, all } = openNumbers((count) => commits.push(count))
  await Promise.all(Array.from({ length: 600 }, (_, number) => put(number)))
  expect(commits).toEqual([256, 256, 88])
  expect(all()).toHaveLength(600)
})

test('[T17] nothing is answered before its commit', async () => {
  let committed = false
  const { put } = openNumbers(() => {
    committed = true
  })
  expect(await put(1).then(() => committed)).toBe(true)
})

test('[T17] a write that fails takes none of its neighbours with it', async () => {
  const { put, writes, all } = openNumbers()
  const failing = writes.run(() => {
    throw new Error('mine alone')
  })
  const twice = [put(2), put(2)]
  const outcomes = await Promise.allSettled([put(1), failing, ...twice, put(3)])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  expect(all()).toEqual([1, 2, 3])
})

test('[T17] a full disk is refused as no room, and serves again when there is some', async () => {
  const { db, writes, put, all } = openNumbers()
  let full = true
  const write = () => {
    if (full) throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
    return db.prepare('insert into numbers values (7)').run().changes
  }
  await expect(writes.run(write)).rejects.toMatchObject({ code: 'no-room' })
  full = false
  await writes.run(write)
  await put(8)
  expect(all()).toEqual([7, 8])
})

test('[T17] after a failed write or sync of the disk nothing is accepted any more', async () => {
  const { writes, put, all } = openNumbers()
  const broken = writes.run(() => {
    throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
  })
  await expect(broken).rejects.toThrow('disk I/O error')
  await expect(put(1)).rejects.toThrow('disk I/O error')
  expect(all()).toEqual([])
})

test('[T17] more writes than the disk takes are refused at once, and those before them are kept', async () => {
  const { put, all } = openNumbers()
  const outcomes = await Promise.allSettled(Array.from({ length: 10_005 }, (_, number) => put(number)))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(5)
  expect(refused[0]?.reason).toBeInstanceOf(Refusal)
  expect(all()).toHaveLength(10_000)
})

test('[T17] closing commits what is due and refuses what comes later', async () => {
  const { writes, put, all } = openNumbers()
  const due = put(1)
  writes.close()
  expect(await due).toBe(1)
  await expect(put(2)).rejects.toThrow('closed')
  expect(all()).toEqual([1])
})

test.each([
  ['slow', 200, [1, 2]],
  ['fast', 1, [1, 1, 1]],
])(
  '[T17] behind a %s disk, who comes a moment later shares the commit or has it at once',
  async (_, tookMs, expected) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const commits: number[] = []
      let clockMs = 0
      const nowMs = () => (clockMs += tookMs)
      const { put } = openNumbers((count) => commits.push(count), nowMs)
      await put(1)
      const second = put(2)
      await new Promise((resolve) => setImmediate(resolve))
      const third = put(3)
      vi.advanceTimersByTime(10)
      await Promise.all([second, third])
      expect(commits).toEqual(expected)
    } finally {
      vi.useRealTimers()
    }
  },
)
