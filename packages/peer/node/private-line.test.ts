// Which connections run within one machine or one private network, by the addresses of both ends and of this machine's interfaces.

import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isPrivateLine, isSameLine } from './private-line.ts'

const card = (address: string, cidr: string): NetworkInterfaceInfo =>
  ({
    address,
    cidr,
    family: address.includes(':') ? 'IPv6' : 'IPv4',
    internal: false,
    mac: '',
    netmask: '',
  }) as NetworkInterfaceInfo
const interfaces = {
  eth0: [card('192.168.1.20', '192.168.1.20/24'), card('fe80::1', 'fe80::1/64'), card('fd12::20', 'fd12::20/64')],
  wan: [card('203.0.113.5', '203.0.113.5/24')],
  vpn: [card('10.8.0.2', '10.8.0.2/32')],
}
const line = (localHost: string, remoteHost: string) => ({ localHost, localPort: 1, remoteHost, remotePort: 2 })

describe('a private line', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['::1', '::1', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['192.168.1.20', '192.168.1.77', true],
    ['::ffff:192.168.1.20', '::ffff:192.168.1.77', true],
    ['fe80::1%eth0', 'fe80::2%eth0', true],
    ['fd12::20', 'fd12::99', true],
    ['192.168.1.20', '192.168.2.77', false],
    ['192.168.1.20', '127.0.0.1', false],
    ['192.168.1.21', '192.168.1.77', false],
    ['203.0.113.5', '203.0.113.6', false],
    ['192.168.1.20', '203.0.113.6', false],
    ['10.8.0.2', '10.8.0.1', false],
    ['192.168.1.20', 'fd12::99', false],
    ['', '', false],
  ])('[D7] from %s to %s: %s', (localHost, remoteHost, expected) => {
    expect(isPrivateLine(line(localHost, remoteHost), interfaces)).toBe(expected)
  })

  test('[D7] both ends must name the same two ends', () => {
    const mine = { localHost: '::ffff:10.0.0.1', localPort: 5, remoteHost: '10.0.0.2', remotePort: 6 }
    const theirs = { localHost: '10.0.0.2', localPort: 6, remoteHost: '10.0.0.1', remotePort: 5 }
    expect(isSameLine(mine, theirs)).toBe(true)
    expect(isSameLine(mine, { ...theirs, remotePort: 7 })).toBe(false)
    expect(isSameLine(mine, { ...theirs, remoteHost: '10.0.0.3' })).toBe(false)
    expect(isSameLine(mine, { ...theirs, localHost: 'nonsense' })).toBe(false)
  })
})
