// `doctor`: what could keep this device from doing its work, one check a line. Looks and asks, changes nothing.

import { type ServerFacts, serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { activeDevices } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { durationText } from './catalogue/quantity.ts'
import type { Clock } from './clock.ts'
import type { DoctorProbes } from './doctor-probes.ts'
import { type Check, explainPaths } from './explain-paths.ts'
import type { Identity } from './identity/identity-record.ts'
import type { People } from './identity/people.ts'
import { viewUdp } from './paths/udp-view.ts'
import { createIceServers } from './paths/webrtc-ice.ts'
import type { Random } from './random.ts'
import type { Line } from './session/line.ts'

/** How far the server's clock and this machine's may be apart, ms: half of the minute for which logins and tunnel requests hold. */
const CLOCK_SKEW_MAX_MS = 30_000

export interface DoctorOptions {
  readonly me: Identity
  readonly line: Line
  readonly people: People
  readonly clock: Clock
  readonly random: Random
  /** Without them UDP and peer connections are not looked at. */
  readonly probes?: DoctorProbes
  /** This device asks for mail every so often instead of keeping a session, ms. */
  readonly pollEveryMs?: number
  readonly networkAddresses: readonly string[]
  readonly outboxSize: number
  readonly fetchesRunning: number
  /** Mail that was not taken in, by reason, since this device was opened. */
  readonly refusedMail: Readonly<Record<string, number>>
  readonly signal: AbortSignal
}

export async function examine(options: DoctorOptions): Promise<Check[]> {
  const { me, line, people, outboxSize, refusedMail } = options
  const server = await askServer(options)
  const checks: Check[] = [
    { name: 'identity', ok: true, says: `This is ${me.address}, fingerprint ${me.fingerprint}.` },
    checkServer(server, options),
    ...checkClock(server, options),
    await checkLogin(options),
    checkSession(options),
    await checkOwnList(people),
  ]
  const listed = activeDevices(me.opened.list).some(({ name }) => name === me.device)
  if (!listed) checks.push({ name: 'device', ok: false, says: 'This device was taken off the list of your devices.' })
  checks.push(...(await checkPaths(server, options)))
  const changed = (await people.list()).filter(({ changedTo }) => changedTo !== undefined)
  checks.push(
    changed.length === 0
      ? { name: 'contacts', ok: true, says: 'Every contact has the key you know.' }
      : {
          name: 'contacts',
          ok: false,
          says: `The key of ${changed.map(({ address }) => address).join(', ')} is not the one you know.`,
          todo: 'Compare the fingerprint with them by another way before you go on.',
        },
  )
  checks.push(
    outboxSize === 0
      ? { name: 'outbox', ok: true, says: 'Nothing waits to be sent.' }
      : {
          name: 'outbox',
          ok: line.state === 'online',
          says: `${outboxSize} ${outboxSize === 1 ? 'message or note waits' : 'messages and notes wait'} for the server.`,
        },
  )
  const refused = Object.entries(refusedMail)
  if (refused.length > 0) {
    const what = refused.map(([reason, count]) => `${reason} ${count}`).join(', ')
    checks.push({ name: 'mail', ok: true, says: `Some mail was not believed and is not shown: ${what}.` })
  }
  return checks
}

/** What the server says of itself, or why it says nothing. `askedMs`, `toldMs`: this machine's clock before and after. */
type Asked =
  | { readonly kind: 'facts'; readonly facts: ServerFacts; readonly askedMs: number; readonly toldMs: number }
  | { readonly kind: 'no-doorpost' }
  /** It answers, and lets this device in no more. */
  | { readonly kind: 'shut-out' }
  | { readonly kind: 'unreachable'; readonly why: string }

async function askServer({ line, clock, signal, me, probes }: DoctorOptions): Promise<Asked> {
  const askedMs = clock.nowMs()
  try {
    const facts = serverFactsSchema.safeParse((await line.call('FINGER', '/', { signal })).body)
    if (!facts.success) return { kind: 'no-doorpost' }
    return { kind: 'facts', facts: facts.data, askedMs, toldMs: clock.nowMs() }
  } catch (error) {
    signal.throwIfAborted()
    if (isShutOut(error, line)) return { kind: 'shut-out' }
    const why = await probes?.explain?.(me.origin, signal)
    return { kind: 'unreachable', why: why ?? (error as Error).message }
  }
}

/** Said in answer to this call, or to the session's own login, without which no call leaves. */
function isShutOut(error: unknown, line: Line): boolean {
  return (error instanceof Refusal && error.code === 'login-refused') || line.trouble?.code === 'login-refused'
}

function checkServer(server: Asked, { me, probes }: DoctorOptions): Check {
  const name = 'server'
  const domain = me.user.slice(me.user.indexOf('@') + 1)
  const isLocal = new URL(me.origin).protocol === 'http:'
  const through = probes?.proxy === undefined || isLocal ? '' : `, through the proxy ${probes.proxy}`
  if (server.kind === 'facts' && server.facts.domain === domain) {
    return { name, ok: true, says: `${me.origin} answers for ${domain}${through}.` }
  }
  if (server.kind === 'facts') {
    return { name, ok: false, says: `${me.origin} answers for ${server.facts.domain}, not for ${domain}.` }
  }
  if (server.kind === 'shut-out') return { name, ok: true, says: `${me.origin} answers${through}.` }
  if (server.kind === 'no-doorpost') return { name, ok: false, says: `${me.origin} is no Doorpost server.` }
  return {
    name,
    ok: false,
    says: `${me.origin} cannot be reached${through}: ${server.why}`,
    todo:
      probes === undefined
        ? 'Check the network. If other pages work here, ask whoever runs the server.'
        : probes.proxy === undefined
          ? 'Check the network, and that the server runs. Where a proxy is needed, set HTTPS_PROXY and start the agent again.'
          : 'Check the network, the proxy, and that the server runs.',
  }
}

function checkClock(server: Asked, _: DoctorOptions): Check[] {
  if (server.kind !== 'facts' || server.facts.time === undefined) return []
  const theirs = Date.parse(server.facts.time)
  // The answer was made at some moment between asking and hearing.
  const skewMs = theirs < server.askedMs ? server.askedMs - theirs : Math.min(0, server.toldMs - theirs)
  if (Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS) {
    return [{ name: 'clock', ok: true, says: "This machine's clock agrees with the server's." }]
  }
  return [
    {
      name: 'clock',
      ok: false,
      says: `This machine's clock is ${durationText(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the server's.`,
      todo: 'Let the machine take its time from the network. Logins and tunnel requests hold for a minute only.',
    },
  ]
}

function checkSession({ line, pollEveryMs }: DoctorOptions): Check {
  const name = 'session'
  if (pollEveryMs !== undefined) {
    return {
      name,
      ok: true,
      says: `This device keeps no session; it asks for mail every ${durationText(pollEveryMs)}.`,
    }
  }
  if (line.state === 'online')
    return { name, ok: true, says: 'The session with the server is open: what is for you comes at once.' }
  return {
    name,
    ok: false,
    says: `There is no session with the server${line.trouble === undefined ? '' : `: ${line.trouble.detail}`}`,
    todo: 'It is tried again by itself.',
  }
}

/** Server and UDP are asked; what may be dialled is known. */
async function checkPaths(server: Asked, options: DoctorOptions): Promise<Check[]> {
  const { me, line, clock, random, probes, networkAddresses, signal } = options
  const reached = server.kind === 'facts'
  const ice = reached ? await createIceServers({ line, origin: me.origin, clock })() : { stun: [], turn: [] }
  const overUdp = ice.turn.filter(({ transport }) => transport === 'udp')
  // A TURN server answers Binding requests like any STUN server.
  const [first, ...others] = [...ice.stun, ...overUdp]
  const servers = first === undefined ? [] : [first, ...others]
  const udp =
    probes === undefined || !reached
      ? undefined
      : await viewUdp({
          openSocket: () => probes.openUdp(first?.host ?? ''),
          servers,
          ownHosts: probes.ownHosts(),
          clock,
          random,
          signal,
        })
  return explainPaths({
    networkAddresses,
    udp,
    webrtcMissing: await probes?.loadWebrtc().then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    ),
    turn: ice.turn,
    offline: server.kind === 'unreachable' ? server.why : undefined,
    tunnel: reached ? server.facts.tunnel : undefined,
  })
}

async function checkLogin({ line, signal }: DoctorOptions): Promise<Check> {
  try {
    await line.call('LIST', '/contacts', { signal })
    return { name: 'login', ok: true, says: 'The server knows this device.' }
  } catch (error) {
    signal.throwIfAborted()
    if (isShutOut(error, line)) {
      return {
        name: 'login',
        ok: false,
        says: 'The server lets this device in no more: it was revoked, or is not what the server knows under its name.',
        todo: 'If it was revoked, link it anew: doorpost devices add on the device that holds the account key.',
      }
    }
    return { name: 'login', ok: false, says: `The server did not let this device in: ${(error as Error).message}` }
  }
}

async function checkOwnList(people: Pick<People, 'ownList'>): Promise<Check> {
  const standing = await people.ownList()
  if (standing === 'fine')
    return { name: 'devices', ok: true, says: 'Nobody has seen another list of your devices than this one.' }
  return {
    name: 'devices',
    ok: false,
    says:
      standing === 'ahead'
        ? 'Somebody has seen a newer list of your devices than this device has.'
        : 'Somebody has seen another list of your devices than yours, under the same number.',
    todo: 'If you did not add or remove a device, tell whoever runs the server, and your contacts.',
  }
}
