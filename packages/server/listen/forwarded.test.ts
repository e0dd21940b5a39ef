import { expect, test } from 'vitest'
import { callerOf, trustedProxies } from './forwarded.ts'

const isTrusted = trustedProxies(['10.0.0.0/8', '127.0.0.1', '2001:db8::/32'])
const proxy = { address: '10.0.0.1', encrypted: false }
const of = (headers: Record<string, string>, peer = proxy): unknown =>
  callerOf(peer, new Map(Object.entries(headers)), isTrusted)

test.each<[string, Record<string, string>, string, boolean]>([
  ['nothing forwarded', {}, '10.0.0.1', false],
  ['one address', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1', false],
  ['with https', { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }, '192.0.2.1', true],
  ['with http', { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http' }, '192.0.2.1', false],
  ['a forged one before it', { 'x-forwarded-for': '127.0.0.1, 192.0.2.1' }, '192.0.2.1', false],
  ['a second named proxy', { 'x-forwarded-for': '192.0.2.1, 10.9.9.9' }, '192.0.2.1', false],
  ['a word for an address', { 'x-forwarded-for': '192.0.2.1, unknown' }, '10.0.0.1', false],
  ['with a port', { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1', false],
  ['IPv6', { 'x-forwarded-for': '2001:db9::1' }, '2001:db9::1', false],
  ['IPv6 in brackets with a port', { 'x-forwarded-for': '[2001:db9::1]:80' }, '2001:db9::1', false],
  ['IPv4 in IPv6', { 'x-forwarded-for': '::ffff:192.0.2.1' }, '192.0.2.1', false],
  ['Forwarded', { forwarded: 'for=192.0.2.1;proto=https' }, '192.0.2.1', true],
  ['Forwarded with IPv6', { forwarded: 'for="[2001:db9::1]:4711";proto=http' }, '2001:db9::1', false],
  [
    'Forwarded with a forged element',
    { forwarded: 'for=127.0.0.1;proto=https, for=192.0.2.1;proto=http' },
    '192.0.2.1',
    false,
  ],
  ['Forwarded with a hidden node', { forwarded: 'for=_hidden' }, '10.0.0.1', false],
  ['both, alike', { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1', false],
  [
    'https claimed before http',
    { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https, http' },
    '192.0.2.1',
    false,
  ],
])('[H25] [H26] through a named proxy: %s', (_name, headers, remoteAddress, secure) => {
  expect(of(headers)).toEqual({ remoteAddress, secure, https: secure })
})

test('[H25] two headers that name different callers are a 400', () => {
  expect(of({ forwarded: 'for=192.0.2.7', 'x-forwarded-for': '192.0.2.1' })).toMatchObject({ status: 400 })
})

test('[H25] [H26] from anybody else nothing forwarded counts', () => {
  const headers = {
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    forwarded: 'for=127.0.0.1;proto=https',
  }
  expect(of(headers, { address: '192.0.2.1', encrypted: false })).toEqual({
    remoteAddress: '192.0.2.1',
    secure: false,
    https: false,
  })
  expect(of(headers, { address: '192.0.2.1', encrypted: true })).toEqual({
    remoteAddress: '192.0.2.1',
    secure: true,
    https: true,
  })
  expect(of(headers, { address: '127.0.0.2', encrypted: false })).toEqual({
    remoteAddress: '127.0.0.2',
    secure: true,
    https: false,
  })
  expect(of(headers, { address: '::1', encrypted: false })).toEqual({
    remoteAddress: '::1',
    secure: true,
    https: false,
  })
})

test('[H26] a named proxy on loopback is not secure by being there', () => {
  const peer = { address: '127.0.0.1', encrypted: false }
  expect(of({ 'x-forwarded-for': '192.0.2.1' }, peer)).toEqual({
    remoteAddress: '192.0.2.1',
    secure: false,
    https: false,
  })
})

test('[H25] a proxy that is no address is a mistake at the start', () => {
  expect(() => trustedProxies(['proxy.example'])).toThrow('address')
  expect(() => trustedProxies(['10.0.0.0/99'])).toThrow('CIDR')
})
