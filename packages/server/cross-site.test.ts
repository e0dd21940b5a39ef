// What a page of another site can have a visitor's browser do here: nothing that needs who they are. There are no cookies, so a browser
// adds nothing by itself to what such a page asks; and what such a page may ask without asking first changes nothing.

import { expect, test } from 'vitest'
import { inMemoryServer, type Reply } from './in-memory-server.ts'
import { table } from './table.ts'

/** Fetch, section 2.2.1: a page may use these elsewhere without the other server's leave. */
const WITHOUT_LEAVE = ['GET', 'HEAD', 'POST']
const ELSEWHERE = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }

/** Names of fields that would give a page elsewhere leave, or have the browser remember who it is. */
function leave({ headers }: Reply): string[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return names.filter((name) => name === 'set-cookie' || name.startsWith('access-control-'))
}

test('[HDR7] every row that changes or tells anything of anybody has a method that pages elsewhere may not use', () => {
  const open = table.filter(({ method }) => WITHOUT_LEAVE.includes(method))
  expect(open.every(({ method, who }) => method === 'GET' && who === 'anyone')).toBe(true)
  expect(
    open.map(({ target }) => target).filter((target) => !/^\/(assets\/FILE|[a-z-]*(\.[a-z]+)?)$/.test(target)),
  ).toEqual([])
})

test('[HDR7] who runs the server is nobody to a request that another site has their browser send', async () => {
  const server = inMemoryServer({ admins: ['ruth'] })
  await server.join('alice')
  for (const { method, target, who } of table) {
    if (who === 'anyone') continue
    for (const headers of [
      ELSEWHERE,
      { ...ELSEWHERE, cookie: 'token=a; session=b; authorization=Bearer c' },
      { ...ELSEWHERE, authorization: 'Basic cnV0aDpydXRo' },
      { ...ELSEWHERE, 'x-http-method-override': method, 'content-type': 'text/plain' },
    ]) {
      for (const asked of [method, 'POST', 'OPTIONS']) {
        const reply = await server.ask({ method: asked, target, headers, body: { name: 'alice', standing: 'removed' } })
        expect([asked, target, reply.status]).toEqual([asked, target, 401])
        expect(leave(reply)).toEqual([])
      }
    }
  }
  expect(await server.storage.accounts.get('alice@localhost:8025' as never)).toBeDefined()
})

test('[HDR7] nobody elsewhere is given leave, whatever is asked and of whom', async () => {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  for (const { method, target } of table) {
    for (const asked of [method, 'OPTIONS']) {
      const headers = {
        ...ELSEWHERE,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization',
      }
      expect(leave(await server.ask({ method: asked, target, headers }))).toEqual([])
      expect(leave(await alice.ask(asked, target, undefined, { headers }))).toEqual([])
    }
  }
})
