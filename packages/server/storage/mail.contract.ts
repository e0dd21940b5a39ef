// The mail part of the storage contract.

import { expect, test } from 'vitest'
import { DAY_MS } from '@doorpost/protocol/day'
import { AMPLE, device, hash, keyOf, NOON_MS, type Sample, sampleMail, user } from './sample-mail.ts'
import type { IncomingMail, MailQuota, MailStore, Storage } from './storage.ts'

const phone = device('bob/phone')
const desk = device('bob/desk')
const ALL = { after: 0, limit: 1000, bytesMax: 2 ** 30 }

export function mailContract(open: () => Promise<Storage>): void {
  copiesContract(open)
  hidingContract(open)
  pagesContract(open)
  quotaContract(open)
  expiryContract(open)
}

type Open = () => Promise<Storage>

async function acceptAll(
  mail: MailStore,
  samples: readonly Sample[],
  quota: MailQuota = AMPLE,
): Promise<IncomingMail[]> {
  const incoming = samples.map(sampleMail)
  const outcomes = await Promise.all(incoming.map((one) => mail.accept(one, quota)))
  expect(outcomes.map(({ kind }) => kind)).toEqual(incoming.map(() => 'accepted'))
  return incoming
}

/** A contact's mail goes by other counters than a stranger's. */
async function makeContacts({ contacts }: Storage, a: string, b: string): Promise<void> {
  await contacts.approve(user(a), user(b), 99)
  await contacts.approve(user(b), user(a), 99)
}

const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id)
const idsOf = (mail: readonly IncomingMail[]) => mail.map(({ envelope }) => envelope.id)
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

