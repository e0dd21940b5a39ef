// How many connections there may be, in all and from one address. Pure counting.

import ipaddr from 'ipaddr.js'
import type { Refusal } from './fields.ts'
import type { DoorLimits } from './limits.ts'

export interface Admission {
  /** Counts a connection in, or refuses it. */
  enter(address: string): Refusal | undefined
  /** Counts out what `enter` let in. */
  leave(address: string): void
  readonly size: number
}

/** `isExempt`: addresses that carry many users, bounded by the total alone. */
export function createAdmission(
  limits: Pick<DoorLimits, 'connections' | 'connectionsPerAddress'>,
  isExempt: (address: string) => boolean,
): Admission {
  const counts = new Map<string, number>()
  let size = 0
  return {
    enter(address) {
      if (size >= limits.connections) {
        return { status: 503, detail: `The server has ${limits.connections} connections, the most it may have.` }
      }
      const block = addressBlock(address)
      const count = counts.get(block) ?? 0
      if (count >= limits.connectionsPerAddress && !isExempt(address)) {
        const detail = `Your address has ${limits.connectionsPerAddress} connections, the most it may have.`
        return { status: 429, detail }
      }
      counts.set(block, count + 1)
      size++
      return undefined
    },
    leave(address) {
      const block = addressBlock(address)
      const count = counts.get(block) ?? 0
      if (count > 1) counts.set(block, count - 1)
      else counts.delete(block)
      size--
    },
    get size() {
      return size
    },
  }
}

/** What one caller has: an IPv4 address, or an IPv6 /64 (RFC 6177 section 2 gives a site at least that). */
function addressBlock(address: string): string {
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? address : (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':')
}
