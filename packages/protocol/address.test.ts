import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ADDRESS_LENGTH_MAX,
  deviceAddress,
  formatAddress,
  isDeviceAddress,
  isUserAddress,
  parseAddress,
  parseDomain,
  recipientKind,
  splitDevice,
  userAddress,
} from './address.ts'

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?$/)
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/)
const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined })
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
)
const domain = fc.tuple(host, port).map(([where, number]) => (number === undefined ? where : `${where}:${number}`))
const written = fc
  .tuple(name, fc.option(domain, { nil: undefined }), fc.option(name, { nil: undefined }))
  .map(([user, at, device]) => `${user}${at === undefined ? '' : `@${at}`}${device === undefined ? '' : `/${device}`}`)

test('[N1] a user, a domain and a device are read from every form, and brought into one form', () => {
  const table: [string, string][] = [
    ['alice', 'alice'],
    ['Alice', 'alice'],
    ['alice/Laptop', 'alice/laptop'],
    ['alice@Example.ORG', 'alice@example.org'],
    ['alice@example.org:8025', 'alice@example.org:8025'],
    ['alice@example.org:08025', 'alice@example.org:8025'],
    ['alice@localhost:8025/laptop', 'alice@localhost:8025/laptop'],
    ['alice@192.0.2.7', 'alice@192.0.2.7'],
    ['alice@192.0.2.7:1', 'alice@192.0.2.7:1'],
    ['alice@[2001:DB8:0:0::1]', 'alice@[2001:db8::1]'],
    ['alice@[::1]:8025/laptop', 'alice@[::1]:8025/laptop'],
    ['a.b_c-9@xn--bcher-kva.example', 'a.b_c-9@xn--bcher-kva.example'],
    ['0@1.example', '0@1.example'],
  ]
  for (const [text, canonical] of table) {
    const parsed = parseAddress(text)
    expect(parsed.ok && formatAddress(parsed.value), text).toBe(canonical)
  }
})

test('[N2] what is no address has a fault that says which part', () => {
  const table: [string, string][] = [
    ['', 'empty'],
    ['a'.repeat(ADDRESS_LENGTH_MAX + 1), 'too-long'],
    ['a'.repeat(65), 'bad-user'],
    ['@example.org', 'bad-user'],
    ['.alice@example.org', 'bad-user'],
    ['alice-@example.org', 'bad-user'],
    ['al ice', 'bad-user'],
    [' alice', 'bad-user'],
    ['älice', 'bad-user'],
    ['ali\u212a', 'bad-user'],
    ['alice+news@example.org', 'bad-user'],
    ['"alice"@example.org', 'bad-user'],
    ['alice\0', 'bad-user'],
    ['alice\u202e', 'bad-user'],
    ['../bob', 'bad-user'],
    ['alice@', 'bad-domain'],
    ['alice@bob@example.org', 'bad-domain'],
    ['alice@example..org', 'bad-domain'],
    ['alice@.example.org', 'bad-domain'],
    ['alice@example.org.', 'bad-domain'],
    ['alice@-example.org', 'bad-domain'],
    ['alice@ex_ample.org', 'bad-domain'],
    ['alice@bücher.example', 'bad-domain'],
    ['alice@ban\u212a.example', 'bad-domain'],
    [`alice@${'a'.repeat(64)}.org`, 'bad-domain'],
    [`alice@${Array.from({ length: 50 }, () => 'abcde').join('.')}`, 'bad-domain'],
    ['alice@127.1', 'bad-domain'],
    ['alice@0177.0.0.1', 'bad-domain'],
    ['alice@1.2.3.4.5', 'bad-domain'],
    ['alice@256.0.0.1', 'bad-domain'],
    ['alice@2130706433', 'bad-domain'],
    ['alice@0x7f.1', 'bad-domain'],
    ['alice@0x7f000001', 'bad-domain'],
    ['alice@example.0x', 'bad-domain'],
    ['alice@::1', 'bad-domain'],
    ['alice@[fe80::1%eth0]', 'bad-domain'],
    ['alice@[::1', 'bad-domain'],
    ['alice@[127.0.0.1]', 'bad-domain'],
    ['alice@[::1]8025', 'bad-domain'],
    ['alice@example.org:0', 'bad-port'],
    ['alice@example.org:65536', 'bad-port'],
    ['alice@example.org:000080', 'bad-port'],
    ['alice@example.org:', 'bad-domain'],
    ['alice@example.org:8o', 'bad-domain'],
    ['alice/', 'bad-device'],
    ['alice/a/b', 'bad-device'],
    ['alice/..', 'bad-device'],
    ['alice@example.org/ph one', 'bad-device'],
  ]
  for (const [text, fault] of table) expect(parseAddress(text), text).toEqual({ ok: false, fault })
})