function copiesContract(open: Open): void {
  test('[T8] the same id is accepted once per sending user: other bytes under it are a conflict', async () => {
    await using storage = await open()
    const { mail } = storage
    const first = sampleMail()
    expect(await mail.accept(first, AMPLE)).toEqual({ kind: 'accepted', acceptedAtMs: NOON_MS })
    const again = sampleMail({ acceptedAtMs: NOON_MS + 5 })
    expect(await mail.accept(again, AMPLE)).toEqual({ kind: 'already', acceptedAtMs: NOON_MS })
    expect(await mail.accept(sampleMail({ text: 'y' }), AMPLE)).toEqual({ kind: 'conflict' })
    expect(await mail.accept(sampleMail({ from: 'alice/phone' }), AMPLE)).toEqual({ kind: 'conflict' })
    expect((await mail.accept(sampleMail({ from: 'carol/laptop' }), AMPLE)).kind).toBe('accepted')
    expect(await mail.counts()).toEqual({ messages: 2, copies: 2 })

    expect(await mail.known(keyOf(first))).toEqual({ digest: first.digest, acceptedAtMs: NOON_MS })
    expect(await mail.known(keyOf(sampleMail({ from: 'alice/phone' })))).toEqual(await mail.known(keyOf(first)))
    expect(await mail.known(keyOf(sampleMail({ number: 2 })))).toBeUndefined()

    await mail.remove(phone, [keyOf(first)])
    expect((await mail.accept(again, AMPLE)).kind).toBe('already')
    expect((await mail.waiting(phone, ALL, NOON_MS)).map(({ envelope }) => envelope.from)).toEqual([
      device('carol/laptop'),
    ])
  })

  test('[T8] the same message handed in several times at once is kept once', async () => {
    await using storage = await open()
    const outcomes = await Promise.all(numbers(0, 5).map(() => storage.mail.accept(sampleMail(), AMPLE)))
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['accepted', ...Array<string>(4).fill('already')])
    expect(await storage.mail.list(phone, { limit: 9 }, NOON_MS)).toHaveLength(1)
  })

  test('[T9] each device gets its own copy with its own sealed key', async () => {
    await using storage = await open()
    const { mail } = storage
    const one = sampleMail({ to: ['bob/phone', 'bob/desk', 'carol/phone'], text: 'sealed' })
    await mail.accept(one, AMPLE)
    const { heads: _, sealed, ...head } = one.envelope
    const common = { ...head, acceptedAt: new Date(NOON_MS).toISOString() }
    for (const { device: own, key } of sealed.keys) {
      const delivered = { ...common, sealed: { key, body: sealed.body } }
      const sizeBytes = Math.floor((key.length * 3) / 4) + Math.floor((sealed.body.length * 3) / 4)
      expect(await mail.list(own, { limit: 9 }, NOON_MS)).toEqual([{ ...common, sizeBytes }])
      expect(await mail.retrieve(own, [keyOf(one)], NOON_MS)).toEqual([delivered])
      expect((await mail.waiting(own, ALL, NOON_MS)).map(({ envelope }) => envelope)).toEqual([delivered])
    }
    expect(await mail.retrieve(device('bob/tablet'), [keyOf(one)], NOON_MS)).toEqual([])
    expect(await mail.retrieve(phone, [{ from: device('alice/phone'), id: one.envelope.id }], NOON_MS)).toEqual([])
  })

  test("[T9] removing a device's copy leaves those of others", async () => {
    await using storage = await open()
    const { mail } = storage
    const [one, two] = await acceptAll(
      mail,
      [1, 2].map((number) => ({ number, to: ['bob/phone', 'bob/desk'] })),
    )
    if (!one || !two) throw new Error('two were accepted')
    const unknown = keyOf(sampleMail({ number: 99 }))
    expect(await mail.remove(phone, [keyOf(one), unknown])).toEqual([keyOf(one)])
    expect(await mail.remove(phone, [keyOf(one)])).toEqual([])
    expect(await mail.remove(device('mallory/phone'), [keyOf(two)])).toEqual([])
    expect(ids(await mail.list(phone, { limit: 9 }, NOON_MS))).toEqual(idsOf([two]))
    expect(ids(await mail.list(desk, { limit: 9 }, NOON_MS))).toEqual(idsOf([one, two]))
    expect(await mail.retrieve(phone, [keyOf(one)], NOON_MS)).toEqual([])
    await mail.removeDevice(desk)
    expect(await mail.list(desk, { limit: 9 }, NOON_MS)).toEqual([])
    expect(ids(await mail.list(phone, { limit: 9 }, NOON_MS))).toEqual(idsOf([two]))
    expect(await mail.counts()).toEqual({ messages: 2, copies: 1 })
  })

  test('[T9] several envelopes are retrieved in the order they were asked for', async () => {
    await using storage = await open()
    const all = await acceptAll(
      storage.mail,
      numbers(1, 4).map((number) => ({ number })),
    )
    const keys = all.toReversed().map(keyOf)
    const missing = keyOf(sampleMail({ number: 9 }))
    expect(ids(await storage.mail.retrieve(phone, [missing, ...keys], NOON_MS))).toEqual(keys.map(({ id }) => id))
  })

  test('[T12] the parties of a message are known until it expires, also when every copy was removed', async () => {
    await using storage = await open()
    const { mail } = storage
    const one = sampleMail({ to: ['bob/phone', 'carol/phone'] })
    await mail.accept(one, AMPLE)
    await mail.remove(phone, [keyOf(one)])
    await mail.remove(device('carol/phone'), [keyOf(one)])
    const parties = { from: device('alice/laptop'), to: [user('bob'), user('carol')] }
    expect(await mail.parties(keyOf(one), NOON_MS + DAY_MS - 1)).toEqual(parties)
    expect(await mail.parties(keyOf(one), NOON_MS + DAY_MS)).toBeUndefined()
    expect(await mail.parties({ ...keyOf(one), from: device('alice/phone') }, NOON_MS)).toBeUndefined()
    expect(await mail.parties(keyOf(sampleMail({ number: 2 })), NOON_MS)).toBeUndefined()
  })
}

