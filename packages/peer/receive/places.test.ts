import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collisionKey } from '@doorpost/protocol/file-name'
import { placesOf } from './places.ts'

const place = (...media: { name: string; folder?: string[] }[]) => placesOf(media).map((one) => one.join('/'))

describe('places', () => {
  test('[I9] folders are kept, and what would collide on any system is numbered', () => {
    expect(
      place(
        { name: 'film.mov', folder: ['Trip', 'Day 1'] },
        { name: 'Film.MOV', folder: ['trip', 'day 1'] },
        { name: 'film.mov' },
        { name: 'film.mov' },
        { name: 'trip' },
      ),
    ).toEqual(['Trip/Day 1/film.mov', 'Trip/Day 1/Film (2).MOV', 'film.mov', 'film (2).mov', 'trip (2)'])
  })

  test('[I9] hostile names become safe ones inside the folder', () => {
    expect(
      place(
        { name: '../../etc/passwd', folder: ['..', '/', '.'] },
        { name: 'CON' },
        { name: 'a\0b\u202ecod.exe' },
        { name: '' },
        { name: '' },
      ),
    ).toEqual(['folder/_/folder/_.._etc_passwd', '_CON', 'abcod.exe', 'unnamed', 'unnamed (2)'])
  })

  test('[I9] no two media of a message share a place, and no file stands where a folder is needed', () => {
    const names = fc.constantFrom(
      'a',
      'A',
      'a.txt',
      '..',
      'CON',
      '\u202e',
      'é',
      'e\u0301',
      'a (2).txt',
      '/x',
      'x'.repeat(300),
    )
    const media = fc.array(fc.record({ name: names, folder: fc.array(names, { maxLength: 3 }) }), { maxLength: 30 })
    fc.assert(
      fc.property(media, (all) => {
        const places = placesOf(all).map((one) => one.map(collisionKey))
        const files = places.map((one) => one.join('/'))
        expect(new Set(files).size).toBe(files.length)
        const folders = new Set(places.flatMap((one) => one.slice(1).map((_, at) => one.slice(0, at + 1).join('/'))))
        expect(files.filter((file) => folders.has(file))).toEqual([])
        expect(placesOf(all)).toEqual(placesOf(all))
        for (const component of placesOf(all).flat()) {
          expect(component).not.toMatch(/[/\\\p{Cc}\p{Cf}]/u)
          expect(['', '.', '..']).not.toContain(component)
        }
      }),
    )
  })
})

test('[HDR9] two thousand files of one name, in folders as deep as they may be, are numbered in one walk', () => {
  const folder = Array.from({ length: 32 }, (_, depth) => `folder ${depth}`)
  // Two that stand where the count would lead, and one that is spelled otherwise.
  const names = ['film (7).mp4', 'film (2).mp4', ...Array.from({ length: 1_997 }, () => 'film.mp4'), 'FILM.mp4']
  const places = placesOf(names.map((name) => ({ name, folder })))
  expect(places.map((place) => place.at(-1)).slice(0, 6)).toEqual([
    'film (7).mp4',
    'film (2).mp4',
    'film.mp4',
    'film (3).mp4',
    'film (4).mp4',
    'film (5).mp4',
  ])
  expect(places.at(-1)).toEqual([...folder, 'FILM (2000).mp4'])
  expect(new Set(places.map((place) => place.join('/').toLowerCase())).size).toBe(2000)
})
