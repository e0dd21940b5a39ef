// Whether the media of a message are fetched by themselves or wait until somebody asks. Pure: who sent it, what it is and the
// user's rules in, one word out. Carrying it out is by-itself.ts's business.

import type { UserAddress } from '@doorpost/protocol/address'
import { isAmong, type Preferences } from '@doorpost/protocol/preferences'

export interface Arrival {
  readonly from: UserAddress
  /** Both approved each other, and neither blocked the other nor changed their key. */
  readonly mutual: boolean
  readonly media: readonly { readonly sizeBytes: number; readonly type: string }[]
  readonly network: {
    /** As the user of this device called it: no system tells us. */
    readonly metered: boolean
    /** The sender is on-line at an address of a private network that this device is in too. */
    readonly local: boolean
  }
  /** What happens where no rule holds: what the agent was started with. */
  readonly byDefault: 'fetch' | 'ask'
}

export interface Decision {
  readonly decision: 'fetch' | 'ask'
  /** The rule that decided fetches within the local network alone: over a direct path. */
  readonly local: boolean
}

const ASK: Decision = { decision: 'ask', local: false }

/** The first rule whose conditions all hold decides. Nobody but a mutual contact outside junk has anything fetched by itself. */
export function decide(arrival: Arrival, preferences: Pick<Preferences, 'junk' | 'fetch'>): Decision {
  const { from, mutual, media } = arrival
  if (!mutual || media.length === 0 || isAmong(preferences.junk, from)) return ASK
  const rule = preferences.fetch.find((each) => holds(each, arrival))
  if (!rule) return { decision: arrival.byDefault, local: false }
  return { decision: rule.decide, local: rule.decide === 'fetch' && rule.network === 'local' }
}

function holds(rule: Preferences['fetch'][number], { from, media, network }: Arrival): boolean {
  const { sizeBytesMax, types } = rule
  if (rule.from && !isAmong(rule.from, from)) return false
  if (sizeBytesMax !== undefined && media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > sizeBytesMax)
    return false
  if (types && !media.every(({ type }) => types.some((wanted) => isOfType(type, wanted)))) return false
  if (rule.network === 'unmetered') return !network.metered
  return rule.network === 'any' || network.local
}

/** RFC 9110 section 8.3.1: parameters do not count, nor does case. */
function isOfType(type: string, wanted: string): boolean {
  const essence = type.split(';')[0]?.trim().toLowerCase() ?? ''
  return wanted.endsWith('/*') ? essence.startsWith(wanted.slice(0, -1)) : essence === wanted
}
