import { expect, test } from 'vitest'
import { shownName } from './shown-name.ts'

test('[HDR6] a name is shown with its letters in the order in which a system reads them', () => {
  expect(shownName('invoice\u202Egpj.exe')).toBe('invoicegpj.exe')
  const marks = [
    '\u061C',
    '\u200E',
    '\u200F',
    '\u202A',
    '\u202B',
    '\u202C',
    '\u202D',
    '\u2066',
    '\u2067',
    '\u2068',
    '\u2069',
  ]
  for (const mark of [...marks, '\0', '\n', '\u0085', '\u2028']) expect(shownName(`a${mark}b`)).toBe('ab')
  // What languages and families need stays.
  for (const name of ['می‌خواهم.mp4', '👩‍👩‍👧.jpg', 'שלום.txt', 'café.mov', '"><img src=x>.txt'])
    expect(shownName(name)).toBe(name)
})
