// A stage in the lab's network: the server in its own namespace, by https under a certificate made for it, and each person's
// device at a site. What a story does there is the story's business.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openStage, type Person, type Place, type Stage } from '../stage.ts'
import { type Program, startProgram } from './program.ts'
import { type Network, openNetwork, PROXY_PORT, SERVER_ADDRESS, type Site } from './network.ts'
import type { SiteKind } from './site-kind.ts'

/** What a small server may give one user. On one machine a tunnel is as fast as a line from house to house, which hides what is better. */
const TUNNEL_BYTES_PER_SECOND = 4 * 1024 * 1024

const run = promisify(execFile)

/** Somebody whose one device sits at a site of its own. */
export interface Resident extends Person {
  readonly site: Site
  /** Where their processes run. */
  readonly place: Place
}

export interface LabStage extends Omit<Stage, 'join'> {
  readonly network: Network
  /** Joins from a new site of this kind, or from a given one. */
  settle(name: string, at: SiteKind | Site): Promise<Resident>
  /** Starts the HTTP proxy, which connects to the server alone. */
  startProxy(): Promise<Program>
}

export async function openLabStage(): Promise<LabStage> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await openNetwork())
  let trusted = ''
  const stage = stack.use(
    await openStage(async (folder) => {
      const { certificate, key } = await makeCertificate(folder)
      trusted = certificate
      const policy = join(folder, 'policy.json')
      // Elsewhere than on loopback a server takes people by invitation, which is told in other stories.
      const tunnel = { userBytesPerSecond: TUNNEL_BYTES_PER_SECOND }
      await writeFile(policy, JSON.stringify({ registration: 'open', metrics: 'anybody', tunnel }))
      return {
        ...network.post,
        domain: SERVER_ADDRESS,
        origin: `https://${SERVER_ADDRESS}`,
        flags: [
          ...['--host', SERVER_ADDRESS, '--port', '443', '--domain', SERVER_ADDRESS],
          ...['--tls-cert', certificate, '--tls-key', key, '--policy', policy],
        ],
      }
    }),
  )
  const kept = stack.move()
  return {
    ...stage,
    network,
    async settle(name, at) {
      const site = typeof at === 'string' ? await network.site(at) : at
      const place = { ...site.device, env: { ...site.device.env, NODE_EXTRA_CA_CERTS: trusted } }
      return { ...(await stage.join(name, 'laptop', place)), site, place }
    },
    startProxy: () => startProgram(network.proxy, PROXY_PROGRAM, [String(PROXY_PORT), `${SERVER_ADDRESS}:443`]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const PROXY_PROGRAM = fileURLToPath(new URL('./connect-proxy.ts', import.meta.url))

/** A certificate for the server's address that devices are told to trust (NODE_EXTRA_CA_CERTS), as a company's own would be. */
async function makeCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'server.pem')
  const key = join(folder, 'server-key.pem')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Doorpost lab', '-addext', `subjectAltName=IP:${SERVER_ADDRESS}`],
    ...['-keyout', key, '-out', certificate],
  ])
  return { certificate, key }
}
