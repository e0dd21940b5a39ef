// Which names nobody can register: those that people take for the server itself, and those that mail gives a meaning to.

import { slotOfHolder } from '@doorpost/protocol/grant'

/** RFC 2142 mailboxes that a domain must have, and words that would lend somebody the server's authority. */
const RESERVED = new Set([
  'abuse',
  'admin',
  'administrator',
  'doorpost',
  'hostmaster',
  'info',
  'invitation',
  'mailer-daemon',
  'no-reply',
  'noreply',
  'nobody',
  'policy',
  'post-office',
  'postmaster',
  'root',
  'security',
  'server',
  'support',
  'system',
  'webmaster',
])

/** Link holders are called so (protocol/grant.ts). */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || slotOfHolder(name) !== undefined
}
