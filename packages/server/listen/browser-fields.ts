// What every answer over HTTP tells a browser, whichever room or door made it: that it is no document, no part of another site's page and
// no other type than it says, and, over https, that this name is to be asked by https alone. The page itself says more (web/requests.ts);
// what an answer says of these by itself stays.

import ipaddr from 'ipaddr.js'
import type { Caller } from './forwarded.ts'

/**
 * How long a browser asks by https alone, seconds (RFC 6797 section 6.1.1): a year, and begun anew with every answer. Names below this one
 * and lists that browsers bring along are the operator's to decide, who may say more at the proxy.
 */
const HTTPS_ALONE_S = 31_536_000

/** Fetch and Content Security Policy Level 3. An answer that somebody goes to by itself runs nothing and is framed by nobody. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'referrer-policy': 'no-referrer',
} as const

const HTTPS_ALONE = { 'strict-transport-security': `max-age=${HTTPS_ALONE_S}` } as const

/** `caller`, `host`: undefined where the request was too broken to say. Lower-case names. */
export function browserFields(caller?: Pick<Caller, 'https'>, host?: string): Readonly<Record<string, string>> {
  return caller?.https && host !== undefined && isWholeName(host) ? { ...ALWAYS, ...HTTPS_ALONE } : ALWAYS
}

/**
 * What a browser learns holds for the name at every port (RFC 6797 section 8.3): only where we are asked at the usual one the whole name is
 * ours to speak for. Addresses cannot be told (section 8.3 again), and localhost is everybody's.
 */
function isWholeName(host: string): boolean {
  const name = host.toLowerCase().replace(/:443$/, '').replace(/\.$/, '')
  return !/[[\]:]/.test(name) && !ipaddr.isValid(name) && name !== 'localhost' && !name.endsWith('.localhost')
}
