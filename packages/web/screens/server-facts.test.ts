import { serverFactsSchema } from '@doorpost/protocol/messages/server-facts'
import { expect, test } from 'vitest'
import { joinFacts } from './server-facts.ts'

test('[SCR11] the first screen reads of the server what the protocol says, and nothing of another answer', () => {
  for (const registration of ['open', 'invitation', 'closed'] as const) {
    const facts = serverFactsSchema.parse({ doorpost: 1, domain: 'example.org', origins: [], registration })
    expect(joinFacts(facts)).toEqual({ domain: 'example.org', registration })
  }
  for (const other of [
    null,
    'x',
    {},
    { domain: 'x' },
    { domain: 1, registration: 'open' },
    { domain: 'x', registration: 'maybe' },
  ]) {
    expect(joinFacts(other)).toBeUndefined()
  }
})
