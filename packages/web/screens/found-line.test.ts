import { expect, test } from 'vitest'
import { foundLine } from './found-line.ts'

const message = { title: 'From the pier', media: [{ name: 'a.pdf' }, { name: 'Märchen movie.mpg' }] }

test('[AUD6] what a search found is shown by the line that it was found in', () => {
  expect(foundLine(message, 'MOVIE')).toBe('Märchen movie.mpg')
  expect(foundLine(message, 'marchen movie')).toBe('Märchen movie.mpg')
  expect(foundLine(message, 'pier')).toBe('From the pier')
  expect(foundLine({ text: 'look at this', media: message.media }, 'this')).toBe('look at this')
})

test('[AUD6] found by nothing that is shown, it is shown as everywhere', () => {
  expect(foundLine(message, 'ann')).toBe('From the pier')
  expect(foundLine({ media: [] }, 'ann')).toBe('')
})
