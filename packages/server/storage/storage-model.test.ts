// Random sequences of commands give the same answers on memory, which counts everything anew each time, and on SQLite,
// which keeps counters; afterwards the counters agree with the rows they count.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStorage } from './memory.ts'
import { device, hash, keyOf, NOON_MS, sampleAccount, sampleMail, user } from './sample-mail.ts'
import { openSqliteStorage } from './sqlite.ts'
import type { Storage } from './storage.ts'

type Command = (storage: Storage) => Promise<unknown>

const NAMES = ['a', 'b', 'c']
const DEVICES = NAMES.flatMap((name) => [`${name}/1`, `${name}/2`])
const name = fc.constantFrom(...NAMES)
const whose = fc.constantFrom(...DEVICES)
/** Two different users: nobody approves or blocks himself. */
const pair = fc.tuple(name, name).filter(([a, b]) => a !== b)
const number = fc.integer({ min: 0, max: 7 })
const time = fc.integer({ min: 0, max: 6 }).map((hours) => NOON_MS + hours * 1000)
const token = fc.constantFrom('s', 't', 'u').map(hash)
const few = fc.integer({ min: 0, max: 3 })

const mail = fc.record({
  from: whose,
  to: fc.uniqueArray(whose, { minLength: 1, maxLength: 4 }),
  number,
  acceptedAtMs: time,
  lifetimeMs: fc.integer({ min: 1, max: 6 }).map((seconds) => seconds * 1000),
  text: fc.constantFrom('x', 'y'),
  bodyCharacters: fc.integer({ min: 1, max: 400 }),
})
const key = fc.record({ from: whose, number }).map((sample) => keyOf(sampleMail(sample)))
const quota = fc.record({ messagesMax: fc.constantFrom(2, 6, 1000), bytesMax: fc.constantFrom(500, 2000, 2 ** 40) })

const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(mail, quota).map(
    ([sample, bound]) =>
      (storage) =>
        storage.mail.accept(sampleMail(sample), bound),
  ),
  fc.tuple(whose, fc.array(key, { maxLength: 4 })).map(
    ([own, keys]) =>
      (storage) =>
        storage.mail.remove(device(own), keys),
  ),
  fc.tuple(whose, fc.array(key, { maxLength: 4 }), time).map(
    ([own, keys, nowMs]) =>
      (storage) =>
        storage.mail.retrieve(device(own), keys, nowMs),
  ),
  fc.tuple(whose, fc.option(key, { nil: undefined }), few, time, time).map(
    ([own, after, limit, afterMs, nowMs]) =>
      (storage) =>
        storage.mail.list(device(own), { limit: limit + 1, afterMs, ...(after && { after }) }, nowMs),
  ),
  fc.tuple(whose, few, fc.constantFrom(0, 300, 9999), time).map(([own, after, bytesMax, nowMs]) => async (storage) => {
    const waiting = await storage.mail.waiting(device(own), { after: after * 2, limit: 5, bytesMax }, nowMs)
    return waiting.map(({ envelope }) => envelope)
  }),
  fc.tuple(key, time).map(
    ([one, nowMs]) =>
      (storage) =>
        Promise.all([storage.mail.parties(one, nowMs), storage.mail.known(one)]),
  ),
  fc.tuple(time, few).map(
    ([nowMs, limit]) =>
      (storage) =>
        storage.mail.expire(nowMs, limit),
  ),
  fc.constant((storage) => storage.mail.counts()),
  whose.map((own) => (storage) => storage.mail.removeDevice(device(own))),
  ...(['approve', 'block'] as const).map((verb) =>
    fc.tuple(pair, few).map(
      ([[a, b], max]): Command =>
        (storage) =>
          storage.contacts[verb](user(a), user(b), max),
    ),
  ),
  ...(['withdraw', 'unblock', 'mutual'] as const).map((verb) =>
    pair.map(
      ([a, b]): Command =>
        (storage) =>
          storage.contacts[verb](user(a), user(b)),
    ),
  ),
  name.map((a) => (storage) => Promise.all([storage.contacts.list(user(a)), storage.contacts.blocked(user(a))])),
  fc.tuple(name, few, fc.option(token, { nil: undefined }), time).map(
    ([a, sequence, tokenHash, nowMs]) =>
      ({ accounts }) =>
        accounts.create(sampleAccount(a, sequence + 1), tokenHash === undefined ? undefined : { tokenHash, nowMs }),
  ),
  fc.tuple(name, few, few).map(([a, from, to]) => ({ accounts }) => {
    const next = sampleAccount(a, to + 1)
    return accounts.replaceList(user(a), sampleAccount(a, from + 1).head, next.deviceList, next.head)
  }),
  name.map(
    (a) =>
      ({ accounts }) =>
        Promise.all([accounts.get(user(a)), accounts.head(user(a)), accounts.list(user(a), 2), accounts.count()]),
  ),
  fc.tuple(token, fc.option(name), time, time, few).map(
    ([tokenHash, inviter, expiresAtMs, nowMs, max]) =>
      ({ invitations }) =>
        invitations.add({ tokenHash, inviter: inviter === null ? null : user(inviter), expiresAtMs }, max, nowMs),
  ),
  fc.tuple(token, time).map(
    ([tokenHash, nowMs]) =>
      ({ invitations }) =>
        invitations.useForContact(tokenHash, nowMs),
  ),
  fc.tuple(token, whose, time, few).map(
    ([tokenHash, own, expiresAtMs, max]) =>
      ({ logins }) =>
        logins.add({ tokenHash, device: device(own), expiresAtMs }, max),
  ),
  fc.tuple(token, time).map(
    ([tokenHash, nowMs]) =>
      ({ logins }) =>
        logins.get(tokenHash, nowMs),
  ),
  token.map(
    (tokenHash) =>
      ({ logins }) =>
        logins.end(tokenHash),
  ),
  fc.tuple(name, few, few).map(([a, expected, more]) => async ({ preferences }) => [
    await preferences.replace(user(a), expected, expected + more + 1, `${expected} ${more}`),
    await preferences.get(user(a)),
  ]),
  whose.map(
    (own) =>
      ({ logins }) =>
        logins.endDevice(device(own)),
  ),
]

