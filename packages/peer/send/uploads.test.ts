import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { createUploads } from './uploads.ts'

describe('uploaded bytes', () => {
  test('[G12] counted at once, written at most once a second, and whenever asked', async () => {
    const clock = fakeClock()
    const written: [string, number][] = []
    const uploads = createUploads({ clock, write: async (...one) => void written.push(one), onFault: () => {} })
    uploads.add('a', 1, 'bob@example.org')
    uploads.add('b', 10, 'bob@example.org')
    uploads.add('a', 2, 'bob@example.org')
    expect(written).toEqual([])
    await clock.pass(1000)
    expect(written).toEqual([
      ['a', 3],
      ['b', 10],
    ])
    uploads.add('a', 4, 'bob@example.org')
    await uploads.flush()
    expect(written.at(-1)).toEqual(['a', 4])
    await clock.pass(5000)
    expect(written.length).toBe(3)
  })

  test('[G12] what could not be written is counted with the next', async () => {
    const clock = fakeClock()
    const written: number[] = []
    const faults: unknown[] = []
    let broken = true
    const write = async (_id: string, bytes: number) => {
      if (broken) throw new Error('the disk is full')
      written.push(bytes)
    }
    const uploads = createUploads({ clock, write, onFault: (error) => faults.push(error) })
    uploads.add('a', 5, 'bob@example.org')
    await uploads.flush()
    broken = false
    uploads.add('a', 7, 'bob@example.org')
    await uploads.flush()
    expect([written, faults.length]).toEqual([[12], 1])
  })
})

test('[CRD6] what each recipient was given is counted by user while the device is open', () => {
  const uploads = createUploads({ clock: fakeClock(), write: async () => {}, onFault: () => {} })
  uploads.add('a', 5, 'bob@example.org')
  uploads.add('a', 7, 'bob@example.org')
  uploads.add('a', 1, 'carol@example.org')
  expect([...uploads.given('a')]).toEqual([
    ['bob@example.org', 12],
    ['carol@example.org', 1],
  ])
  expect(uploads.given('b').size).toBe(0)
})
