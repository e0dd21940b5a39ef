// What `doctor` says of the paths: which work from here, and why not the others. Pure: findings in, sentences out. Finding
// out is doctor.ts's.

import ipaddr from 'ipaddr.js'
import { rateText, sizeText } from './catalogue/quantity.ts'
import type { Operations } from './operations.ts'
import type { HostPort } from './paths/stun-client.ts'
import type { UdpView } from './paths/udp-view.ts'

export type Check = Operations['doctor']['result']['checks'][number]

export interface PathFindings {
  /** Where this device listens: `192.168.1.2:4711`. */
  readonly networkAddresses: readonly string[]
  /** Undefined where this platform cannot ask. */
  readonly udp: UdpView | undefined
  /** Why there can be no peer connection here; undefined when there can. */
  readonly webrtcMissing: string | undefined
  /** TURN servers that the server names. */
  readonly turn: readonly HostPort[]
  /** Why nothing can be asked of the server just now; undefined when it can. */
  readonly offline: string | undefined
  /** What the server's tunnel carries for one user; undefined when it did not say. */
  readonly tunnel: { readonly bytesPerSecond: number; readonly bytesPerDay: number } | undefined
}

export function explainPaths(findings: PathFindings): Check[] {
  return [explainDirect(findings), explainWebrtc(findings), ...explainTurn(findings), explainTunnel(findings)]
}

function explainDirect({ networkAddresses, udp }: PathFindings): Check {
  const name = 'direct'
  if (networkAddresses.length === 0) {
    return {
      name,
      ok: false,
      says: 'direct: this device listens nowhere, so nobody can dial it.',
      todo: 'Check that the machine has a network, and start the agent again.',
    }
  }
  const inTheOpen = networkAddresses.filter(isInTheOpen)
  if (inTheOpen.length > 0) {
    return {
      name,
      ok: true,
      says: `direct: others can dial this device at ${inTheOpen.join(', ')}, if no firewall is before it.`,
    }
  }
  const seen =
    udp !== undefined && 'seen' in udp ? ` The open network sees ${udp.seen.host}, which is your router.` : ''
  const all = networkAddresses.join(', ')
  if (networkAddresses.every(isLoopback)) {
    return { name, ok: true, says: `direct: devices on this machine can dial this one, at ${all}.` }
  }
  return {
    name,
    ok: true,
    says: `direct: only devices in your own network can dial this one, at ${all}.${seen} It dials out to others itself.`,
  }
}

function explainWebrtc({ networkAddresses, udp, webrtcMissing, offline }: PathFindings): Check {
  const name = 'webrtc'
  const fails = (says: string, todo: string): Check => ({ name, ok: false, says: `webrtc: ${says}`, todo })
  const works = (says: string): Check => ({ name, ok: true, says: `webrtc: ${says}` })
  if (webrtcMissing !== undefined) {
    return fails(
      `this installation cannot make peer connections: ${webrtcMissing}`,
      'Install Doorpost again on this machine. Until then films go direct or through the tunnel.',
    )
  }
  if (offline !== undefined) return fails('it needs the server to begin, and that cannot be reached.', 'See above.')
  if (networkAddresses.length > 0 && networkAddresses.every(isLoopback)) {
    return works('not needed, since server and devices are on this machine.')
  }
  if (udp === undefined) return works('can be used, if the network lets UDP through.')
  switch (udp.kind) {
    case 'no-server':
      return fails(
        'the server does not tell devices how they are seen from outside, so it works within one network alone.',
        'Whoever runs the server can turn STUN on, and allow UDP to it.',
      )
    case 'blocked': {
      const asked = udp.asked.map(({ host, port }) => `${host} port ${port}`).join(', ')
      return fails(
        `no answer comes back by UDP from ${asked}. Your network blocks UDP, or the server's does.`,
        'Allow UDP out, if the network is yours. Until then films go direct or through the tunnel.',
      )
    }
    case 'open':
      return works(`works with everybody who has UDP: this device is in the open, at ${udp.seen.host}.`)
    case 'same':
      return works('works with most networks: your router shows one address and port to everybody.')
    case 'differs':
      return works(
        'works with open networks and full-cone routers alone: your router shows another port to everybody (symmetric). With others the tunnel is used.',
      )
    case 'kept':
      return works('works with most networks: your router keeps the port of this device, as routers do that suit it.')
    case 'changed':
      return works(
        'may work with open networks and full-cone routers alone: your router shows this device under another port, as symmetric ones do. With others the tunnel is used.',
      )
  }
}

function explainTurn({ turn, offline }: PathFindings): Check[] {
  if (offline !== undefined) return []
  const where = turn.map(({ host, port }) => `${host}:${port}`).join(', ')
  return [
    turn.length > 0
      ? { name: 'turn', ok: true, says: `TURN: where webrtc does not get through by itself, it goes over ${where}.` }
      : { name: 'turn', ok: true, says: 'TURN: the server names none, and needs none: the tunnel does the same.' },
  ]
}

/** Limits from here on bound nobody: what a policy has where none is wanted. Bytes a second, and bytes a day. */
const UNBOUNDED_PER_SECOND = 100_000_000_000
const UNBOUNDED_PER_DAY = 1_000_000_000_000_000

function explainTunnel({ tunnel, offline }: PathFindings): Check {
  const name = 'tunnel'
  if (offline !== undefined) {
    return { name, ok: false, says: 'tunnel: it goes over the server, which cannot be reached.', todo: 'See above.' }
  }
  if (tunnel === undefined) return { name, ok: true, says: 'tunnel: works wherever the server can be reached.' }
  if (tunnel.bytesPerDay === 0) {
    return {
      name,
      ok: false,
      says: 'tunnel: this server carries nothing for its users.',
      todo: 'Ask whoever runs it to allow some (tunnel.userBytesPerDay in its policy).',
    }
  }
  const limits = [
    ...(tunnel.bytesPerSecond < UNBOUNDED_PER_SECOND ? [rateText(tunnel.bytesPerSecond)] : []),
    ...(tunnel.bytesPerDay < UNBOUNDED_PER_DAY ? [`${sizeText(tunnel.bytesPerDay)} a day`] : []),
  ].join(' and ')
  const upTo = limits === '' ? ', as fast as the lines are' : `, up to ${limits}`
  return { name, ok: true, says: `tunnel: works wherever the server can be reached${upTo}.` }
}

/** Ranges nobody else can dial: of one machine, one network or one provider (RFC 1918, RFC 4193, RFC 6598). */
const INNER_RANGES = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat', 'unspecified'])

function isInTheOpen(address: string): boolean {
  return !INNER_RANGES.has(ipaddr.process(hostOf(address)).range())
}

function isLoopback(address: string): boolean {
  return ipaddr.process(hostOf(address)).range() === 'loopback'
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
