// Whether a connection stays on this machine or within one private network, where what is ciphertext already needs no second
// encryption. Each end decides for itself from its own sockets and interfaces; a lane needs both to say so.

import type { NetworkInterfaceInfo } from 'node:os'
import ipaddr from 'ipaddr.js'

/** The two ends of a connection as one of them sees it. */
export type Line = { localHost: string; localPort: number; remoteHost: string; remotePort: number }
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** Ranges that are not routed over the open network (RFC 1918, RFC 4193, RFC 3927, RFC 4291). */
const PRIVATE_RANGES = new Set(['private', 'uniqueLocal', 'linkLocal'])

/** True on loopback, and when both ends lie in the network of one of our interfaces and that network is private. */
export function isPrivateLine(line: Line, interfaces: Interfaces): boolean {
  const local = parse(line.localHost)
  const remote = parse(line.remoteHost)
  if (!local || !remote || local.kind() !== remote.kind()) return false
  if (local.range() === 'loopback' && remote.range() === 'loopback') return true
  if (!PRIVATE_RANGES.has(local.range()) || !PRIVATE_RANGES.has(remote.range())) return false
  const all = Object.values(interfaces).flatMap((one) => one ?? [])
  return all.some(({ address, cidr }) => {
    if (!cidr || parse(address)?.toString() !== local.toString()) return false
    const [network, bits] = ipaddr.parseCIDR(cidr)
    return network.kind() === remote.kind() && remote.match(network, bits)
  })
}

/** Whether both ends name the same two addresses and ports: nobody translates between them. */
export function isSameLine(mine: Line, theirs: Line): boolean {
  return (
    sameHost(mine.localHost, theirs.remoteHost) &&
    sameHost(mine.remoteHost, theirs.localHost) &&
    mine.localPort === theirs.remotePort &&
    mine.remotePort === theirs.localPort
  )
}

function sameHost(one: string, other: string): boolean {
  const parsed = parse(one)
  return parsed !== undefined && parsed.toString() === parse(other)?.toString()
}

/** IPv4 mapped into IPv6 is IPv4; a zone (`%eth0`) is this machine's own business. */
function parse(host: string) {
  const bare = host.replace(/%.*$/, '')
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined
}
