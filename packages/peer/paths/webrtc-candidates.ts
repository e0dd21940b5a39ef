// Which addresses are told to, and tried for, a device that may have a webrtc path. Pure. Who that may be was decided before.
//
//   where the server is | told and tried
//   --------------------+---------------------------------------------------------------------------------------------------------
//   on loopback         | loopback alone: everybody is on this machine, and nothing of its networks is anybody's business
//   elsewhere           | what can be reached from elsewhere: public addresses, private networks (the two may share one), a browser's
//                       | name for such; never loopback, link-local (meaningless without its interface), multicast, broadcast or none
//
// The same addresses are what the direct path tells mutual contacts (node/network-addresses.ts).

import ipaddr from 'ipaddr.js'
import type { PathCandidate } from '@doorpost/protocol/path-signal'

const REACHABLE_RANGES = new Set(['unicast', 'private', 'uniqueLocal', 'carrierGradeNat', '6to4', 'teredo', 'rfc6052'])

/** `serverOnLoopback`: the server was dialled on this machine. */
export function isUsableCandidate({ address, kind }: PathCandidate, serverOnLoopback: boolean): boolean {
  if (address.endsWith('.local')) return kind === 'host' && !serverOnLoopback
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  // IPv4 in dotted decimal alone: other spellings mean other hosts to other programs.
  if (parsed.kind() === 'ipv4' && parsed.toString() !== address) return false
  const range = parsed.range()
  return serverOnLoopback ? range === 'loopback' : REACHABLE_RANGES.has(range) || isDocumentation(address)
}

/** Ranges for documents (RFC 5737, RFC 3849) are what laboratories and tests are built of; nobody else meets them. */
function isDocumentation(address: string): boolean {
  return /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./.test(address) || /^2001:0?db8:/.test(address)
}
