import { expect, test } from 'vitest'
import { isOnlyHere } from './only-here.ts'

test('[EYE8] a link that opens on this computer alone is known by its host', () => {
  const here = [
    'http://localhost:8025/i#v1.a',
    'http://127.0.0.1/l#x',
    'http://127.1:80/',
    'http://[::1]:8025/',
    'http://a.localhost/',
  ]
  expect(here.map(isOnlyHere)).toEqual(here.map(() => true))
  const elsewhere = [
    'https://example.org/i#localhost',
    'https://localhost.example.org/',
    'https://192.168.1.2/',
    'nothing',
  ]
  expect(elsewhere.map(isOnlyHere)).toEqual(elsewhere.map(() => false))
})
