// Fetches of an inbox whose writes take as long as the test says, from sources that are found and never answer.

import { describe, expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { createFetches, type FetchesOptions } from './fetches.ts'
import type { InboxEvent, Standing } from './inbox-state.ts'
import { next } from './inbox-state.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const want = { folder: '/kept' }

function stage(standing: Standing) {
  const did: string[] = []
  const written = Promise.withResolvers<void>()
  const found = Promise.withResolvers<never>()
  let now: Standing | undefined = standing
  const record = () => ({
    record: { id: ID, from: 'ann@example.org/laptop', to: [], standing: now, media: [{ root: 'r' }] },
    content: { media: [{ root: 'r', name: 'film.mp4', sizeBytes: 1, sources: ['ann@example.org/laptop'] }] },
  })
  const options = {
    inbox: {
      get: async () => record(),
      async step(_id: string, event: InboxEvent) {
        did.push(event.kind)
        if (event.kind === 'asked') await written.promise
        now = next(now, event)[0]
        return { standing: now }
      },
    },
    clock: fakeClock(),
    environment: {
      heads: { of: () => undefined },
      parts: { drop() {} },
      people: {
        onChange: () => () => {},
        recall() {
          did.push('sources')
          return found.promise
        },
      },
      copies: { of: () => [], onChange: () => () => {} },
      permission: { onChange: () => () => {} },
      me: { user: 'bob@example.org', address: 'bob@example.org/tv' },
      onLine: () => () => {},
    },
    onFault: (error: unknown) => {
      throw error
    },
    onDropped() {},
    onUnattended: () => did.push('unattended'),
  } as unknown as FetchesOptions
  return { fetches: createFetches(options), did, written, found }
}

describe('a fetch that is asked for', () => {
  test('[PLY44] looks for its sources while what was asked is written down', async () => {
    const { fetches, did, written, found } = stage({ state: 'announced' })
    const asked = fetches.ask(ID, want)
    await settle()
    expect(did).toEqual(['asked', 'sources'])
    let isAsked = false
    void asked.then(() => (isAsked = true))
    await settle()
    expect(isAsked).toBe(false)
    written.resolve()
    await asked
    found.reject(new Error('over'))
    await fetches.stop(ID)
  })

  test('[GON2] is paused when all are', async () => {
    const { fetches, did, written, found } = stage({ state: 'announced' })
    written.resolve()
    await fetches.ask(ID, want)
    await settle()
    fetches.pause()
    found.reject(new Error('over'))
    await settle()
    expect([fetches.running, did]).toEqual([0, ['asked', 'sources', 'paused']])
  })

  test('[PLY44] asks nobody for what may not be fetched as it stands, and says why', async () => {
    const { fetches, did, written } = stage({ state: 'gone' })
    const asked = fetches.ask(ID, want)
    await settle()
    written.resolve()
    await expect(asked).rejects.toMatchObject({ code: 'gone' })
    await settle()
    expect(did).not.toContain('sources')
    expect(did).not.toContain('unattended')
    expect(fetches.running).toBe(0)
  })

  test('[PLY44] ends when what was asked cannot be written down', async () => {
    const { fetches, did, written, found } = stage({ state: 'announced' })
    const asked = fetches.fetch(ID, want, { signal: new AbortController().signal, noWait: false, onProgress() {} })
    await settle()
    expect(did).toContain('sources')
    written.reject(new Error('the disk is full'))
    await expect(asked).rejects.toThrow('the disk is full')
    found.reject(new Error('over'))
    await settle()
    expect(fetches.running).toBe(0)
  })
})
