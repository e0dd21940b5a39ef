// How the world sees this device by UDP, as far as STUN servers can tell (RFC 5780 section 4.3, the part that needs no second
// address): whether datagrams come back at all, whether a router translates, and whether it gives one mapping to everybody.

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { askStun, type HostPort, type UdpSocket } from './stun-client.ts'

/**
 * no-server: nobody to ask. blocked: nobody answers. open: seen under an own address. same: behind a router that shows every
 * server the same mapping. differs: another mapping for each (symmetric). Where only one server answered: kept, changed: whether
 * the router kept our port, which those that give one mapping to everybody mostly do, and symmetric ones do not.
 */
export type UdpView =
  | { readonly kind: 'no-server' }
  | { readonly kind: 'blocked'; readonly asked: readonly HostPort[] }
  | { readonly kind: 'open' | 'same' | 'differs' | 'kept' | 'changed'; readonly seen: HostPort }

/** Servers asked at most: two tell what can be told. */
const SERVERS_MAX = 4

export async function viewUdp({
  openSocket,
  servers,
  ownHosts,
  ...around
}: {
  readonly openSocket: () => Promise<UdpSocket>
  /** At least two different ports or addresses, to tell a symmetric router from others. */
  readonly servers: readonly HostPort[]
  /** Addresses of this machine's interfaces. */
  readonly ownHosts: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}): Promise<UdpView> {
  const asked = servers.slice(0, SERVERS_MAX)
  if (asked.length === 0) return { kind: 'no-server' }
  // One socket for all: what is compared is where one port of ours comes out.
  await using socket = await openSocket()
  const answers = await Promise.all(asked.map((server) => askStun(socket, server, around)))
  const seen = answers.filter((answer) => answer !== undefined)
  const [first, ...others] = seen
  if (first === undefined) return { kind: 'blocked', asked }
  if (ownHosts.includes(first.host) && first.port === socket.port) return { kind: 'open', seen: first }
  if (others.length === 0) return { kind: first.port === socket.port ? 'kept' : 'changed', seen: first }
  const same = others.every(({ host, port }) => host === first.host && port === first.port)
  return { kind: same ? 'same' : 'differs', seen: first }
}
