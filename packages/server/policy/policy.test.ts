// The policy file: how it is read, and what each of its lines refuses. `registration`, `names` and `invite` are shown with
// the accounts they keep out, in accounts/accounts.test.ts.

import { readFile } from 'node:fs/promises'
import type { UserAddress } from '@doorpost/protocol/address'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeFor, inMemoryServer, type Person } from '../in-memory-server.ts'
import { jsonLines } from './json-lines.ts'
import { type PolicyFile, policyOf } from './policy.ts'
import { PolicyFault, parsePolicy, readPolicyFile } from './policy-file.ts'
import { mayRegister, mayWrite } from './rules.ts'

const EXAMPLE = new URL('policy.example.json', import.meta.url).pathname

const faultOf = (text: string): string => {
  try {
    parsePolicy('policy.json', text)
  } catch (error) {
    if (error instanceof PolicyFault) return error.message
    throw error
  }
  return 'no fault'
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the file', () => {
  test('[Y6] what is no JSON is told with its line', () => {
    expect(faultOf('{\n  "registration": open\n}')).toBe('policy.json, line 2: this is not JSON.')
    expect(faultOf('{\n  "registration": "open"\n')).toMatch(/^policy.json, line [23]: this is not JSON.$/)
    expect(faultOf('{\n"names": { "deny": [\n"a",\n] } }')).toBe('policy.json, line 4: this is not JSON.')
    expect(faultOf('')).toBe('policy.json, line 1: this is not JSON.')
  })

  test('[Y6] a wrong value is told with its field and line', () => {
    expect(faultOf('{\n\n"registration": "everybody" }')).toMatch(/^policy.json, line 3: registration: /)
    const nested = '{ "rates": {\n "send": {\n "perUser": {\n "requests": 0, "seconds": 60 } } } }'
    expect(faultOf(nested)).toMatch(/^policy.json, line 4: rates.send.perUser.requests: /)
    const rules =
      '{ "send": [\n{ "rule": "deny", "from": "*", "to": "*" },\n{ "rule": "deny",\n "from": "a b", "to": "*" }] }'
    expect(faultOf(rules)).toMatch(/^policy.json, line 4: send.1.from: /)
    expect(faultOf('[]')).toMatch(/^policy.json, line 1: the whole: /)
  })

  test('[Y6] a setting that does not exist, and a list that nobody defined, are told too', () => {
    expect(faultOf('{\n"quotas": {\n"mesages": 10 } }')).toBe('policy.json, line 3: quotas.mesages: no such setting.')
    const rule = '{ "send": [{ "rule": "deny",\n"from": "list:crew", "to": "*" }] }'
    expect(faultOf(rule)).toBe('policy.json, line 2: send.0.from: there is no list crew.')
    expect(faultOf(`{ "lists": { "crew": [] }, ${rule.slice(1)}`)).toBe('no fault')
  })

  test('[Y6] a file that cannot be read is told', async () => {
    await expect(readPolicyFile('/nowhere/policy.json')).rejects.toThrow(
      '/nowhere/policy.json: cannot be read (ENOENT).',
    )
  })

  test('[Y6] any text is either a policy or a fault with a line', () => {
    const value = fc.oneof(fc.jsonValue(), fc.object())
    const text = fc.oneof(
      fc.string(),
      value.map((given) => JSON.stringify(given, null, 1)),
      fc.tuple(value, fc.nat(), fc.string({ maxLength: 2 })).map(([given, at, put]) => {
        const whole = JSON.stringify(given)
        return `${whole.slice(0, at % whole.length)}${put}${whole.slice((at % whole.length) + 1)}`
      }),
    )
    fc.assert(
      fc.property(text, (given) => {
        expect(faultOf(given)).toMatch(/^(no fault|policy\.json, line \d+: .*)$/s)
        expect(jsonLines(given).faultLine === undefined).toBe(isJson(given))
      }),
      { numRuns: 1000 },
    )
  })

  test('[Y9] the example has every line there is, and is what holds without one', async () => {
    const example = await readPolicyFile(EXAMPLE)
    const { lists, send, ...rest } = policyOf({}, false)
    expect(JSON.parse(await readFile(EXAMPLE, 'utf8'))).toEqual({ ...rest, lists: example.lists, send: example.send })
    expect([lists, send]).toEqual([{}, []])
    expect(mayWrite(policyOf(example, false), 'x@example.org' as UserAddress, 'y@example.org' as UserAddress)).toBe(
      true,
    )
  })
})

