import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UserAddress } from './address.ts'
import { formatInvitation, type Invitation, invitationHash, parseInvitation } from './invitation-link.ts'
import { filled } from './sample-people.ts'

const invitation: Invitation = {
  origin: 'https://example.org',
  from: 'a.li-ce@example.org' as UserAddress,
  fingerprint: filled(1),
  token: filled(2, 16),
}
const link = `https://example.org/i#v1.a.li-ce@example.org.${filled(1)}.${filled(2, 16)}`

test('[N42] an invitation is one link, whose secret stands in the fragment', () => {
  expect(formatInvitation(invitation)).toBe(link)
  expect(parseInvitation(link)).toEqual(invitation)
  expect(new URL(link).hash).toContain(invitation.token)
  const origins = ['http://localhost:8025', 'http://127.0.0.1:8025', 'http://[::1]:8025', 'https://[2001:db8::1]:8443']
  fc.assert(
    fc.property(
      fc.constantFrom(...origins),
      fc.constantFrom('bob@localhost:8025', 'bob@[::1]:8025', 'b@192.0.2.7'),
      fc.uint8Array({ minLength: 48, maxLength: 48 }),
      (origin, from, bytes) => {
        const made = {
          origin,
          from: from as UserAddress,
          fingerprint: Buffer.from(bytes.subarray(0, 32)).toString('base64url'),
          token: Buffer.from(bytes.subarray(32)).toString('base64url'),
        }
        const text = formatInvitation(made)
        expect(parseInvitation(text)).toEqual(made)
        expect(new URL(text).href).toBe(text)
      },
    ),
  )
})

test('[N42] what is not exactly such a link is none', () => {
  const broken = [
    '',
    link.slice(0, -1),
    `${link}A`,
    link.replace('https:', 'http:'),
    link.replace('https:', 'ftp:'),
    link.replace('/i#', '/i?x#'),
    link.replace('/i#', '/join#'),
    link.replace('/i#', '#'),
    link.replace('v1.', 'v2.'),
    link.replace('example.org/i', 'EXAMPLE.org/i'),
    link.replace('example.org/i', 'example.org:443/i'),
    link.replace('https://', 'https://user@'),
    link.replace('a.li-ce@', 'A.li-ce@'),
    link.replace('a.li-ce@', '%61.li-ce@'),
    link.replace('@example.org.', '.'),
    link.replace('@example.org', '@example.org/desk'),
    link.replace(filled(1), filled(1).slice(1)),
    link.replace(/.$/, 'B'),
    `https://${'a'.repeat(1024)}.org${link.slice('https://example.org'.length)}`,
    'http://localhost.example.org/i#v1.a@b',
  ]
  for (const each of broken) expect(parseInvitation(each), each).toBeUndefined()
})

test("[N42] the server is given the hash of the token's bytes", async () => {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(16).fill(2))
  expect(invitationHash(invitation.token)).toBe(Buffer.from(digest).toString('base64url'))
})
