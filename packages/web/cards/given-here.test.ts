import { expect, test } from 'vitest'
import { matching } from './given-here.ts'

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
