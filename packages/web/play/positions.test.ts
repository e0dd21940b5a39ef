import { expect, test } from 'vitest'
import { createPositions } from './positions.ts'

function memory(first?: string) {
  let kept: string | null = first ?? null
  return { getItem: () => kept, setItem: (_key: string, value: string) => void (kept = value) }
}

test('[PLY11] a film goes on where it was left, and begins anew when it was hardly begun or seen', () => {
  const positions = createPositions(memory())
  positions.remember('a', 95.7, 600)
  expect([positions.of('a'), positions.of('b')]).toEqual([95, undefined])
  positions.remember('a', 590, 600)
  expect(positions.of('a')).toBeUndefined()
  positions.remember('a', 9, 600)
  expect(positions.of('a')).toBeUndefined()
})

test('[PLY11] the oldest of 200 is forgotten, and what was not written by us does no harm', () => {
  const positions = createPositions(memory('{"a":'))
  for (let film = 0; film <= 200; film++) positions.remember(`film ${film}`, 100, 600)
  expect([positions.of('film 0'), positions.of('film 1'), positions.of('film 200')]).toEqual([undefined, 100, 100])
  expect(createPositions(memory('[["a"],["b","c"],7]')).of('b')).toBeUndefined()
})
