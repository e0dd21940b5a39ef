// Under which addresses others may reach a listener on this machine. Loopback alone where the server itself is on loopback
// (everybody is on this machine then), else every address but loopback and link-local ones.

import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { NETWORK_ADDRESSES_MAX } from '@doorpost/protocol/limits'

/** `host`: what the listener is bound to. Each as `192.0.2.7:4711` or `[2001:db8::7]:4711`. */
export function networkAddressesOf(
  listener: { readonly host: string; readonly port: number },
  origin: string,
  interfaces: typeof networkInterfaces = networkInterfaces,
): string[] {
  const local = isLoopback(new URL(origin).hostname)
  const bound = isEverywhere(listener.host) ? addressesOf(interfaces, local) : [listener.host]
  return bound.slice(0, NETWORK_ADDRESSES_MAX).map((host) => written(host, listener.port))
}

/** Where to listen when nothing is said: on every address, or on loopback alone where the server is. */
export function defaultListenHost(origin: string): string {
  return isLoopback(new URL(origin).hostname) ? '127.0.0.1' : '::'
}

/**
 * Whether a device elsewhere may be asked to dial this address, and may do so: one of the open network, or loopback where the server is
 * there. Never one of a private network: it is another one where the other device is, and nobody may look around in it by our hands.
 */
export function isInTheOpen(address: string, origin: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  if (!ipaddr.isValid(host)) return false
  const parsed = ipaddr.process(host)
  const range = parsed.range()
  if (isLoopback(new URL(origin).hostname)) return range === 'loopback'
  // Of IPv4 `reserved` is what documents and test networks use, and the class that was never given out.
  return range === 'unicast' || (range === 'reserved' && parsed.kind() === 'ipv4')
}

function addressesOf(interfaces: typeof networkInterfaces, local: boolean): string[] {
  const found = Object.values(interfaces()).flatMap((addresses) => addresses ?? [])
  const usable = found.filter(({ address, internal }) =>
    local ? internal : !internal && ipaddr.process(address).range() !== 'linkLocal',
  )
  // IPv4 first: it is what most lines between two homes still have in common.
  return usable
    .toSorted((a, b) => (a.family === b.family ? 0 : a.family === 'IPv4' ? -1 : 1))
    .map(({ address }) => address)
}

function isEverywhere(host: string): boolean {
  return host === '::' || host === '0.0.0.0'
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    (ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'loopback')
  )
}

function written(host: string, port: number): string {
  return ipaddr.IPv6.isValid(host) ? `[${ipaddr.IPv6.parse(host).toString()}]:${port}` : `${host}:${port}`
}
