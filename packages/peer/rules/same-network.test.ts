// Which two addresses are taken for one private network, as far as addresses can tell.

import { expect, test } from 'vitest'
import { isSameNetwork } from './same-network.ts'

test.each([
  ['192.168.1.7:4711', '192.168.1.200:1', true],
  ['192.168.1.7:4711', '192.168.2.7:4711', false],
  ['10.0.0.1:1', '192.168.1.7:1', false],
  ['198.51.100.7:1', '198.51.100.8:1', false],
  ['127.0.0.1:1', '127.0.0.2:2', true],
  ['[fd00::1]:1', '[fd00::2]:2', true],
  ['[fd00:0:0:1::1]:1', '[fd00:0:0:2::1]:2', false],
  ['[::ffff:192.168.1.7]:1', '192.168.1.9:2', true],
  ['[2001:db8::1]:1', '[2001:db8::2]:2', false],
  ['nonsense', 'nonsense', false],
])('[RUL11] %s and %s', (ours, theirs, same) => {
  expect(isSameNetwork([ours], [theirs])).toBe(same)
  expect(isSameNetwork(['203.0.113.1:1', theirs], [ours])).toBe(same)
  expect(isSameNetwork([], [theirs])).toBe(false)
})
