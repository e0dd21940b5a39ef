import type { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { defaultListenHost, networkAddressesOf } from './network-addresses.ts'

const one = (address: string, family: 'IPv4' | 'IPv6', internal = false) => ({ address, family, internal })
const interfaces = (() => ({
  lo: [one('127.0.0.1', 'IPv4', true), one('::1', 'IPv6', true)],
  eth0: [one('fe80::1', 'IPv6'), one('2001:db8::7', 'IPv6'), one('192.0.2.7', 'IPv4'), one('169.254.3.4', 'IPv4')],
})) as unknown as typeof networkInterfaces

describe('network addresses', () => {
  test('[C8] every address of this machine but loopback and link-local ones', () => {
    expect(networkAddressesOf({ host: '::', port: 4711 }, 'https://example.org', interfaces)).toEqual([
      '192.0.2.7:4711',
      '[2001:db8::7]:4711',
    ])
    expect(defaultListenHost('https://example.org')).toBe('::')
  })

  test.each(['http://localhost:8025', 'http://127.0.0.1:8025', 'http://[::1]:8025'])(
    '[C8] %s is on this machine, so loopback alone is listened at and told',
    (origin) => {
      expect(defaultListenHost(origin)).toBe('127.0.0.1')
      expect(networkAddressesOf({ host: '127.0.0.1', port: 1 }, origin, interfaces)).toEqual(['127.0.0.1:1'])
      expect(networkAddressesOf({ host: '::', port: 1 }, origin, interfaces)).toEqual(['127.0.0.1:1', '[::1]:1'])
    },
  )

  test('[C8] a listener bound to one address tells that one', () => {
    expect(networkAddressesOf({ host: '192.0.2.7', port: 9 }, 'https://example.org', interfaces)).toEqual([
      '192.0.2.7:9',
    ])
  })
})
