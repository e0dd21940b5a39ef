import { isUserName } from '@doorpost/protocol/address'
import { expect, test } from 'vitest'
import { nameFrom } from './name-from.ts'

test('[EYE4] a name as people write it becomes one that can stand in an address', () => {
  const names = ['marta', ' Marta ', 'Marta Lind', 'Zoë  Lind', 'Jürgen Groß', 'ANNA-Lena']
  const made = names.map(nameFrom)
  expect(made).toEqual(['marta', 'marta', 'marta.lind', 'zoe.lind', 'jurgen.gross', 'anna-lena'])
  expect(made.every(isUserName)).toBe(true)
  expect(isUserName(nameFrom('Мария'))).toBe(false)
  expect(nameFrom('  ')).toBe('')
})
