import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AMPLE, device, NOON_MS, sampleAccount, sampleMail, user } from './sample-mail.ts'
import { MIGRATIONS, migrate } from './schema.ts'
import { openSqliteStorage } from './sqlite.ts'
import { DataFolderError } from './sqlite-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('[T19] a second server on one data folder is refused with a sentence that says so, until the first is gone', async () => {
  const first = await openSqliteStorage({ folder })
  const second = openSqliteStorage({ folder })
  await expect(second).rejects.toThrow(DataFolderError)
  await expect(second).rejects.toThrow(`The data folder ${folder} is in use by another server.`)
  await first.accounts.create(sampleAccount('bob'))
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  await using third = await openSqliteStorage({ folder })
  expect(await third.accounts.get(user('bob'))).toEqual(sampleAccount('bob'))
})

test('[T20] the data folder and every file in it are readable by their owner alone, also where they were not before', async () => {
  const data = join(folder, 'new', 'data')
  mkdirSync(data, { recursive: true, mode: 0o755 })
  chmodSync(data, 0o755)
  await using storage = await openSqliteStorage({ folder: data })
  await storage.mail.accept(sampleMail(), AMPLE)
  expect(statSync(data).mode & 0o777).toBe(0o700)
  const modes = readdirSync(data).map((name) => [name, statSync(join(data, name)).mode & 0o777])
  expect(modes).toEqual([
    ['doorpost.db', 0o600],
    ['doorpost.db-shm', 0o600],
    ['doorpost.db-wal', 0o600],
    ['doorpost.lock', 0o600],
  ])
})

test('[T21] what an older version wrote is brought up to date, each step once and whole', () => {
  const file = join(folder, 'old.db')
  const db = new Sqlite(file)
  migrate(db)
  db.prepare("insert into blocks values ('a', 'b')").run()
  const next = [...MIGRATIONS, 'alter table blocks add column since integer not null default 5']
  migrate(db, next)
  migrate(db, next)
  expect(db.prepare('select * from blocks').all()).toEqual([{ owner: 'a', other: 'b', since: 5 }])
  expect(() => migrate(db, [...next, 'drop table approvals; nonsense'])).toThrow('nonsense')
  expect(db.prepare('select count(*) from approvals').pluck().get()).toBe(0)
  expect(db.pragma('user_version', { simple: true })).toBe(next.length)
  db.close()
})

test('[T21] a file of a newer version or of another program is refused and left as it was', async () => {
  const newer = join(folder, 'newer')
  await (await openSqliteStorage({ folder: newer }))[Symbol.asyncDispose]()
  const db = new Sqlite(join(newer, 'doorpost.db'))
  db.pragma(`user_version = ${MIGRATIONS.length + 1}`)
  db.close()
  await expect(openSqliteStorage({ folder: newer })).rejects.toThrow(/newer doorpost/)

  const foreign = join(folder, 'foreign')
  mkdirSync(foreign)
  const other = new Sqlite(join(foreign, 'doorpost.db'))
  other.exec('create table theirs (x); pragma application_id = 7')
  other.close()
  await expect(openSqliteStorage({ folder: foreign })).rejects.toThrow(/another program/)
})

test('[T21] a folder that cannot be used is refused with a sentence', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'not a folder')
  await expect(openSqliteStorage({ folder: file })).rejects.toThrow(/cannot be used/)
  writeFileSync(join(folder, 'doorpost.db'), 'this is not a database at all, but it is long enough to be looked at')
  await expect(openSqliteStorage({ folder })).rejects.toThrow(/cannot be used/)
})

test('[T18] what was answered is there when the storage is opened again', async () => {
  {
    await using storage = await openSqliteStorage({ folder })
    await storage.mail.accept(sampleMail({ number: 1 }), AMPLE)
    await storage.mail.accept(sampleMail({ number: 2 }), AMPLE)
  }
  await using storage = await openSqliteStorage({ folder })
  expect((await storage.mail.accept(sampleMail({ number: 1 }), AMPLE)).kind).toBe('already')
  await storage.mail.accept(sampleMail({ number: 3 }), AMPLE)
  const waiting = await storage.mail.waiting(device('bob/phone'), { after: 0, limit: 9, bytesMax: 9e9 }, NOON_MS)
  expect(waiting.map(({ position }) => position)).toEqual([1, 2, 3])
})
