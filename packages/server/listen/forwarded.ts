// Who is calling: the peer of the socket, or, behind a proxy that the operator named, the caller that proxy names.
// Nobody else's X-Forwarded-For or Forwarded counts (RFC 7239 section 8.1).

import ipaddr from 'ipaddr.js'
import type { Refusal } from './fields.ts'

export interface Caller {
  readonly remoteAddress: string
  readonly secure: boolean
  /** It dialled by https, as far as we and the named proxies saw: loopback alone does not make it so. */
  readonly https: boolean
}

/** The far end of a socket, before any header is read. */
export interface Peer {
  readonly address: string
  /** The connection ends in TLS at this server. */
  readonly encrypted: boolean
}

export type IsTrustedProxy = (address: string) => boolean

/** `names` are addresses or CIDR blocks; throws on anything else, so that a typing mistake stops the start. */
export function trustedProxies(names: readonly string[]): IsTrustedProxy {
  const blocks = names.map((name) =>
    name.includes('/') ? ipaddr.parseCIDR(name) : ([ipaddr.process(name), undefined] as const),
  )
  return (address) => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return blocks.some(([network, bits]) => {
      if (network.kind() !== parsed.kind()) return false
      return parsed.match(network, bits ?? (parsed.kind() === 'ipv4' ? 32 : 128))
    })
  }
}

/** IPv4 in IPv6 clothes is written as IPv4; undefined for what is no address. */
export function plainAddress(address: string): string | undefined {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined
}

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}

/**
 * The caller behind `peer`. A named proxy that forwards nothing is itself the caller, and not secure. A proxy that sends
 * both header families must mean one address by them, else somebody passed a forged one through it: a 400.
 */
export function callerOf(
  peer: Peer,
  headers: ReadonlyMap<string, string>,
  isTrustedProxy: IsTrustedProxy,
): Caller | Refusal {
  if (!isTrustedProxy(peer.address)) {
    const https = peer.encrypted
    return { remoteAddress: peer.address, secure: https || isLoopback(peer.address), https }
  }
  const chain = headers.get('x-forwarded-for')
  const forwarded = headers.get('forwarded')
  const old = chain === undefined ? undefined : lastUntrusted(chain.split(',').map(addressIn), peer, isTrustedProxy)
  const standard =
    forwarded === undefined
      ? undefined
      : lastUntrusted(forwardedMembers(forwarded, 'for').map(addressIn), peer, isTrustedProxy)
  if (old !== undefined && standard !== undefined && old !== standard) {
    return { status: 400, detail: 'X-Forwarded-For and Forwarded name different callers.' }
  }
  const protocol = headers.get('x-forwarded-proto') ?? forwardedMembers(forwarded ?? '', 'proto').at(-1)
  const https = protocol?.split(',').at(-1)?.trim().toLowerCase() === 'https'
  return { remoteAddress: old ?? standard ?? peer.address, secure: https, https }
}

/** From the right, past the proxies we know: the first address nobody we trust vouches against. */
function lastUntrusted(hops: readonly (string | undefined)[], peer: Peer, isTrustedProxy: IsTrustedProxy): string {
  let caller = peer.address
  for (const hop of hops.toReversed()) {
    // An unknown or obfuscated hop (RFC 7239 section 6) hides the rest of the chain: stay with the last one known.
    if (hop === undefined) return caller
    caller = hop
    if (!isTrustedProxy(hop)) return caller
  }
  return caller
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]`, `"[2001:db8::1]:4711"` or bare IPv6. */
function addressIn(node: string): string | undefined {
  const bare = node.trim().replace(/^"(.*)"$/, '$1')
  const match = /^\[([^\]]+)\](?::[0-9]+)?$/.exec(bare) ?? /^([0-9.]+):[0-9]+$/.exec(bare)
  return plainAddress(match?.[1] ?? bare)
}

/** The values of one parameter in a Forwarded field, in order; an element without it yields an empty string. */
function forwardedMembers(forwarded: string, name: string): string[] {
  if (forwarded === '') return []
  return forwarded.split(',').map((element) => {
    const pair = element.split(';').find((part) => part.trim().toLowerCase().startsWith(`${name}=`))
    return pair === undefined
      ? ''
      : pair
          .slice(pair.indexOf('=') + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1')
  })
}
