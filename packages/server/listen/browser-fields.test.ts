import http2 from 'node:http2'
import { expect, test } from 'vitest'
import { browserFields } from './browser-fields.ts'
import type { Handler } from './exchange.ts'
import { rawCaller, testPort } from './raw-caller.ts'

const ALWAYS = [
  'x-content-type-options: nosniff',
  'cross-origin-resource-policy: same-origin',
  "content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox",
  'referrer-policy: no-referrer',
]
const answers: Handler = async ({ path }) => {
  if (path === '/fault') throw new Error('a mistake')
  if (path === '/page') return { status: 200, headers: { 'Content-Security-Policy': "default-src 'self'" } }
  return { status: 200, headers: { 'content-type': 'text/html' }, body: '<script>alert(1)</script>' }
}

/** All that came, after a request without its end. */
async function said(port: number, request: string): Promise<string> {
  await using caller = await rawCaller(port)
  caller.send(`${request}\r\nConnection: close\r\n\r\n`)
  return await caller.ended
}

test.each([
  ['an answer of the table', 'GET / HTTP/1.1\r\nHost: a'],
  ['a fault', 'GET /fault HTTP/1.1\r\nHost: a'],
  ['what is no request', 'GET / HTTP/1.1\r\nHost : a'],
  ['what is no session', 'GET /session HTTP/1.1\r\nHost: a'],
  ['two callers in one', 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2'],
])('[HDR1] %s is no document, part or other type to a browser', async (_what, request) => {
  await using port = await testPort(answers, { trustedProxies: ['127.0.0.1'] })
  const text = await said(port.port, request)
  for (const field of ALWAYS) expect(text).toContain(`\r\n${field}\r\n`)
  expect(text).not.toContain('strict-transport')
})

test('[HDR1] what an answer says by itself stays, and is said once', async () => {
  await using port = await testPort(answers)
  const text = await said(port.port, 'GET /page HTTP/1.1\r\nHost: a')
  expect(text.match(/content-security-policy: .*/g)).toEqual(["content-security-policy: default-src 'self'"])
  expect(text).toContain(ALWAYS[0])
})

test('[HDR1] [HDR2] HTTP/2 tells the same', async () => {
  await using port = await testPort(answers, { trustedProxies: ['127.0.0.1'] })
  const session = http2.connect(`http://127.0.0.1:${port.port}`)
  const fieldsOf = (more: http2.OutgoingHttpHeaders) =>
    new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
      const stream = session.request({ ':authority': 'example.org', 'x-forwarded-proto': 'https', ...more })
      stream.once('response', resolve)
      stream.once('error', reject)
      stream.resume()
    })
  for (const path of ['/', '/fault', '/session', '/%']) {
    const fields = await fieldsOf({ ':path': path })
    for (const one of ALWAYS) {
      const [name = '', value] = one.split(': ')
      expect([path, name, fields[name]]).toEqual([path, name, value])
    }
    // A request that cannot be read has no caller that anything is known of.
    expect([path, fields['strict-transport-security']]).toEqual([path, path === '/%' ? undefined : 'max-age=31536000'])
  }
  expect((await fieldsOf({ 'x-forwarded-proto': 'http' }))['strict-transport-security']).toBeUndefined()
  session.destroy()
})

test('[HDR2] whoever came by https to the whole of a name is told to go on so, and nobody else', async () => {
  await using proxied = await testPort(answers, { trustedProxies: ['127.0.0.1'] })
  await using open = await testPort(answers)
  const https = 'X-Forwarded-Proto: https'
  const told = async (port: number, more: string) =>
    (await said(port, `GET / HTTP/1.1\r\n${more}`)).includes('\r\nstrict-transport-security: max-age=31536000\r\n')
  expect(await told(proxied.port, `Host: example.org\r\n${https}`)).toBe(true)
  expect(await told(proxied.port, `Host: example.org\r\nX-Forwarded-Proto: http`)).toBe(false)
  expect(await told(proxied.port, 'Host: example.org')).toBe(false)
  // A header that anybody can send.
  expect(await told(open.port, `Host: example.org\r\n${https}`)).toBe(false)
})

test.each([
  ['example.org', true],
  ['Post.Example.org:443', true],
  // Other ports of the name are other programs', which may speak http alone.
  ['example.org:8443', false],
  ['localhost', false],
  ['LOCALHOST.', false],
  ['a.localhost', false],
  ['192.0.2.1', false],
  ['[2001:db8::1]', false],
  ['[2001:db8::1]:443', false],
  ['2130706433', false],
  [undefined, false],
])('[HDR2] over https, asked as %s', (host, isTold) => {
  expect('strict-transport-security' in browserFields({ https: true }, host)).toBe(isTold)
  expect('strict-transport-security' in browserFields({ https: false }, host)).toBe(false)
})
