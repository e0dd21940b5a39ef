// The web app as the server gives it out.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inMemoryServer, type Question } from '../in-memory-server.ts'
import { readWebFiles, type WebFiles } from './web-files.ts'

const PAGE = '<!doctype html><title>Doorpost</title>'
let folder = ''
let web: WebFiles | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), PAGE)
  await writeFile(join(folder, 'index.html.br'), brotliCompressSync(PAGE))
  await writeFile(join(folder, 'assets', 'a-1234.js'), 'a()')
  await writeFile(join(folder, 'sw.js'), 'b()')
  web = await readWebFiles(folder)
})
afterAll(() => rm(folder, { recursive: true }))

function get(target: string, more: Partial<Question> = {}) {
  const server = inMemoryServer()
  Object.assign(server.rooms, { web })
  return server.ask({ method: 'GET', target, ...more })
}

test('[WEB1] the page may run its own scripts alone, ask its own server alone, and be framed by nobody', async () => {
  const { status, headers, bytes } = await get('/')
  expect([status, bytes.toString(), headers['content-type']]).toEqual([200, PAGE, 'text/html; charset=utf-8'])
  const policy = headers['content-security-policy']
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("connect-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).not.toContain('unsafe')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('no-referrer')
})

test('[HDR3] the page may use what it needs and no other feature, and shares its window and its process with no other origin', async () => {
  for (const target of ['/', '/l', '/i', '/join', '/link', '/sw.js', '/assets/a-1234.js']) {
    const { status, headers } = await get(target)
    expect([target, status]).toEqual([target, 200])
    const policy = headers['permissions-policy']?.split(', ') ?? []
    expect(policy.filter((one) => one.endsWith('=(self)'))).toEqual([
      'autoplay=(self)',
      'camera=(self)',
      'clipboard-write=(self)',
      'display-capture=(self)',
      'fullscreen=(self)',
      'microphone=(self)',
      'picture-in-picture=(self)',
      'publickey-credentials-create=(self)',
      'publickey-credentials-get=(self)',
      'screen-wake-lock=(self)',
    ])
    const off = policy.filter((one) => !one.endsWith('=(self)'))
    expect(off.every((one) => /^[a-z-]+=\(\)$/.test(one))).toBe(true)
    for (const one of ['geolocation', 'usb', 'serial', 'hid', 'midi', 'payment', 'clipboard-read', 'sync-xhr'])
      expect(off).toContain(`${one}=()`)
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(headers['origin-agent-cluster']).toBe('?1')
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  }
})

test('[WEB2] parts under names with their hash are kept for good, everything else is asked for again', async () => {
  expect((await get('/assets/a-1234.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const worker = await get('/sw.js')
  expect([worker.status, worker.headers['cache-control']]).toEqual([200, 'no-cache'])
  const etag = worker.headers['etag'] ?? ''
  const again = await get('/sw.js', { headers: { 'if-none-match': etag } })
  expect([again.status, again.bytes.length]).toEqual([304, 0])
  const { headers, bytes } = await get('/', { headers: { 'accept-encoding': 'gzip, br' } })
  expect(headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(bytes).toString()).toBe(PAGE)
  expect(headers['vary']).toBe('accept-encoding')
})

test('[WEB3] no path leads out of the built app', async () => {
  for (const target of [
    '/index.html',
    '/nothing',
    '/%2e%2e',
    '/assets/..',
    '/assets/%2e%2e%2findex.html',
    '/assets/',
  ]) {
    expect([target, [401, 404].includes((await get(target)).status)]).toEqual([target, true])
  }
  expect(await readWebFiles(join(folder, 'assets'))).toBeUndefined()
})

test('[WEB4] a server without the built app answers with a plain page that runs nothing', async () => {
  const { status, headers, bytes } = await inMemoryServer().ask({ method: 'GET', target: '/' })
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(bytes.toString()).toContain('doorpost join')
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
})
