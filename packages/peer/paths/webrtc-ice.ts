// Asks the server, now and then, where STUN and TURN are. Without an answer a path is tried with what the device knows of itself.

import { type Ice, iceSchema } from '@doorpost/protocol/messages/ice'
import type { Clock } from '../clock.ts'
import type { Line } from '../session/line.ts'
import type { IceServers, TurnServer } from './webrtc-connection.ts'

/** How long an answer is used at most, ms: credentials that ran out or a moved relay are noticed within a coffee. */
const ASK_AGAIN_MS = 10 * 60_000
/** Credentials are used until this long before they run out, ms: an attempt takes seconds. */
const BEFORE_EXPIRY_MS = 60_000
/** How long is waited for the answer, ms: on one network all goes without. */
const ANSWER_MS = 1_500
/** Ports of RFC 8656 section 19. */
const TURN_PORT = 3478
const TURNS_PORT = 5349

export const noIceServers: IceServers = { stun: [], turn: [] }

/** `origin`: the server as this device dials it. */
export function createIceServers({
  line,
  origin,
  clock,
}: {
  readonly line: Pick<Line, 'call'>
  readonly origin: string
  readonly clock: Clock
}): () => Promise<IceServers> {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '')
  let kept: { servers: IceServers; untilMs: number } | undefined
  let asking: Promise<IceServers> | undefined

  async function ask(): Promise<IceServers> {
    const late = new AbortController()
    const cancel = clock.after(ANSWER_MS, () => late.abort(new Error('no answer in time')))
    try {
      const { body } = await line.call('LIST', '/ice', { signal: late.signal })
      const parsed = iceSchema.safeParse(body)
      if (!parsed.success) return noIceServers
      const nowMs = clock.nowMs()
      const expiresMs = parsed.data.turn ? Date.parse(parsed.data.turn.expires) - BEFORE_EXPIRY_MS : Infinity
      const servers = serversOf(parsed.data, host)
      kept = { servers, untilMs: Math.min(nowMs + ASK_AGAIN_MS, expiresMs) }
      return servers
    } catch {
      // Refused, unreachable or late: there are none for now, and the next attempt asks again.
      return noIceServers
    } finally {
      cancel()
    }
  }

  return () => {
    if (kept && clock.nowMs() < kept.untilMs) return Promise.resolve(kept.servers)
    asking ??= ask().finally(() => (asking = undefined))
    return asking
  }
}

function serversOf({ stunPort, turn }: Ice, host: string): IceServers {
  return {
    stun: stunPort === null ? [] : [{ host, port: stunPort }],
    turn: (turn?.urls ?? []).map((url) => turnOf(url, turn?.username ?? '', turn?.credential ?? '')),
  }
}

function turnOf(url: string, username: string, credential: string): TurnServer {
  const [, scheme, bracketed, named, port, transport] =
    /^(turns?):(?:\[([^\]]+)\]|([^:?]+))(?::(\d+))?(?:\?transport=(\w+))?$/.exec(url) ?? []
  const secure = scheme === 'turns'
  return {
    host: bracketed ?? named ?? '',
    port: port === undefined ? (secure ? TURNS_PORT : TURN_PORT) : Number(port),
    transport: secure ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
    username,
    credential,
  }
}
