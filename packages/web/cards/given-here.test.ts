import { expect, test } from 'vitest'
import { createGivenHere, matching } from './given-here.ts'

test('[CRD23] chosen again, files are matched by name and size, each once, with the folders they were sent in', () => {
  const media = [
    { name: 'a.mov', sizeBytes: 10, folder: ['Day 1'] },
    { name: 'a.mov', sizeBytes: 10, folder: ['Day 2'] },
    { name: 'b.mov', sizeBytes: 20 },
    { name: 'c.mov', sizeBytes: 30 },
  ]
  const first = { name: 'a.mov', size: 10 }
  const second = { name: 'a.mov', size: 10 }
  const { found, missing } = matching(media, [first, { name: 'b.mov', size: 21 }, second, { name: 'x', size: 1 }])
  expect(found).toEqual([
    [first, ['Day 1']],
    [second, ['Day 2']],
  ])
  expect(missing.map(({ name }) => name)).toEqual(['b.mov', 'c.mov'])
})

test('[RGH8] a sender is told that somebody asked in vain for a file that is away or changed, until it goes again', () => {
  const here = createGivenHere()
  const asked = (id: string, why: string) => here.hear({ event: 'cannot-serve', level: 'warn', id, to: 'bob', why })
  let changes = 0
  here.onChange(() => changes++)
  asked('film', 'SourceAway')
  expect([here.cannot('film'), changes]).toEqual([undefined, 0])
  here.note('film')
  asked('film', 'SourceAway')
  asked('film', 'SourceAway')
  here.hear({ event: 'fault', level: 'warn', id: 'film' })
  expect([here.cannot('film'), changes]).toEqual(['away', 2])
  here.goesAgain('film')
  expect(here.cannot('film')).toBeUndefined()
  asked('film', 'SourceChanged')
  asked('film', 'SourceAway')
  here.goesAgain('film')
  expect(here.cannot('film')).toBe('changed')
  here.note('film')
  expect(here.cannot('film')).toBeUndefined()
})
