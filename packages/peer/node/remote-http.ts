// Reads a file over HTTP by ranges (RFC 9110 section 14). Redirects are followed a few times, each with the same checks; connections
// are kept for the next range. Where the process goes through a proxy (HTTPS_PROXY), https does so here too; the lookup that is checked
// is then that of what NO_PROXY names.

import { type IncomingMessage, Agent as HttpAgent, request as httpRequest } from 'node:http'
import https, { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { shownAddress, type RemoteAddress } from '../send/remote-address.ts'
import { checkBehindProxy, checkLiteral, HostRefused, openLookup } from './remote-host.ts'
import { REMOTE_SILENCE_MS, RemoteFault, type RemoteStreams } from './remote-streams.ts'

/** More than these in a row is a loop, or a game. */
const REDIRECTS_MAX = 5
/** Connections of one open file: one reads, one may just be given back. */
const SOCKETS_MAX = 2
/** Body of a look, bytes, that is read so that its connection can be kept: one byte, or a page that says that there is none. */
const LOOK_BODY_BYTES_MAX = 4 * 1024
/** Bytes of an answer's header. */
const HEADER_BYTES_MAX = 16 * 1024

export function openHttpStreams(address: RemoteAddress): RemoteStreams {
  const { url, allowPrivate } = address
  const lookup = openLookup(allowPrivate)
  const shared = { keepAlive: true, maxSockets: SOCKETS_MAX, lookup }
  // Set for the whole process, by whoever started it. The agent connects to the proxy itself, and to the host where NO_PROXY says so.
  const { proxyEnv } = https.globalAgent.options
  const agents = {
    'http:': new HttpAgent(shared),
    'https:': new HttpsAgent({ ...shared, ...(proxyEnv && { proxyEnv }) }),
  }

  async function ask(range: string): Promise<IncomingMessage> {
    let at = url
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const answer = await once(at, range)
      const { statusCode = 0, headers } = answer
      if (![301, 302, 303, 307, 308].includes(statusCode)) return answer
      answer.destroy()
      at = nextUrl(at, headers.location)
    }
    throw new RemoteFault('refused', `${shownAddress(address)} leads on and on.`)
  }

  async function once(at: URL, range: string): Promise<IncomingMessage> {
    checkLiteral(at.hostname, allowPrivate)
    if (proxyEnv && at.protocol === 'https:') await checkBehindProxy(at.hostname, allowPrivate)
    return await new Promise((resolve, reject) => {
      const secure = at.protocol === 'https:'
      const asking = (secure ? httpsRequest : httpRequest)(at, {
        agent: secure ? agents['https:'] : agents['http:'],
        // What is hashed is the file itself, not a packed form of it.
        headers: { range, 'accept-encoding': 'identity', 'user-agent': 'doorpost' },
        maxHeaderSize: HEADER_BYTES_MAX,
        timeout: REMOTE_SILENCE_MS,
      })
      asking.on('timeout', () => asking.destroy(new Error('silence')))
      asking.on('error', reject)
      asking.on('response', resolve)
      asking.end()
    })
  }

  async function ranged(range: string): Promise<IncomingMessage> {
    try {
      return await ask(range)
    } catch (error) {
      if (error instanceof RemoteFault) throw error
      if (error instanceof HostRefused) throw new RemoteFault('refused', `${error.message}.`, error)
      throw new RemoteFault('away', `${shownAddress(address)} cannot be reached.`, error)
    }
  }

  const away = (answer: IncomingMessage): RemoteFault => {
    answer.destroy()
    const { statusCode = 0, headers } = answer
    const shown = shownAddress(address)
    if (statusCode === 200) return new RemoteFault('refused', `${shown} does not give parts of a file.`)
    if (statusCode === 206) return new RemoteFault('refused', `${shown} gives other parts than were asked for.`)
    if (statusCode === 416 && headers['content-range'] !== undefined) {
      return new RemoteFault('changed', `${shown} is shorter than it was.`)
    }
    const kind = statusCode === 404 || statusCode === 410 || statusCode >= 500 ? 'away' : 'refused'
    return new RemoteFault(kind, `${shown} answered ${statusCode}.`)
  }

  return {
    async look() {
      const answer = await ranged('bytes=0-0')
      const { statusCode, headers } = answer
      const empty = statusCode === 416 && headers['content-range'] === 'bytes */0'
      const range = empty ? { totalBytes: 0 } : partOf(answer, 0)
      if (!range) throw away(answer)
      // One byte was asked for; whoever sends more is not read on, and the connection is not kept.
      if (Number(headers['content-length'] ?? Infinity) <= LOOK_BODY_BYTES_MAX) answer.resume()
      else answer.destroy()
      const changedAtMs = Date.parse(headers['last-modified'] ?? '')
      const { etag = '' } = headers
      return {
        sizeBytes: range.totalBytes,
        changedAtMs: Number.isNaN(changedAtMs) ? 0 : changedAtMs,
        // RFC 9110 section 8.8.1: a weak one does not speak of bytes.
        edition: etag.startsWith('W/') ? '' : etag,
      }
    },
    async from(offset, length) {
      const answer = await ranged(`bytes=${offset}-${length === undefined ? '' : offset + length - 1}`)
      if (!partOf(answer, offset)) throw away(answer)
      return answer
    },
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }

  function nextUrl(from: URL, location: string | undefined): URL {
    const shown = shownAddress(address)
    if (location === undefined || !URL.canParse(location, from)) {
      throw new RemoteFault('refused', `${shown} leads nowhere.`)
    }
    const to = new URL(location, from)
    const isSafe = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
    if (!isSafe || to.username !== '' || to.password !== '') {
      throw new RemoteFault('refused', `${shown} leads to a place that is not safe to follow.`)
    }
    return to
  }
}

/** The part an answer holds, if it begins where it was asked for (RFC 9110 section 14.4) and is not packed. */
function partOf({ statusCode, headers }: IncomingMessage, offset: number): { totalBytes: number } | undefined {
  if (statusCode !== 206 || (headers['content-encoding'] ?? 'identity') !== 'identity') return undefined
  const parts = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(headers['content-range'] ?? '')
  if (!parts || Number(parts[1]) !== offset || Number(parts[2]) < offset) return undefined
  const totalBytes = Number(parts[3])
  return Number.isSafeInteger(totalBytes) && Number(parts[2]) < totalBytes ? { totalBytes } : undefined
}
