// How often one remote address and one user may ask, by the policy's rates. Counting is rate-limiter-flexible's business;
// here are the keys: bounded in number, whoever asks.

import { hash, randomBytes } from 'node:crypto'
import { Refusal } from '@doorpost/protocol/errors'
import ipaddr from 'ipaddr.js'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Policy, Rate, RateName } from './policy.ts'

/**
 * Places to count in, per rate. Keys are spread over them by a hash that only this process knows: an attacker with many
 * addresses fills no more memory (20 MB a rate), and cannot choose whose place to share.
 */
const PLACES = 65_536
/** What asking for a name that nobody has costs beside the one request: guessing names ends ten times sooner. */
const UNKNOWN_NAME_COST = 9

export interface Rates {
  /** Counts one request. Throws Refusal `too-many` with `retryAfterMs` when it is one too many. */
  count(name: RateName, remoteAddress: string, user: string | undefined): Promise<void>
  /** A FINGER asked for a name that nobody has. */
  unknownName(remoteAddress: string): Promise<void>
  /** From now on by this policy; what was counted is forgotten. */
  follow(policy: Policy): void
}

type Limiters = Record<RateName, { readonly perAddress: RateLimiterMemory; readonly perUser: RateLimiterMemory }>

export function openRates(policy: Policy, places = PLACES): Rates {
  const secret = randomBytes(16).toString('hex')
  let limiters = limitersOf(policy)

  // One plain hash with the secret in front: nobody sees the outcome, and an HMAC costs four times as much a request.
  const placeOf = (key: string) => hash('sha256', secret + key, 'buffer').readUInt32BE(0) % places

  async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
    try {
      await limiter.consume(placeOf(key))
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      throw new Refusal('too-many', { retryAfterMs: Math.max(1, Math.ceil(error.msBeforeNext)) })
    }
  }

  return {
    async count(name, remoteAddress, user) {
      await consume(limiters[name].perAddress, addressKey(remoteAddress))
      if (user !== undefined) await consume(limiters[name].perUser, user)
    },
    async unknownName(remoteAddress) {
      await limiters.finger.perAddress.penalty(placeOf(addressKey(remoteAddress)), UNKNOWN_NAME_COST)
    },
    follow(policy) {
      limiters = limitersOf(policy)
    },
  }
}

/** IPv4 as it is, IPv6 by /64: one customer has at least that many (RFC 6177 section 2). */
function addressKey(remoteAddress: string): string {
  if (!ipaddr.isValid(remoteAddress)) return 'unknown'
  const parsed = ipaddr.process(remoteAddress)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}

function limitersOf({ rates }: Policy): Limiters {
  const limiter = ({ requests, seconds }: Rate) => new RateLimiterMemory({ points: requests, duration: seconds })
  const both = (name: RateName) => ({
    perAddress: limiter(rates[name].perAddress),
    perUser: limiter(rates[name].perUser),
  })
  return {
    authorization: both('authorization'),
    finger: both('finger'),
    registration: both('registration'),
    send: both('send'),
    other: both('other'),
  }
}
