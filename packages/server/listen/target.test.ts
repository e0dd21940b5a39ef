// What a request may be addressed to: what two readers could read differently is refused, and everything else goes through as it came.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTarget } from './target.ts'

test.each([
  ['/', { path: '/', query: '' }],
  ['/users/bob@[::1]:8025', { path: '/users/bob@[::1]:8025', query: '' }],
  ['/a%20b?c=%C3%A4', { path: '/a%20b', query: 'c=%C3%A4' }],
  ['/a?b?c', { path: '/a', query: 'b?c' }],
  ['/a?', { path: '/a', query: '' }],
  ['//a', { path: '//a', query: '' }],
  ['/.well-known/x', { path: '/.well-known/x', query: '' }],
  ['/a..b/...', { path: '/a..b/...', query: '' }],
  ['/a?x=../..', { path: '/a', query: 'x=../..' }],
])('[H12] %s is taken', (target, parsed) => {
  expect(parseTarget(target)).toEqual(parsed)
})

test.each([
  '',
  'a',
  '*',
  '/a b',
  '/a#b',
  '/a"',
  '/<a>',
  '/a\\b',
  '/ä',
  '/a\t',
  '/%',
  '/%4',
  '/%g0',
  '/a?%zz',
  '/%ff',
  '/%c0%af',
  '/%ed%a0%80',
  '/%00',
  '/a%0Ab',
  '/%7f',
  '/%c2%85',
  '/.',
  '/..',
  '/a/../b',
  '/a/./b',
  '/a/%2e%2E',
  '/.%2e/a',
])('[H12] %j is refused', (target) => {
  expect(typeof parseTarget(target)).toBe('string')
})

test('[H12] what is taken decodes, and any text can be carried encoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const parsed = parseTarget(text)
      if (typeof parsed === 'string') return
      expect(decodeURIComponent(parsed.path)).not.toMatch(/\p{Cc}/u)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      fc.pre(!/\p{Cc}|^\.{1,2}$/u.test(name) && name.isWellFormed())
      expect(parseTarget(`/users/${encodeURIComponent(name)}`)).toMatchObject({ query: '' })
    }),
  )
})