function hidingContract(open: Open): void {
  test('[T10] mail of a blocked sender is accepted alike, hidden while blocked and back afterwards', async () => {
    await using storage = await open()
    const { contacts, mail } = storage
    const seen = async () => [
      ids(await mail.list(phone, { limit: 9 }, NOON_MS)),
      ids(await mail.retrieve(phone, all.map(keyOf), NOON_MS)),
      (await mail.waiting(phone, ALL, NOON_MS)).map(({ envelope }) => envelope.id),
    ]
    await contacts.block(user('bob'), user('alice'), 9)
    const all = await acceptAll(mail, [
      { number: 1 },
      { number: 2, from: 'carol/laptop' },
      { number: 3, to: ['bob/phone', 'dora/phone'] },
    ])
    const [one, two, three] = idsOf(all)
    expect(await seen()).toEqual([[two], [two], [two]])
    expect(ids(await mail.list(device('dora/phone'), { limit: 9 }, NOON_MS))).toEqual([three])
    await contacts.unblock(user('bob'), user('alice'))
    expect(await seen()).toEqual([
      [one, two, three],
      [one, two, three],
      [one, two, three],
    ])
    await contacts.block(user('bob'), user('alice'), 9)
    expect(await seen()).toEqual([[two], [two], [two]])
    expect(await mail.remove(phone, all.slice(0, 1).map(keyOf))).toHaveLength(1)
    await contacts.unblock(user('bob'), user('alice'))
    expect((await seen())[0]).toEqual([two, three])
  })
}

function pagesContract(open: Open): void {
  test('[T11] pages follow the order of acceptance, also within one millisecond and when the clock steps back', async () => {
    await using storage = await open()
    const { mail } = storage
    const times = [NOON_MS, NOON_MS, NOON_MS, NOON_MS - 5000, NOON_MS + 7]
    const all: IncomingMail[] = []
    for (const [index, acceptedAtMs] of times.entries()) {
      all.push(...(await acceptAll(mail, [{ number: index, acceptedAtMs }])))
    }
    const seen: string[] = []
    let after: IncomingMail | undefined
    for (;;) {
      const page = await mail.list(phone, { limit: 2, ...(after && { after: keyOf(after) }) }, NOON_MS)
      if (page.length === 0) break
      seen.push(...ids(page))
      after = all.find(({ envelope }) => envelope.id === page.at(-1)?.id)
    }
    expect(seen).toEqual(idsOf(all))
    expect(ids(await mail.list(phone, { limit: 9, afterMs: NOON_MS }, NOON_MS))).toEqual(
      idsOf(all.filter(({ acceptedAtMs }) => acceptedAtMs >= NOON_MS)),
    )
  })

  test('[T11] a page goes on behind a message that was removed, and from its time when it is not known any more', async () => {
    await using storage = await open()
    const { mail } = storage
    const all = await acceptAll(
      mail,
      numbers(1, 5).map((number) => ({ number, acceptedAtMs: NOON_MS + number })),
    )
    const second = all[1] as IncomingMail
    await mail.remove(phone, all.slice(0, 2).map(keyOf))
    const page = { limit: 2, after: keyOf(second), afterMs: second.acceptedAtMs }
    expect(ids(await mail.list(phone, page, NOON_MS))).toEqual(idsOf(all.slice(2, 4)))
    const unknown = { limit: 2, after: keyOf(sampleMail({ number: 99 })), afterMs: NOON_MS + 4 }
    expect(ids(await mail.list(phone, unknown, NOON_MS))).toEqual(idsOf(all.slice(3)))
  })

  test('[T11] what waits is given from a position on, bounded by number and by size', async () => {
    await using storage = await open()
    const { mail } = storage
    const all = await acceptAll(
      mail,
      numbers(1, 5).map((number) => ({ number, bodyCharacters: 1000 })),
    )
    const from = (page: Partial<typeof ALL>) => mail.waiting(phone, { ...ALL, ...page }, NOON_MS)
    const whole = await from({})
    expect(whole.map(({ envelope }) => envelope.id)).toEqual(idsOf(all))
    const positions = whole.map(({ position }) => position)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(Math.min(...positions)).toBeGreaterThan(0)
    expect(await from({ after: positions[2] as number })).toEqual(whole.slice(3))
    expect(await from({ limit: 2 })).toEqual(whole.slice(0, 2))
    expect(await from({ bytesMax: 2500 })).toEqual(whole.slice(0, 3))
    expect(await from({ bytesMax: 1 })).toEqual(whole.slice(0, 1))
  })
}

