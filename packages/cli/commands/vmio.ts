// `doorpost vmio METHOD TARGET`: one exchange with a server, shown as it goes over the wire. Logs in first where there is
// an identity; that is shown with --login.

import type { Identity } from '@doorpost/peer/identity/identity-record'
import type { VmioExchange } from '@doorpost/peer/node/vmio-exchange'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption, UsageError } from '../command.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import { homeOf } from '../home.ts'
import type { Surroundings } from '../surroundings.ts'
import { covered, wireText } from '../wire/wire-text.ts'
import { wholeAnswer } from '../wire/http-answer.ts'
import { identityOf } from '../wire/identity.ts'

/** A server that `npm start` runs, where no home says another. */
const SERVER_DEFAULT = 'http://localhost:8025'

const methods = ['AUTHORIZATION', 'QUIT', 'LIST', 'RETRIEVE', 'REMOVE', 'FINGER', 'SEND', 'PIPE', 'GET']

export const vmio = command({
  examples: [
    'doorpost vmio FINGER / --server http://localhost:8025',
    'doorpost vmio FINGER /users/bob --h2c',
    'doorpost vmio LIST /messages --login',
  ],
  operands: [
    { name: 'METHOD', about: `one of ${methods.join(', ')}, or any other` },
    { name: 'TARGET', about: 'path, and query if any: /users/bob' },
  ],
  options: {
    server: { type: 'text', value: 'URL', about: 'which server', default: `that of the home, else ${SERVER_DEFAULT}` },
    data: { type: 'text', value: 'TEXT', about: 'body of the request; @FILE takes a file, - standard input' },
    header: { type: 'text', many: true, value: 'NAME:VALUE', about: 'one more header field' },
    h2c: { type: 'flag', about: 'speak HTTP/2 with prior knowledge; with an https server, HTTP/2 over TLS' },
    login: { type: 'flag', about: 'show the login, too' },
    'no-login': { type: 'flag', about: 'ask as anybody' },
    'show-secrets': { type: 'flag', about: 'do not cover tokens and signatures' },
    ...homeOption,
    json: { ...jsonOption.json, about: 'answer with one JSON document: status, headers, body' },
  },
  notes: ['A refusal exits with the code that other commands have for it.'],
  async run({ operands: [method = '', target = ''], options }, around) {
    if (options.login && options['no-login']) throw new UsageError('--login and --no-login cannot be meant both.')
    const identity = await identityOf(homeOf(options.home, around))
    const { parseOrigin } = await import('@doorpost/peer/session/origin')
    const origin = parseOrigin(options.server ?? identity?.origin ?? SERVER_DEFAULT)
    if (origin === undefined) throw new UsageError(`${options.server} is no address of a server.`)
    const speak = await speaker(options.h2c)
    const shown = wireText((line) => around.out.write(`${line}\n`), {
      secrets: options['show-secrets'],
      terminal: around.out.terminal,
    })
    const headers: Record<string, string> = readHeaders(options.header)
    const body = await readBody(options.data, around)
    if (body !== undefined && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
      headers['Content-Type'] = 'application/json'
    }
    // A login made elsewhere is not lent to another server.
    const logsIn = !options['no-login'] && method !== 'AUTHORIZATION'
    if (logsIn && identity?.origin === origin) {
      const show = options.login && !options.json ? shown : undefined
      headers['Authorization'] = `Bearer ${await token(identity, speak, show, around)}`
    }
    const came: Uint8Array[] = []
    const status = await speak({
      origin,
      method,
      target,
      headers,
      ...(body !== undefined && { body }),
      signal: around.stop,
      show: (direction, bytes) => {
        if (direction === 'received') came.push(bytes)
        if (!options.json) shown.add(direction, bytes)
      },
    }).catch(asUsage)
    shown.end()
    const answer = wholeAnswer(Buffer.concat(came))
    if (options.json) {
      const told = options['show-secrets'] ? answer.body : (JSON.parse(covered(JSON.stringify(answer.body))) as unknown)
      answerJson({ status, headers: answer.headers, body: told }, around)
    }
    return status < 400 ? EXIT.ok : refusalCode(answer.body)
  },
})

type Speak = (exchange: VmioExchange) => Promise<number>

async function speaker(h2: boolean): Promise<Speak> {
  if (h2) return (await import('../wire/h2-exchange.ts')).h2Exchange
  return (await import('@doorpost/peer/node/vmio-exchange')).vmioExchange
}

/** Logs in over the same kind of connection, and answers the token. */
async function token(
  identity: Identity,
  speak: Speak,
  shown: ReturnType<typeof wireText> | undefined,
  around: Surroundings,
): Promise<string> {
  const [{ logIn }, { systemRandom }] = await Promise.all([
    import('@doorpost/peer/session/login'),
    import('@doorpost/peer/random'),
  ])
  const login = await logIn(
    async (method, target, body) => {
      const came: Uint8Array[] = []
      const status = await speak({
        origin: identity.origin,
        method,
        target,
        ...(body !== undefined && {
          headers: { 'Content-Type': 'application/json' },
          body: Buffer.from(JSON.stringify(body)),
        }),
        signal: around.stop,
        show: (direction, bytes) => {
          if (direction === 'received') came.push(bytes)
          shown?.add(direction, bytes)
        },
      })
      shown?.end()
      const answer = wholeAnswer(Buffer.concat(came))
      return { status, headers: answer.headers, body: answer.body }
    },
    { origin: identity.origin, as: identity, random: systemRandom },
  )
  return login.token
}

function readHeaders(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((field) => {
      const colon = field.indexOf(':')
      if (colon < 1) throw new UsageError(`--header takes NAME:VALUE, not ${JSON.stringify(field)}.`)
      return [field.slice(0, colon), field.slice(colon + 1).trim()]
    }),
  )
}

async function readBody(data: string | undefined, around: Surroundings): Promise<Uint8Array | undefined> {
  if (data === undefined) return undefined
  if (data === '-') return Buffer.from(await around.readInput())
  return data.startsWith('@') ? readFile(resolve(around.cwd, data.slice(1))) : Buffer.from(data)
}

/** What no request can hold is a mistake on the command line. */
function asUsage(error: unknown): never {
  if (error instanceof RangeError) throw new UsageError(`That cannot be sent: ${error.message}.`)
  throw error
}

async function refusalCode(body: unknown): Promise<number> {
  const { problemSchema, refusalCodeOf } = await import('@doorpost/protocol/errors')
  const problem = problemSchema.safeParse(body)
  const code = problem.success ? refusalCodeOf(problem.data) : undefined
  return code === undefined ? EXIT.unavailable : exitCodeOf(code)
}