describe('who may what', () => {
  test('[Y2] names: deny wins over allow, and a star stands for any characters', () => {
    const policy = policyOf({ names: { allow: ['crew-*', 'a*b*c'], deny: ['crew-x*'] } }, false)
    const names = ['crew-1', 'crew-', 'crew-x1', 'crew', 'abc', 'a1b2c', 'acb', 'xabc']
    expect(names.filter((name) => mayRegister(policy, name))).toEqual(['crew-1', 'crew-', 'abc', 'a1b2c'])
  })

  test('[Y4] the first rule of send that fits decides', () => {
    const policy = policyOf(
      {
        lists: { crew: ['alice@h', 'camera-*@h'] },
        send: [
          { rule: 'allow', from: 'list:crew', to: '*' },
          { rule: 'deny', from: '*', to: 'list:crew' },
          { rule: 'deny', from: '*@*', to: 'dora@h' },
        ],
      },
      false,
    )
    const may = (from: string, to: string) => mayWrite(policy, `${from}@h` as UserAddress, `${to}@h` as UserAddress)
    expect([may('alice', 'camera-1'), may('camera-1', 'dora'), may('bob', 'carol')]).toEqual([true, true, true])
    expect([may('bob', 'alice'), may('bob', 'camera-2'), may('carol', 'dora')]).toEqual([false, false, false])
  })

  test('[Y4] a star never reaches over the @', () => {
    const policy = policyOf({ send: [{ rule: 'deny', from: '*@h', to: '*' }] }, false)
    expect(mayWrite(policy, 'a@h' as UserAddress, 'b@h' as UserAddress)).toBe(false)
    expect(mayWrite(policy, 'a@x.h' as UserAddress, 'b@h' as UserAddress)).toBe(true)
    const name = policyOf({ send: [{ rule: 'deny', from: 'a*', to: '*' } as never] }, false)
    expect(mayWrite(name, 'alice@h' as UserAddress, 'b@h' as UserAddress)).toBe(true)
  })

  test('[Y4] a pattern fits what the plain reading of it fits', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '@', '*'), maxLength: 12 })
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', '@'), maxLength: 16 })
    fc.assert(
      fc.property(letters, plain, (pattern, text) => {
        const reading = new RegExp(`^${pattern.replaceAll('*', '[^@]*')}$`)
        const policy = policyOf({ names: { allow: [pattern] } }, false)
        expect(mayRegister(policy, text)).toBe(reading.test(text))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('what mail meets', () => {
  async function sent(policy: PolicyFile, change: (alice: Person, bob: Person) => object = () => ({})) {
    const server = inMemoryServer({ policy })
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    const send = async (id: string) => {
      const envelope = { ...envelopeFor(alice, [bob], { id }), ...change(alice, bob) }
      return (await alice.ask('SEND', '/messages', envelope)).status
    }
    return [await send('AAAAAAAAAAAAAAAAAAAAAA'), await send('AQEBAQEBAQEBAQEBAQEBAQ')]
  }

  test('[Y4] who may not write to whom gets a 468', async () => {
    expect(await sent({})).toEqual([202, 202])
    expect(await sent({ send: [{ rule: 'deny', from: 'alice@*', to: '*' }] })).toEqual([468, 468])
    expect(await sent({ send: [{ rule: 'deny', from: '*', to: 'alice@localhost:8025' }] })).toEqual([202, 202])
  })

  test('[Y8] quotas.messages and quotas.bytes fill a mailbox: 464', async () => {
    expect(await sent({ quotas: { messages: 1 } })).toEqual([202, 464])
    const large = (alice: Person, bob: Person) => ({
      sealed: { ...envelopeFor(alice, [bob]).sealed, body: 'A'.repeat(1000) },
    })
    expect(await sent({ quotas: { bytes: 1024 } }, large)).toEqual([202, 464])
  })

  test('[Y8] sizes.messageBytes is a 413, sizes.recipients a 468', async () => {
    const large = (alice: Person, bob: Person) => ({
      sealed: { ...envelopeFor(alice, [bob]).sealed, body: 'A'.repeat(1368) },
    })
    expect(await sent({ sizes: { messageBytes: 1026 } }, large)).toEqual([202, 202])
    expect(await sent({ sizes: { messageBytes: 1025 } }, large)).toEqual([413, 413])
    const both = (alice: Person, bob: Person) => envelopeFor(alice, [bob, alice], { id: 'AAAAAAAAAAAAAAAAAAAAAA' })
    expect(await sent({ sizes: { recipients: 2 } }, both)).toEqual([202, 200])
    expect(await sent({ sizes: { recipients: 1 } }, both)).toEqual([468, 468])
  })
})

describe('figures', () => {
  test('[Y7] metrics are for this machine, unless the policy says anybody', async () => {
    const server = inMemoryServer()
    const statusFrom = async (remoteAddress: string) =>
      (await server.ask({ method: 'GET', target: '/metrics', remoteAddress })).status
    expect([await statusFrom('127.0.0.1'), await statusFrom('::1'), await statusFrom('192.0.2.1')]).toEqual([
      200, 200, 403,
    ])
    server.follow({ metrics: 'anybody' })
    expect(await statusFrom('192.0.2.1')).toBe(200)
  })
})
