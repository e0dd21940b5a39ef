import { formatInvitation } from '@doorpost/protocol/invitation-link'
import { LINK_CODE_BYTES, linkUrl } from '@doorpost/protocol/link'
import { expect, test } from 'vitest'
import { readArrival } from './invited.ts'

const origin = 'https://example.org'
const invitation = (from: string) =>
  formatInvitation({ origin, from: from as never, fingerprint: 'A'.repeat(43), token: 'A'.repeat(22) })

test('[SCR9] the page opened by an invitation knows whose it claims to be', () => {
  for (const from of ['alice@example.org', 'a.b@[2001:db8::1]:8025']) {
    const link = invitation(from)
    expect(readArrival(link)).toEqual({ kind: 'contact', link, from })
  }
})

test('[SCR9] links of devices and of the server are told from everything else', () => {
  const device = linkUrl(origin, new Uint8Array(LINK_CODE_BYTES))
  expect(readArrival(device)).toEqual({ kind: 'device', link: device })
  const registration = `${origin}/join#v1.${'A'.repeat(22)}`
  expect(readArrival(registration)).toEqual({ kind: 'registration', link: registration })
  for (const other of ['/', '/#/contacts', '/i#v1.alice', '/l#v1.x', '/join#v2.x', '/link']) {
    expect(readArrival(origin + other)).toBeUndefined()
  }
})

test('[HDR6] whatever somebody writes into a fragment is text, of a bounded length, or nothing', () => {
  const tail = `.${'A'.repeat(43)}.${'A'.repeat(22)}`
  const from = (written: string) => {
    const arrival = readArrival(`${origin}/i#v1.${written}${tail}`)
    return arrival?.kind === 'contact' ? arrival.from : undefined
  }
  // As the browser writes them, marks and signs are escaped: no markup, no letters in another order.
  expect(from('<script>alert(1)</script>')).toBe('%3Cscript%3Ealert(1)%3C/script%3E')
  expect(from('\u202Eelpmaxe@knab')).toBe('%E2%80%AEelpmaxe@knab')
  expect(from('a'.repeat(401))).toBeUndefined()
  for (const fragment of ['#v1.<svg onload=alert(1)>', '#javascript:alert(1)', `#v1.${'A'.repeat(1e6)}`, '#__proto__'])
    for (const page of ['/i', '/join', '/link']) expect(readArrival(origin + page + fragment)).toBeUndefined()
})
