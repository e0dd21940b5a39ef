// Which hosts may be read from: no address of this machine, of its own network or of a cloud's innards, unless the user said so. The
// address that is checked is the one that is connected to: the lookup hands it to the socket. A name is never looked up twice.

import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Ranges (ipaddr.js) that a user can open; multicast, broadcast, reserved and tunnelling ones stay closed. */
const PRIVATE_RANGES = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat', 'linkLocal'])
/** Where clouds tell machines their secrets: nobody's films lie there. */
const METADATA = new Set(['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200'])

/** Global unicast (RFC 4291 section 2.4 and IANA's registry). ipaddr.js calls what is in no range unicast: `::7f00:1`, say, which is 127.0.0.1. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** The host lies where nothing may be read from. */
export class HostRefused extends Error {
  constructor(host: string) {
    super(`${host} lies in a private network, which has to be allowed`)
    this.name = 'HostRefused'
  }
}

/** Whether this network address may be connected to. Text that is none may not. */
export function isOpenAddress(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address in IPv6 clothes counts as itself.
  const parsed = ipaddr.process(address)
  if (METADATA.has(parsed.toString())) return false
  const range = parsed.range()
  const isPublic = range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6))
  return isPublic || (allowPrivate && PRIVATE_RANGES.has(range))
}

/** The address of a URL's host where it is written as one: it is never looked up, so it is checked here. Throws HostRefused. */
export function checkLiteral(hostname: string, allowPrivate: boolean): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(host) && !isOpenAddress(host, allowPrivate)) throw new HostRefused(host)
}

type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => (error ? reject(error) : resolve(found)))
  })

/** Addresses of a host that may be connected to, at least one. Throws HostRefused, or what the resolver says. */
export async function openAddresses(host: string, allowPrivate: boolean, resolve: Resolve = systemResolve) {
  checkLiteral(host, allowPrivate)
  const open = (await resolve(host.replace(/^\[|\]$/g, ''))).filter(({ address }) =>
    isOpenAddress(address, allowPrivate),
  )
  const [first] = open
  if (!first) throw new HostRefused(host)
  return [first, ...open.slice(1)] as const
}

/** Names that mean something inside a network alone (RFC 6762, RFC 8375, RFC 9476 and ICANN's `internal`); so do those without a dot. */
const INSIDE_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|test|invalid|onion)\.?$/i

/**
 * For a host whose name a proxy looks up: which address it connects to cannot be checked here. Closed are names of inner networks, and those
 * that this machine's resolver knows at closed addresses only. A name it does not know is the proxy's to judge. Throws HostRefused.
 */
export async function checkBehindProxy(host: string, allowPrivate: boolean, resolve: Resolve = systemResolve) {
  checkLiteral(host, allowPrivate)
  if (allowPrivate || ipaddr.isValid(host.replace(/^\[|\]$/g, ''))) return
  if (!host.includes('.') || INSIDE_NAMES.test(host)) throw new HostRefused(host)
  const found = await resolve(host).catch(() => [])
  if (found.length > 0 && !found.some(({ address }) => isOpenAddress(address, false))) throw new HostRefused(host)
}

/** For sockets: what it answers is what they connect to. */
export function openLookup(allowPrivate: boolean, resolve: Resolve = systemResolve): LookupFunction {
  return (host, options, callback) => {
    openAddresses(host, allowPrivate, resolve).then(
      (found) => {
        if (options.all) callback(null, [...found])
        else callback(null, found[0].address, found[0].family)
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    )
  }
}
