import type { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { defaultListenHost, isInTheOpen, networkAddressesOf } from './network-addresses.ts'

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

test('[D14] in the open is what can be reached from everywhere; where the server is on loopback, loopback alone', () => {
  const far = 'https://example.org'
  for (const address of ['203.0.113.7:4711', '8.8.8.8:443', '[2606:4700::1111]:4711']) {
    expect(isInTheOpen(address, far), address).toBe(true)
  }
  for (const address of [
    '192.168.1.2:4711',
    '10.0.0.1:80',
    '100.64.0.1:4711',
    '127.0.0.1:4711',
    '0.0.0.0:4711',
    '169.254.169.254:80',
    '224.0.0.251:4711',
    '255.255.255.255:4711',
    '999.1.1.1:4711',
    '[::1]:4711',
    '[::]:4711',
    '[fd00::1]:4711',
    '[fe80::1]:4711',
    '[::ffff:192.168.1.2]:4711',
    '[64:ff9b::c0a8:102]:4711',
    '[2002:c0a8:102::1]:4711',
  ]) {
    expect(isInTheOpen(address, far), address).toBe(false)
  }
  expect(isInTheOpen('127.0.0.1:4711', 'http://localhost:8025')).toBe(true)
  expect(isInTheOpen('203.0.113.7:4711', 'http://localhost:8025')).toBe(false)
})
