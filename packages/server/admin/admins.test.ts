import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserAddress } from '@doorpost/protocol/address'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createInvitation } from '../accounts/admin-invitations.ts'
import { recordDomain } from '../domain-record.ts'
import { turnedClock } from '../listen/turned-clock.ts'
import { sampleAccount } from '../storage/sample-mail.ts'
import { openSqliteStorage } from '../storage/sqlite.ts'
import { addAdmin, openAdmins, removeAdmin, writtenAdmins } from './admins.ts'

let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-admins-'))
  await using storage = await openSqliteStorage({ folder })
  for (const name of ['bob', 'carol']) await storage.accounts.create(sampleAccount(name))
  await storage.accounts.setStanding('carol@example.org' as UserAddress, 'removed', 1)
  await recordDomain(folder, 'example.org')
})
afterEach(() => rmSync(folder, { recursive: true }))

const user = (name: string) => `${name}@example.org` as UserAddress

test('[ADM1] who has an account can be written into the data folder, and a server follows within seconds', async () => {
  const clock = turnedClock()
  const faults: unknown[] = []
  const admins = openAdmins({
    domain: 'example.org',
    named: ['ruth'],
    dataFolder: folder,
    clock,
    onFault: (error) => faults.push(error),
  })
  expect([await admins.has(user('ruth')), await admins.has(user('bob'))]).toEqual([true, false])
  expect(await admins.has('ruth@example.com' as UserAddress)).toBe(false)
  expect([await addAdmin(folder, 'nobody'), await addAdmin(folder, 'carol')]).toEqual(['no-such-user', 'no-such-user'])
  expect([await addAdmin(folder, 'bob'), await addAdmin(folder, 'bob')]).toEqual(['added', 'added'])
  clock.turn(2_000)
  expect(await admins.has(user('bob'))).toBe(true)
  writeFileSync(join(folder, 'admins.json'), '{"v":1,"names":[')
  clock.turn(2_000)
  expect([await admins.has(user('bob')), await admins.has(user('ruth')), faults.length]).toEqual([true, true, 1])
  writeFileSync(join(folder, 'admins.json'), '{"v":1,"names":["bob"]}')
  expect([await removeAdmin(folder, 'bob'), await removeAdmin(folder, 'bob')]).toEqual([true, false])
  clock.turn(2_000)
  expect([await admins.has(user('bob')), await writtenAdmins(folder)]).toEqual([false, []])
})

test.skipIf(process.getuid?.() !== 0)(
  '[ADM1] what root lays into a data folder belongs to whom the folder belongs',
  async () => {
    const NOBODY = 65_534
    chownSync(folder, NOBODY, NOBODY)
    await addAdmin(folder, 'bob')
    await createInvitation({ dataFolder: folder, expires: new Date(Date.now() + 60_000) })
    for (const name of ['admins.json', 'invitations']) {
      const { uid, gid, mode } = statSync(join(folder, name))
      expect([name, uid, gid, mode & 0o077]).toEqual([name, NOBODY, NOBODY, 0])
    }
  },
)
