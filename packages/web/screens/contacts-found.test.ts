import { expect, test } from 'vitest'
import { contactsFound } from './contacts-found.ts'

test('[SYN12] a contact is found by any part of the address, whatever case and accents; every word must be in it', () => {
  const lines = ['josé@example.org', 'Anna@example.org', 'annabel@nordlicht.example'].map((address) => ({ address }))
  const found = (typed: string) => contactsFound(lines, typed).map(({ address }) => address)
  expect(found('')).toHaveLength(3)
  expect(found('  ANN ')).toEqual(['Anna@example.org', 'annabel@nordlicht.example'])
  expect(found('jose')).toEqual(['josé@example.org'])
  expect(found('Josè')).toEqual(['josé@example.org'])
  expect(found('ann nordlicht')).toEqual(['annabel@nordlicht.example'])
  expect(found('nobody')).toEqual([])
})
