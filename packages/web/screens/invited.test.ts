import { formatInvitation } from '@doorpost/protocol/invitation-link'
import { expect, test } from 'vitest'
import { readDeviceLink, readInvitation } from './invited.ts'

const link = formatInvitation({
  origin: 'https://example.org',
  from: 'alice@example.org' as never,
  fingerprint: 'A'.repeat(43),
  token: 'A'.repeat(22),
})

test('[SCR9] the page opened by an invitation knows whose it is; any other page knows none', () => {
  expect(readInvitation(link)?.invitation.from).toBe('alice@example.org')
  for (const other of ['https://example.org/', 'https://example.org/#/contacts', `${link}x`]) {
    expect(readInvitation(other)).toBeUndefined()
  }
})

test('[SCR9] a link of another device is told from everything else', () => {
  const device = `https://example.org/link#v1.${'7K2M-'.repeat(6)}7K2M`
  expect(readDeviceLink(device)).toBe(device)
  expect(readDeviceLink(link)).toBeUndefined()
})
