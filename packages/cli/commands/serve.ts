// `doorpost serve`: runs a server until it is told to end. Its rooms are packages/server's; here are its options, the three
// lines a person reads first, and the signals.

import type { LogLevel } from '@doorpost/server/log'
import type { RunningServer } from '@doorpost/server/server'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aborted } from '../aborted.ts'
import { answerJsonLine } from '../answer.ts'
import { command, UsageError } from '../command.ts'
import { readWholeNumber } from '../read-duration.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const satisfies readonly LogLevel[]

/** Where the web app is built to (packages/web/build.ts). */
const WEB_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

export const serve = command({
  examples: [
    'doorpost serve',
    'doorpost serve --port 8025 --data ./data',
    'doorpost serve --port 443 --host 0.0.0.0 --domain example.org --tls-cert cert.pem --tls-key key.pem --data /var/lib/doorpost',
  ],
  operands: [],
  options: {
    port: { type: 'text', value: 'PORT', about: 'where it listens; 0 takes a free one', default: '8025' },
    data: {
      type: 'text',
      value: 'DIR',
      about: 'folder for accounts and waiting mail, never for media',
      default: './data',
      completes: 'folder',
    },
    host: { type: 'text', value: 'HOST', about: 'network address where it listens', default: 'localhost' },
    domain: {
      type: 'text',
      value: 'DOMAIN',
      about: 'what stands behind the @ of its users',
      default: 'as before, else localhost:PORT',
    },
    origin: {
      type: 'text',
      many: true,
      value: 'URL',
      about: 'address that devices may dial',
      default: 'https://DOMAIN, or those of this machine',
    },
    'tls-cert': { type: 'text', value: 'FILE', about: 'certificate with its chain, PEM', completes: 'file' },
    'tls-key': { type: 'text', value: 'FILE', about: 'key of the certificate, PEM', completes: 'file' },
    policy: {
      type: 'text',
      value: 'FILE',
      about: 'who may register and write to whom, quotas; SIGHUP reads it again',
      completes: 'file',
    },
    admin: {
      type: 'text',
      many: true,
      value: 'NAME',
      about: 'user who runs it, beside those of doorpost admin add',
    },
    'trusted-proxy': {
      type: 'text',
      many: true,
      value: 'ADDRESS',
      about: 'address or CIDR block of a proxy that ends TLS in front',
    },
    'stun-port': {
      type: 'text',
      value: 'PORT',
      about: 'UDP port that tells devices how they are seen; 0 for none',
      default: 'as --port',
    },
    log: {
      type: 'text',
      value: 'LEVEL',
      about: 'what is logged to standard error, JSON lines',
      choices: levels,
      default: 'warn',
    },
    json: { type: 'flag', about: 'answer with one JSON document once it runs' },
  },
  notes: [
    'Plain HTTP is for this machine alone: any other host needs a certificate or a proxy. SIGTERM finishes what is in progress and ends.',
  ],
  async run({ options }, around) {
    const { cwd, stop } = around
    const port = readWholeNumber(options.port ?? '8025', 'port', 0, 65_535)
    const tls = await readTls(options['tls-cert'], options['tls-key'], cwd)
    const level = levels.find((each) => each === options.log) ?? 'warn'
    const [{ startServer }, { openLog }] = await Promise.all([
      import('@doorpost/server/server'),
      import('@doorpost/server/log'),
    ])
    // The server itself reads its policy again on SIGHUP; without one there is nothing to read. Neither ends it.
    using _ = around.onHangUp(() => {})
    const running = await startServer({
      port,
      dataFolder: resolve(cwd, options.data ?? 'data'),
      logger: openLog(level),
      webFolder: WEB_FOLDER,
      ...(options.host !== undefined && { host: options.host }),
      ...(options.domain !== undefined && { domain: options.domain }),
      ...(options.origin.length > 0 && { origins: options.origin }),
      ...(tls !== undefined && { tls }),
      ...(options.policy !== undefined && { policyFile: resolve(cwd, options.policy) }),
      ...(options['stun-port'] !== undefined && {
        stunPort: readWholeNumber(options['stun-port'], 'stun-port', 0, 65_535),
      }),
      ...(options.admin.length > 0 && { admins: options.admin.map((name) => name.toLowerCase()) }),
      ...(options['trusted-proxy'].length > 0 && { trustedProxies: options['trusted-proxy'] }),
    })
    const { origin, domain, dataFolder } = running
    if (options.json) answerJsonLine({ origin, domain, port: running.port, data: dataFolder, pid: process.pid }, around)
    else tellStart(running, around)
    await aborted(stop)
    await running.drain()
    return undefined
  },
})

async function readTls(cert: string | undefined, key: string | undefined, cwd: string) {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together.')
  const tls = { cert: await readFile(resolve(cwd, cert)), key: await readFile(resolve(cwd, key)) }
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext(tls)
  } catch (error) {
    throw new UsageError(`The certificate and the key cannot be used together: ${(error as Error).message}.`)
  }
  return tls
}

function tellStart({ origin, dataFolder, registration }: RunningServer, around: Surroundings): void {
  const { out, cwd } = around
  const place = relative(cwd, dataFolder)
  const shown = place.startsWith('..') ? dataFolder : `./${place}`
  out.write(`Doorpost is running at ${painted(origin, 'bold', out)}\n`)
  out.write(`Its data is in ${printable(shown)}, and none of it is media.\n`)
  out.write(
    registration === 'open'
      ? `Open that in a browser, or join from another terminal: npx doorpost join ${origin} YOUR-NAME\n`
      : registration === 'invitation'
        ? `Invite the first people: npx doorpost invite --data ${printable(shown)}\n`
        : 'It takes nobody new; whoever is on it can go on.\n',
  )
}