/** Mail is what has state worth meeting: half of all commands. */
const command = fc.oneof(
  ...commands.map((arbitrary, index) => ({ arbitrary, weight: index === 0 ? 12 : index < 3 ? 4 : 1 })),
)

test('[T22] memory and SQLite answer every sequence of commands alike, and quota counters stay exact', async () => {
  const property = fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (sequence) => {
    const folder = mkdtempSync(join(tmpdir(), 'doorpost-model-'))
    const model = memoryStorage()
    const sqlite = await openSqliteStorage({ folder })
    try {
      for (const run of sequence) expect(await run(sqlite)).toEqual(await run(model))
      for (const own of DEVICES) {
        const all: Command = ({ mail }) => mail.list(device(own), { limit: 99 }, NOON_MS)
        expect(await all(sqlite)).toEqual(await all(model))
      }
      await sqlite[Symbol.asyncDispose]()
      expectExactCounters(join(folder, 'doorpost.db'))
    } finally {
      await sqlite[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    }
  })
  await fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 60 })
})

/** Counted from the rows: every copy among others, and of contacts' those that wait. */
function expectExactCounters(file: string): void {
  const db = new Sqlite(file, { readonly: true })
  try {
    const counted = (sender: string) => `
      select user, pool, ${sender} as sender, count(*) as copies, sum(bytes) as bytes from copies group by user, pool, 3`
    expect(db.prepare('select * from fill order by user, pool, sender').all()).toEqual(
      db.prepare(`${counted("''")} union all ${counted('sender')} order by user, pool, sender`).all(),
    )
    const removed = "select count(*) from copies where pool = 'contacts' and sealed_key is null"
    expect(db.prepare(removed).pluck().get()).toBe(0)
    const idle = `select count(*) from messages m where body <> '' and not exists
      (select 1 from copies c where c.position = m.position and sealed_key is not null)`
    expect(db.prepare(idle).pluck().get()).toBe(0)
  } finally {
    db.close()
  }
}
