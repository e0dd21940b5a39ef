// Network addresses that devices say they listen at: which are kept, in which form, and to whom they may be told.
// An address is a place where somebody else's device will knock, so what is told must not lead it to its own doors.

import { Refusal } from '@doorpost/protocol/errors'
import ipaddr from 'ipaddr.js'
import { isLoopback } from '../listen/forwarded.ts'

/** Ranges (ipaddr.js) no device can be dialled at by anybody: saying one is a mistake in the caller. */
const NOWHERE = new Set(['unspecified', 'broadcast', 'multicast'])

/**
 * Canonical forms of what a device at `remoteAddress` said, without repetitions. Throws Refusal `malformed` for what is
 * no address or leads nowhere. Dropped in silence, since an agent may list all its interfaces: IPv6 link-local ones,
 * which mean nothing without a zone, and loopback ones said by a device that is not on this machine itself: they would
 * lead contacts who are to their own ports.
 */
export function keptAddresses(said: readonly string[], remoteAddress: string): string[] {
  const onThisMachine = isLoopback(remoteAddress)
  const kept = said.map(canonical).filter((address) => !isLinkLocal(address) && (onThisMachine || !leadsHome(address)))
  return [...new Set(kept)]
}

/** What an asker at `remoteAddress` is told: loopback addresses only when it is on this machine too. */
export function toldAddresses(kept: readonly string[], remoteAddress: string): string[] {
  return isLoopback(remoteAddress) ? [...kept] : kept.filter((address) => !leadsHome(address))
}

function canonical(written: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(written)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  const valid = match?.[1] !== undefined ? ipaddr.IPv6.isValid(host) : ipaddr.IPv4.isValidFourPartDecimal(host)
  if (!valid || !(port >= 1 && port <= 65535))
    throw new Refusal('malformed', { about: written, detail: 'Not an IP address and a port.' })
  const address = ipaddr.process(host)
  if (NOWHERE.has(address.range()))
    throw new Refusal('malformed', { about: written, detail: 'Nobody can be reached at this address.' })
  return address.kind() === 'ipv6' ? `[${address.toString()}]:${port}` : `${address.toString()}:${port}`
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}

function leadsHome(address: string): boolean {
  return isLoopback(hostOf(address))
}

function isLinkLocal(address: string): boolean {
  const parsed = ipaddr.parse(hostOf(address))
  return parsed.kind() === 'ipv6' && parsed.range() === 'linkLocal'
}
