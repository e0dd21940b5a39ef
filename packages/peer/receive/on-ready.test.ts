import { describe, expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import type { InboxEntry } from '../operations.ts'
import { createOnReady } from './on-ready.ts'

/** An inbox of which only the marks matter. */
function inboxOf(due: string[]) {
  const open = new Set(due)
  return {
    beginHook: async (id: string) => open.delete(id),
    entry: async (id: string) => ({ id }) as InboxEntry,
  }
}

describe('the on-ready command', () => {
  test('[I11] told twice that a run is due, it runs once; two at a time', async () => {
    const runs: string[] = []
    const ends: (() => void)[] = []
    const exits: unknown[] = []
    const inbox = inboxOf(['a', 'b', 'c'])
    const onReady = createOnReady({
      inbox: () => inbox,
      run: (entry) => {
        runs.push(entry.id)
        return new Promise((resolve) => ends.push(() => resolve(0)))
      },
      onExit: (...exit) => exits.push(exit),
      onFault: (error) => exits.push(error),
    })
    for (const id of ['a', 'a', 'b', 'c', 'd']) onReady.due(id)
    await settle()
    expect(runs).toEqual(['a', 'b'])
    ends[0]?.()
    await settle()
    expect(runs).toEqual(['a', 'b', 'c'])
    for (const end of ends) end()
    await onReady[Symbol.asyncDispose]()
    expect(exits).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ])
  })

  test('[I11] a command that cannot start is told and not tried again', async () => {
    const faults: unknown[] = []
    const inbox = inboxOf(['a'])
    const onReady = createOnReady({
      inbox: () => inbox,
      run: () => Promise.reject(new Error('no shell')),
      onExit: () => {},
      onFault: (error) => faults.push(error),
    })
    onReady.due('a')
    await settle()
    onReady.due('a')
    await settle()
    expect(faults).toMatchObject([{ message: 'no shell' }])
  })
})
