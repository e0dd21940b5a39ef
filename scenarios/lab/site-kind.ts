// The kinds of sites a device may sit in, the rules of each kind's router, and which path two of them can have. Pure: the
// network itself is network.ts's.

import type { PathKind } from '@doorpost/peer/paths/path'

/**
 * public: no router, an address of its own in the open. cone: whoever sends to its mapping gets through (full cone).
 * restricted: the same mapping for everybody, but only who was sent to first may answer (port restricted).
 * symmetric: another mapping for each destination. udp-blocked: TCP goes out, UDP does not.
 * server-only: nothing but TCP to the server. proxy-only: nothing but TCP to an HTTP proxy.
 */
export const SITE_KINDS = [
  'public',
  'cone',
  'restricted',
  'symmetric',
  'udp-blocked',
  'server-only',
  'proxy-only',
] as const
export type SiteKind = (typeof SITE_KINDS)[number]

export type RoutedKind = Exclude<SiteKind, 'public'>

/** Which of the kinds let TCP out to anybody, and UDP. */
const DIALS_OUT: ReadonlySet<SiteKind> = new Set(['public', 'cone', 'restricted', 'symmetric', 'udp-blocked'])
const HAS_UDP: ReadonlySet<SiteKind> = new Set(['public', 'cone', 'restricted', 'symmetric'])

/** The best path that two sites allow when neither is in the other's network. Who fetches dials, or is dialled by who sent. */
export function bestPath(sender: SiteKind, recipient: SiteKind): PathKind {
  const reaches = (one: SiteKind, other: SiteKind) => DIALS_OUT.has(one) && other === 'public'
  if (reaches(recipient, sender) || reaches(sender, recipient)) return 'direct'
  return opensHoles(sender, recipient) ? 'webrtc' : 'tunnel'
}

/** Whether two NATs let UDP through to each other: what one sends opens its own for the other, if it can be foreseen from where that comes. */
function opensHoles(one: SiteKind, other: SiteKind): boolean {
  if (!HAS_UDP.has(one) || !HAS_UDP.has(other)) return false
  const filters = (kind: SiteKind) => kind === 'restricted' || kind === 'symmetric'
  return !(one === 'symmetric' && filters(other)) && !(other === 'symmetric' && filters(one))
}

export interface RouterAddresses {
  /** The device inside, to which a full cone hands on what comes. */
  readonly device: string
  readonly server: string
  readonly proxy: string
}

/** An nftables ruleset for a router with the interfaces `wan` and `lan`. Nothing is answered that is not let through. */
export function routerRules(kind: RoutedKind, { device, server, proxy }: RouterAddresses): string {
  const forward = {
    cone: `accept`,
    restricted: `iifname "lan" accept`,
    symmetric: `iifname "lan" accept`,
    'udp-blocked': `iifname "lan" meta l4proto tcp accept`,
    'server-only': `iifname "lan" ip daddr ${server} meta l4proto tcp accept`,
    'proxy-only': `iifname "lan" ip daddr ${proxy} meta l4proto tcp accept`,
  }[kind]
  const inward = kind === 'cone' ? `iifname "wan" meta l4proto udp dnat to ${device}` : ''
  return `
    table ip translate {
      chain inward { type nat hook prerouting priority dstnat; ${inward}
      }
      chain outward { type nat hook postrouting priority srcnat; oifname "wan" masquerade ${kind === 'symmetric' ? 'fully-random' : ''}
      }
    }
    table ip filter {
      chain router { type filter hook input priority filter; policy accept
        ct state established,related accept
        # Else a packet that comes before its hole is open takes the mapping for the router's own, and spoils it.
        iifname "wan" drop
      }
      chain through { type filter hook forward priority filter; policy drop
        ct state established,related accept
        ${forward}
      }
    }`
}
