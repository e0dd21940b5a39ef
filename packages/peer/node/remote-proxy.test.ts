import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server, setGlobalProxyFromEnv } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../scripts/needs.ts'
import { testBytes } from '../send/memory-media-file.ts'
import { findRemote, openRemoteFile } from './remote-file.ts'
import { checkBehindProxy, HostRefused } from './remote-host.ts'

const openssl = needs('openssl')
/** Nobody here can resolve it; the proxy knows where it is. */
const HOST = 'films.example'
const bytes = testBytes(300_000)

let folder: string
let proxy: Server
let far: TlsServer
let leaveProxy = () => {}
let leadsTo: string | undefined
const trusted = getCACertificates('default')
const connects: string[] = []

beforeAll(async () => {
  if (openssl.missing !== undefined) return
  folder = await mkdtemp(join(tmpdir(), 'doorpost-remote-proxy-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await promisify(execFile)(openssl.path, [...request, ...names, '-keyout', key, '-out', cert])
  setDefaultCACertificates([...trusted, await readFile(cert, 'utf8')])
  far = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (asked, answer) => {
    if (leadsTo !== undefined) return void answer.writeHead(302, { location: leadsTo }).end()
    const [, from = 0, to = bytes.length - 1] = (/^bytes=(\d+)-(\d+)?$/.exec(asked.headers.range ?? '') ?? []).map(
      Number,
    )
    const end = Number.isNaN(to) ? bytes.length - 1 : Math.min(to, bytes.length - 1)
    answer.writeHead(206, { 'content-range': `bytes ${from}-${end}/${bytes.length}` })
    answer.end(bytes.subarray(from, end + 1))
  })
  far.listen(0, '127.0.0.1')
  proxy = createServer((_, answer) => answer.writeHead(405).end())
  proxy.on('connect', (asked, near, head) => {
    connects.push(asked.url ?? '')
    if (asked.url !== `${HOST}:443`) return void near.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const line = connect((far.address() as AddressInfo).port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      line.write(head)
      near.pipe(line).pipe(near)
    })
    line.on('error', () => near.destroy())
    near.on('error', () => line.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await Promise.all([once(far, 'listening'), once(proxy, 'listening')])
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  leaveProxy = setGlobalProxyFromEnv({ https_proxy: url, no_proxy: 'near.example' })
})
beforeEach(() => {
  connects.length = 0
  leadsTo = undefined
})
afterAll(async () => {
  if (openssl.missing !== undefined) return
  leaveProxy()
  setDefaultCACertificates(trusted)
  for (const one of [proxy, far]) {
    one.closeAllConnections()
    one.close()
  }
  await rm(folder, { recursive: true, force: true })
})

test.skipIf(openssl.missing)(`[ELS12] media elsewhere are read through the proxy${openssl.reason}`, async () => {
  expect(await findRemote(`https://${HOST}/film.mov`)).toMatchObject({ name: 'film.mov', sizeBytes: bytes.length })
  await using file = await openRemoteFile(`https://${HOST}/film.mov`)
  const into = new Uint8Array(1000)
  expect(await file.read(200_000, into)).toBe(1000)
  expect(Buffer.compare(into, bytes.subarray(200_000, 201_000))).toBe(0)
  expect(new Set(connects)).toEqual(new Set([`${HOST}:443`]))
})

test.skipIf(openssl.missing)(`[ELS12] what NO_PROXY names is dialled itself${openssl.reason}`, async () => {
  await expect(findRemote('https://near.example/film.mov')).rejects.toThrow(/cannot be reached/)
  expect(connects).toEqual([])
})

test
  .skipIf(openssl.missing)
  .each([
    ['https://127.0.0.1/x'],
    ['https://169.254.169.254/latest'],
    ['https://[::1]/x'],
    ['https://localhost/x'],
    ['https://intranet/x'],
    ['https://metadata.google.internal/x'],
    ['https://nas.local/x'],
  ])('[ELS12] the proxy is not asked for %s, nor is a redirect to it followed', async (to) => {
  await expect(findRemote(to)).rejects.toThrow(/private network/)
  expect(connects).toEqual([])
  leadsTo = to
  await expect(findRemote(`https://${HOST}/film.mov`)).rejects.toThrow(/private network/)
  expect(new Set(connects)).toEqual(new Set([`${HOST}:443`]))
})

test('[ELS12] a name that is known here at closed addresses only is refused; one that is not known is the proxy’s to judge', async () => {
  const at =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: 4 }))
  await expect(checkBehindProxy('inner.example', false, at('10.0.0.7'))).rejects.toThrow(HostRefused)
  await checkBehindProxy('inner.example', true, at('10.0.0.7'))
  await checkBehindProxy('both.example', false, at('10.0.0.7', '93.184.216.34'))
  await checkBehindProxy('outer.example', false, () => Promise.reject(new Error('ENOTFOUND')))
})
