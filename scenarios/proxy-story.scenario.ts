// Where only HTTPS through a proxy is allowed: a server with TLS under a name that nobody here can resolve, and a proxy that can.
// Joining, the session and the tunnel all go by CONNECT, each device as its own process.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectControl } from '@doorpost/peer/node/control-client'
import { openLog } from '@doorpost/server/log'
import { type RunningServer, startServer } from '@doorpost/server/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { type Running, startCommand, until } from './stage.ts'

const openssl = needs('openssl')
const DOMAIN = 'post.test'

let folder: string
let server: RunningServer
let proxy: Server
/** What CONNECT named, in order. */
const connects: string[] = []
const running: Running[] = []
let proxyUrl: string

beforeAll(async () => {
  if (openssl.missing !== undefined) return
  folder = await mkdtemp(join(tmpdir(), 'doorpost-proxy-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', `/CN=${DOMAIN}`, '-addext', `subjectAltName=DNS:${DOMAIN}`]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await promisify(execFile)(openssl.path, [...request, ...names, '-keyout', key, '-out', cert])
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    dataFolder: join(folder, 'data'),
    domain: DOMAIN,
    origins: [`https://${DOMAIN}`],
    tls: { cert: await readFile(cert), key: await readFile(key) },
    logger: openLog('silent'),
  })
  proxy = createServer((_, answer) => answer.writeHead(405).end())
  proxy.on('connect', (asked, near, head) => {
    connects.push(asked.url ?? '')
    if (asked.url !== `${DOMAIN}:443`) return void near.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const far = connect(server.port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      far.write(head)
      near.pipe(far).pipe(near)
    })
    far.on('error', () => near.destroy())
    near.on('error', () => far.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
})

afterAll(async () => {
  if (openssl.missing !== undefined) return
  await Promise.all(running.map((one) => one.end()))
  proxy.closeAllConnections()
  proxy.close()
  await server.drain()
  await rm(folder, { recursive: true, force: true })
})

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const trusting = { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'), HTTPS_PROXY: proxyUrl, NO_PROXY: '' }
  const one = startCommand(args, folder, { command: [], env: { ...trusting, ...env } })
  running.push(one)
  return one
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<number | null> {
  const { process } = start(args, env)
  if (process.exitCode === null) await once(process, 'exit')
  return process.exitCode
}

const homeOf = (name: string) => join(folder, name)

async function agentOf(name: string) {
  expect(await run(['join', `https://${DOMAIN}`, name, '--device', 'laptop', '--home', homeOf(name)])).toBe(0)
  start(['agent', '--home', homeOf(name)])
  await until(`${name}'s agent to be on-line`, async () => {
    await using device = await connectControl(homeOf(name))
    return device !== undefined && (await device.do('whoami', {})).online
  })
  const control = await connectControl(homeOf(name))
  if (!control) throw new Error('the agent has gone')
  return control
}

describe('only HTTPS through a proxy', () => {
  test.skipIf(openssl.missing)(`[TUN27] joining, sessions and the tunnel go by CONNECT${openssl.reason}`, async () => {
    await using alice = await agentOf('alice')
    await using bob = await agentOf('bob')
    await alice.do('contacts.add', { who: 'bob' })
    await bob.do('contacts.add', { who: 'alice' })
    const film = join(folder, 'film.bin')
    const bytes = Buffer.alloc(3_000_000, 'through a proxy ')
    await writeFile(film, bytes)
    const { id } = await alice.do('send', { to: ['bob'], files: [film], title: 'A film' })
    await until('the message', async () => (await bob.do('inbox', {})).some((one) => one.id === id))
    const before = connects.length
    await bob.do('get', { what: id, folder: join(folder, 'received'), path: 'tunnel' })
    expect(bytes.equals(await readFile(join(folder, 'received', 'film.bin')))).toBe(true)
    expect(connects.length).toBeGreaterThan(before)
    expect(new Set(connects)).toEqual(new Set([`${DOMAIN}:443`]))
  })

  test.skipIf(openssl.missing)(`[TUN27] an exchange by hand goes the same way${openssl.reason}`, async () => {
    const before = connects.length
    expect(await run(['vmio', 'FINGER', '/', '--server', `https://${DOMAIN}`])).toBe(0)
    expect(connects.length).toBe(before + 1)
  })

  test.skipIf(openssl.missing)(`[TUN27] what NO_PROXY names is dialled itself${openssl.reason}`, async () => {
    const before = connects.length
    const home = homeOf('carol')
    // The name means nothing without the proxy.
    expect(await run(['join', `https://${DOMAIN}`, 'carol', '--home', home], { NO_PROXY: DOMAIN })).toBe(69)
    expect(connects.length).toBe(before)
  })
})