/** Far over the numbers below which shares are not cut down (mail-quota.ts). */
const QUOTA: MailQuota = { messagesMax: 1000, bytesMax: 2 ** 40 }

function quotaContract(open: Open): void {
  test('[T13] a mailbox takes what its quota says; a message without room for one recipient is kept for nobody', async () => {
    await using storage = await open()
    const { mail } = storage
    const quota = { messagesMax: 2, bytesMax: 2 ** 40 }
    await acceptAll(mail, [{ number: 1 }, { number: 2, from: 'carol/laptop' }], quota)
    const third = sampleMail({ number: 3, from: 'dora/laptop', to: ['erin/phone', 'bob/phone'] })
    expect(await mail.accept(third, quota)).toEqual({ kind: 'full', user: user('bob') })
    expect(await mail.list(device('erin/phone'), { limit: 9 }, NOON_MS)).toEqual([])
    expect(await mail.parties(keyOf(third), NOON_MS)).toBeUndefined()
    expect((await mail.accept(third, { ...quota, messagesMax: 3 })).kind).toBe('accepted')
    const twoDevices = sampleMail({ number: 4, to: ['erin/phone', 'erin/desk'] })
    expect(await mail.accept(twoDevices, quota)).toEqual({ kind: 'full', user: user('erin') })
  })

  test('[T13] bytes are counted as sealed keys and bodies, once a copy', async () => {
    await using storage = await open()
    const { mail } = storage
    const one = sampleMail({ to: ['bob/phone', 'bob/desk'], bodyCharacters: 4000 })
    const bytesMax = 2 * (3000 + 32)
    expect(await mail.accept(one, { messagesMax: 9, bytesMax: bytesMax - 1 })).toEqual({
      kind: 'full',
      user: user('bob'),
    })
    expect((await mail.accept(one, { messagesMax: 9, bytesMax })).kind).toBe('accepted')
  })

  test('[T14] one sender fills a quarter of a mailbox at most, and leaves room for others', async () => {
    await using storage = await open()
    const { mail } = storage
    await acceptAll(
      mail,
      numbers(0, 250).map((number) => ({ number })),
      QUOTA,
    )
    expect(await mail.accept(sampleMail({ number: 250 }), QUOTA)).toEqual({ kind: 'full', user: user('bob') })
    expect((await mail.accept(sampleMail({ number: 250, to: ['carol/phone'] }), QUOTA)).kind).toBe('accepted')
    expect((await mail.accept(sampleMail({ from: 'carol/laptop' }), QUOTA)).kind).toBe('accepted')
  })

  test('[T15] whether a stranger finds room does not tell when mail is collected, nor what contacts send', async () => {
    await using storage = await open()
    const { contacts, mail } = storage
    const answers: Record<string, string[]> = {}
    for (const [name, state] of Object.entries({ sam: 'idle', tina: 'collecting', uma: 'blocking', vera: 'popular' })) {
      const to = [`${name}/phone`]
      if (state === 'blocking') await contacts.block(user(name), user('alice'), 9)
      if (state === 'popular') {
        for (const friend of ['f1', 'f2', 'f3']) {
          await makeContacts(storage, name, friend)
          await acceptAll(
            mail,
            numbers(0, 250).map((number) => ({ number, from: `${friend}/laptop`, to })),
            QUOTA,
          )
        }
      }
      const kinds = []
      for (const number of numbers(1000, 252)) {
        const one = sampleMail({ number, to, from: `alice/${name}` })
        // An id is one message's for all recipients: make it another one's for each.
        const { kind } = await mail.accept(
          { ...one, envelope: { ...one.envelope, id: hash(name + number).slice(0, 22) } },
          QUOTA,
        )
        if (state === 'collecting') await mail.removeDevice(device(`${name}/phone`))
        kinds.push(kind)
      }
      answers[state] = kinds
    }
    expect(answers.idle).toEqual([...Array<string>(250).fill('accepted'), 'full', 'full'])
    expect(answers.collecting).toEqual(answers.idle)
    expect(answers.blocking).toEqual(answers.idle)
    expect(answers.popular).toEqual(answers.idle)
  })

  test("[T15] strangers' mail counts until it expires, a contact's until it is collected", async () => {
    await using storage = await open()
    const { mail } = storage
    await makeContacts(storage, 'bob', 'carol')
    const quota = { messagesMax: 1, bytesMax: 2 ** 40 }
    const [stranger, contact] = await acceptAll(mail, [{ number: 1 }, { number: 1, from: 'carol/laptop' }], quota)
    if (!stranger || !contact) throw new Error('two were accepted')
    const next = (number: number, from: string) => sampleMail({ number, from, lifetimeMs: 3 * DAY_MS })
    expect((await mail.accept(next(2, 'carol/laptop'), quota)).kind).toBe('full')
    await mail.remove(phone, [keyOf(stranger), keyOf(contact)])
    expect((await mail.accept(next(2, 'carol/laptop'), quota)).kind).toBe('accepted')
    expect((await mail.accept(next(2, 'alice/laptop'), quota)).kind).toBe('full')
    await mail.expire(NOON_MS + DAY_MS, 9)
    expect((await mail.accept(next(2, 'alice/laptop'), quota)).kind).toBe('accepted')
    expect((await mail.accept(next(3, 'carol/laptop'), quota)).kind).toBe('full')
    await mail.removeDevice(phone)
    expect((await mail.accept(next(3, 'carol/laptop'), quota)).kind).toBe('accepted')
  })

  test('[T15] notes between devices of one user count as those of a contact', async () => {
    await using storage = await open()
    const quota = { messagesMax: 1, bytesMax: 2 ** 40 }
    const [one] = await acceptAll(storage.mail, [{ number: 1, from: 'bob/desk' }], quota)
    expect(await storage.mail.remove(phone, [keyOf(one as IncomingMail)])).toHaveLength(1)
    await acceptAll(storage.mail, [{ number: 2, from: 'bob/desk' }], quota)
  })
}

