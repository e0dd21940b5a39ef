// Whether somebody is within a private network that this device is in too, by the addresses both say they listen at. That is
// a guess: nobody is told the width of the other's network, and two households may use the same numbers. It decides whether
// fetching is worth beginning by itself, and nothing about what is trusted.

import ipaddr from 'ipaddr.js'

/** Width of a network that is taken for one, bits: the usual one at home and in an office (IPv4), and of any link (RFC 4291). */
const WIDTH_BITS = { ipv4: 24, ipv6: 64 } as const
const PRIVATE_RANGES = new Set(['private', 'uniqueLocal', 'linkLocal', 'loopback'])

/** Each `192.0.2.7:4711` or `[2001:db8::7]:4711`. */
export function isSameNetwork(ours: readonly string[], theirs: readonly string[]): boolean {
  const own = ours.flatMap(parse)
  return theirs.flatMap(parse).some((their) => own.some((our) => areNear(our, their)))
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

function areNear(one: Address, other: Address): boolean {
  if (one.kind() !== other.kind() || one.range() !== other.range() || !PRIVATE_RANGES.has(one.range())) return false
  // Every address of loopback is this machine.
  if (one.range() === 'loopback') return true
  return one.match(other, WIDTH_BITS[one.kind()])
}

function parse(address: string): Address[] {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return ipaddr.isValid(host) ? [ipaddr.process(host)] : []
}