test('[N1] every address that is right reads back from its one form, which is the form of itself', () => {
  fc.assert(
    fc.property(written, (text) => {
      const parsed = parseAddress(text)
      if (!parsed.ok) throw new Error(`${text}: ${parsed.fault}`)
      const canonical = formatAddress(parsed.value)
      expect(parseAddress(canonical)).toEqual(parsed)
      expect(parseAddress(text.toUpperCase())).toEqual(parsed)
    }),
  )
})

test('[N2] no text makes the parser throw, and what it takes it gives back in one form', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: fc.integer({ min: 0, max: 0x10_ffff }).map((point) => String.fromCodePoint(point)) }),
        fc.string({ unit: fc.constantFrom('a', '0', '.', '@', '/', ':', '[', ']', '-', '_') }),
      ),
      (text) => {
        const parsed = parseAddress(text)
        if (!parsed.ok) return
        const canonical = formatAddress(parsed.value)
        expect(parseAddress(canonical)).toEqual(parsed)
        expect(canonical).toMatch(/^[a-z0-9.@/:[\]_-]+$/)
      },
    ),
  )
})

test('[N2] a domain means the same host to a URL parser', () => {
  fc.assert(
    fc.property(domain, (text) => {
      const parsed = parseDomain(text)
      if (!parsed.ok) throw new Error(`${text}: ${parsed.fault}`)
      // A URL drops the port 80 of http; 0 is none that a domain can have.
      expect(new URL(`http://${parsed.value}/`).host).toBe(parsed.value.replace(/:80$/, ''))
    }),
  )
})

test('[N3] only full addresses in their one form count as user and device addresses', () => {
  for (const text of ['alice@example.org', 'alice@[::1]:1'])
    expect([isUserAddress(text), isDeviceAddress(text)]).toEqual([true, false])
  expect([isUserAddress('alice@example.org/desk'), isDeviceAddress('alice@example.org/desk')]).toEqual([false, true])
  for (const text of [
    'alice',
    'alice/desk',
    'Alice@example.org/Desk',
    'alice@EXAMPLE.org',
    'alice@example.org:080',
    '',
  ]) {
    expect([isUserAddress(text), isDeviceAddress(text)], text).toEqual([false, false])
  }
  fc.assert(
    fc.property(name, domain, name, (user, at, device) => {
      const parsed = parseDomain(at)
      if (!parsed.ok) throw new Error(at)
      const whole = userAddress({ user }, parsed.value)
      expect(isUserAddress(whole)).toBe(true)
      expect(isDeviceAddress(deviceAddress(whole, device))).toBe(true)
      expect(splitDevice(deviceAddress(whole, device))).toEqual({ user: whole, device })
      expect(userAddress({ user, domain: 'other.example' }, parsed.value)).toBe(`${user}@other.example`)
    }),
  )
})

test('[N4] users are told from plain e-mail addresses', () => {
  const ours = ['example.org', 'localhost:8025']
  const table: [string, 'user' | 'e-mail' | 'neither'][] = [
    ['alice', 'user'],
    ['alice@example.org', 'user'],
    ['alice@EXAMPLE.org', 'user'],
    ['alice@example.net', 'e-mail'],
    ['alice@example.net/desk', 'user'],
    ['alice@example.net:8025', 'user'],
    ['alice@localhost', 'user'],
    ['alice@localhost:8025', 'user'],
    ['alice@192.0.2.7', 'user'],
    ['alice@[::1]', 'user'],
    ['alice+film@example.net', 'e-mail'],
    ['alice+film@example.org', 'e-mail'],
    ["o'hara@example.net", 'e-mail'],
    ['ünal@example.net', 'e-mail'],
    ['mailto:alice@example.org', 'e-mail'],
    ['MAILTO:alice@example.org', 'e-mail'],
    ['mailto:alice', 'neither'],
    ['mailto:', 'neither'],
    ['alice+film@example.net:25', 'neither'],
    ['alice+film@192.0.2.7', 'neither'],
    ['alice+film@[::1]', 'neither'],
    ['alice film@example.net', 'neither'],
    ['alice <alice@example.net>', 'neither'],
    ['a@b, c@d', 'neither'],
    ['@example.net', 'neither'],
    ['alice+x@', 'neither'],
    ['alice+x@exa mple', 'neither'],
    ['alice+x\r\n@example.net', 'neither'],
    [`${'é'.repeat(33)}@example.net`, 'neither'],
    ['', 'neither'],
    ['a b', 'neither'],
  ]
  for (const [text, kind] of table) expect(recipientKind(text, ours), text).toBe(kind)
})
