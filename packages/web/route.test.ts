import { expect, test } from 'vitest'
import { href, parseRoute } from './route.ts'

test('[SCR3] a path behind the # leads back to its parts, whatever they hold', () => {
  for (const parts of [[], ['settings', 'devices'], ['with', 'bob@[::1]:8025', 'a/b c?#%']]) {
    expect(parseRoute(href(...parts))).toEqual(parts)
  }
})

test('[SCR3] what is no path is the start', () => {
  for (const hash of ['', '#', '#v1.alice@x.F.T', '#/%E0%A4%A']) expect(parseRoute(hash)).toEqual([])
})