function expiryContract(open: Open): void {
  test('[T16] what has expired is shown to nobody, before it is dropped and after', async () => {
    await using storage = await open()
    const { mail } = storage
    const all = await acceptAll(mail, [
      { number: 1, lifetimeMs: 1000 },
      { number: 2, lifetimeMs: 2000 },
    ])
    const seen = async (nowMs: number) => [
      ids(await mail.list(phone, { limit: 9 }, nowMs)),
      ids(await mail.retrieve(phone, all.map(keyOf), nowMs)),
      (await mail.waiting(phone, ALL, nowMs)).map(({ envelope }) => envelope.id),
    ]
    const [one, two] = idsOf(all)
    expect(await seen(NOON_MS + 999)).toEqual([
      [one, two],
      [one, two],
      [one, two],
    ])
    expect(await seen(NOON_MS + 1000)).toEqual([[two], [two], [two]])
    expect(await mail.expire(NOON_MS + 1000, 9)).toBe(1)
    expect(await seen(NOON_MS + 1000)).toEqual([[two], [two], [two]])
    expect(await mail.counts()).toEqual({ messages: 1, copies: 1 })
  })

  test('[T16] mail is dropped in steps, those that expired first going first, and makes room', async () => {
    await using storage = await open()
    const { mail } = storage
    const quota = { messagesMax: 5, bytesMax: 2 ** 40 }
    await acceptAll(
      mail,
      numbers(1, 5).map((number) => ({ number, lifetimeMs: 6000 - number * 1000 })),
      quota,
    )
    expect((await mail.accept(sampleMail({ number: 6 }), quota)).kind).toBe('full')
    const late = NOON_MS + DAY_MS / 2
    expect([await mail.expire(NOON_MS, 9), await mail.expire(late, 2)]).toEqual([0, 2])
    expect(ids(await mail.list(phone, { limit: 9 }, NOON_MS))).toEqual(
      idsOf([1, 2, 3].map((number) => sampleMail({ number }))),
    )
    expect([await mail.expire(late, 2), await mail.expire(late, 2), await mail.expire(late, 2)]).toEqual([2, 1, 0])
    expect(await mail.counts()).toEqual({ messages: 0, copies: 0 })
    await acceptAll(mail, [{ number: 6 }], quota)
  })
}
