import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { RECIPIENTS_MAX } from '@doorpost/protocol/limits'
import { Refusal } from '@doorpost/protocol/errors'
import type { Person, Resolved } from '../identity/person.ts'
import { Trouble } from '../operations.ts'
import { addressAll, parseRecipients, withoutLonelySelf } from './recipients.ts'

const me = { user: 'alice@home.example' as UserAddress, device: 'laptop' }
const codeOf = (typed: string[]) => {
  try {
    parseRecipients(typed, me)
    return 'taken'
  } catch (error) {
    return error instanceof Trouble ? error.code : error
  }
}

const person = (address: string, devices: string[]): Person =>
  ({
    address,
    fingerprint: 'f',
    head: { sequence: 1, hash: 'h' },
    opened: { list: { devices: devices.map((name) => ({ name, key: 'k', recipient: `age1pq1${name}` })) } },
  }) as unknown as Person
const peopleOf = (answers: Record<string, Resolved | Refusal>) => ({
  async resolve(address: UserAddress) {
    const answer = answers[address]
    if (answer instanceof Refusal) throw answer
    return answer ?? { kind: 'unknown-user' as const }
  },
})
const bob = 'bob@home.example' as UserAddress
const carol = 'carol@home.example' as UserAddress

describe('recipients', () => {
  test('[G1] bare names, addresses and devices become full addresses, each once', () => {
    expect(parseRecipients(['Bob', ' bob@home.example ', 'carol/Phone', 'dave@192.0.2.7:99'], me)).toEqual([
      'bob@home.example',
      'carol@home.example/phone',
      'dave@192.0.2.7:99',
    ])
    expect(parseRecipients(['bob/phone', 'bob', 'carol/phone'], me)).toEqual([
      'bob@home.example',
      'carol@home.example/phone',
    ])
  })

  test.each([
    [['bob@gmail.example.com'], 'mail-address'],
    [['mailto:bob@home.example'], 'mail-address'],
    [['bob+tag@home.example'], 'mail-address'],
    [['b ob'], 'bad-address'],
    [[''], 'bad-address'],
    [[], 'bad-address'],
    [['alice/laptop'], 'bad-address'],
    [['bob@home.example/'], 'bad-address'],
    [Array.from({ length: RECIPIENTS_MAX + 1 }, (_, index) => `user${index}`), 'too-large'],
  ])('[G1] %j is refused as %s', (typed, code) => {
    expect(codeOf(typed)).toBe(code)
  })

  test('[G1] mail to oneself is for the other devices; where there is none it is refused', async () => {
    const from = 'bob@home.example/laptop' as DeviceAddress
    const people = peopleOf({ [bob]: { kind: 'known', person: person(bob, ['laptop', 'phone']) } })
    const others = await addressAll(people, [bob], { from })
    expect(others.kind === 'all' && others.addressees[0]?.devices.map(({ device }) => device)).toEqual([`${bob}/phone`])
    const opened = person(bob, ['laptop']).opened
    expect(withoutLonelySelf([bob, carol], { user: bob, opened })).toEqual([carol])
    expect(withoutLonelySelf([bob], { user: bob, opened })).toEqual([bob])
    expect(withoutLonelySelf([bob, carol], { user: bob, opened: person(bob, ['a', 'b']).opened })).toEqual([bob, carol])
    const alone = peopleOf({ [bob]: { kind: 'known', person: person(bob, ['laptop']) } })
    expect(await addressAll(alone, [bob], { from })).toMatchObject({
      kind: 'stopped',
      trouble: { code: 'bad-address' },
    })
  })

  test('[G1] a message is sealed for every active device of a user, or for the one device that is named', async () => {
    const people = peopleOf({ [bob]: { kind: 'known', person: person(bob, ['laptop', 'phone']) } })
    const both = await addressAll(people, [bob])
    expect(both.kind === 'all' && both.addressees[0]?.devices.map(({ device }) => device)).toEqual([
      'bob@home.example/laptop',
      'bob@home.example/phone',
    ])
    const one = await addressAll(people, ['bob@home.example/phone' as UserAddress])
    expect(one.kind === 'all' && one.addressees[0]?.devices.length).toBe(1)
    const none = await addressAll(people, ['bob@home.example/tv' as UserAddress])
    expect(none).toMatchObject({ kind: 'stopped', forGood: true, trouble: { code: 'no-such-user' } })
  })

  test('[G7] a changed key or a withheld list stops the message until the user has looked; an unknown user for good', async () => {
    const changed = person(bob, ['laptop'])
    const stopped = async (answer: Resolved | Refusal) => {
      const outcome = await addressAll(peopleOf({ [bob]: answer }), [bob])
      return outcome.kind === 'stopped' ? [outcome.trouble.code, outcome.forGood] : outcome.kind
    }
    expect(await stopped({ kind: 'key-changed', fingerprint: 'new', person: changed })).toEqual(['key-changed', false])
    expect(await stopped({ kind: 'list-withheld', person: changed })).toEqual(['list-withheld', false])
    expect(await stopped({ kind: 'list-forked', person: changed })).toEqual(['list-withheld', false])
    expect(await stopped({ kind: 'unknown-user' })).toEqual(['no-such-user', true])
    expect(await stopped(new Refusal('other-domain'))).toEqual(['other-domain', true])
    expect(await stopped(new Refusal('too-many'))).toEqual(['too-many', false])
  })

  test('[G6] without a line, remembered keys will do, but for those that are in doubt', async () => {
    const known = person(bob, ['laptop'])
    const away: Resolved = { kind: 'unreachable', person: known }
    expect((await addressAll(peopleOf({ [bob]: away }), [bob])).kind).toBe('all')
    const doubt: Resolved = { kind: 'unreachable', person: { ...known, changedTo: 'other' } }
    expect((await addressAll(peopleOf({ [bob]: doubt }), [bob])).kind).toBe('unreachable')
    const people = peopleOf({ [bob]: { kind: 'unreachable' }, [carol]: { kind: 'unknown-user' } })
    expect(await addressAll(people, [bob])).toEqual({ kind: 'unreachable', address: bob })
    // Somebody who can never be written to is told of now all the same.
    expect((await addressAll(people, [bob, carol])).kind).toBe('stopped')
  })
})
