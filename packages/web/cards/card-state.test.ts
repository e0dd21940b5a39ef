import { describe, expect, test } from 'vitest'
import type { InboxEntry } from '../device-connection.ts'
import { actionsOf, cardState, endsSoon, type FetchView } from './card-state.ts'
import { shownHere, unshownHere } from './shown-here.ts'

type Entry = Parameters<typeof cardState>[0]
type Media = InboxEntry['media'][number]

const NOW = Date.parse('2026-05-13T12:00:00Z')
const film: Media = {
  name: 'film.mp4',
  sizeBytes: 1_000_000_000,
  type: 'video/mp4',
  root: 'A'.repeat(43),
  url: 'doorpost:x',
  verifiedBytes: 0,
}
const entryOf = (change: Partial<Entry>): Entry => ({
  state: 'announced',
  media: [film],
  expires: '2026-06-01T00:00:00Z',
  ...change,
})
const half = [{ ...film, verifiedBytes: 380_000_000 }]
const part = { share: 0.38, doneBytes: 380_000_000, sizeBytes: 1_000_000_000 }
const told = (change: Partial<NonNullable<FetchView['progress']>> = {}): FetchView => ({
  progress: {
    kind: 'fetching',
    name: 'film.mp4',
    doneBytes: 380_000_000,
    sizeBytes: 1_000_000_000,
    allDoneBytes: 380_000_000,
    allSizeBytes: 1_000_000_000,
    bytesPerSecond: 62_000_000,
    source: 'ann@post.example/laptop',
    path: 'direct',
    ...change,
  },
})

/** Entry, what its fetch told, and what the card says. */
const table: [string, Entry, FetchView | undefined, object][] = [
  ['from a stranger', entryOf({ state: 'request' }), undefined, { kind: 'request' }],
  ['never asked for', entryOf({}), undefined, { kind: 'offered' }],
  [
    'its time ran out a moment ago',
    entryOf({ expires: '2026-05-13T11:59:59Z' }),
    undefined,
    { kind: 'gone', reason: 'expired', at: '2026-05-13T11:59:59Z' },
  ],
  [
    'asked for, nobody is there',
    entryOf({ state: 'scheduled', waitsFor: 'Ann sleeps.' }),
    undefined,
    { kind: 'waiting', says: 'Ann sleeps.', share: 0 },
  ],
  [
    'in part here, nobody is there',
    entryOf({ state: 'scheduled', media: half }),
    undefined,
    { kind: 'waiting', ...part },
  ],
  [
    'begun in another tab or by a rule',
    entryOf({ state: 'fetching', media: half }),
    undefined,
    { kind: 'fetching', ...part, serving: [] },
  ],
  [
    'on its way',
    entryOf({ state: 'fetching' }),
    told(),
    { kind: 'fetching', ...part, bytesPerSecond: 62_000_000, leftMs: 10_000 },
  ],
  [
    'on its way, too slow to be told',
    entryOf({ state: 'fetching' }),
    told({ bytesPerSecond: 0 }),
    { kind: 'fetching', ...part },
  ],
  ['paused', entryOf({ media: half }), undefined, { kind: 'paused', ...part }],
  [
    'paused by hand',
    entryOf({ media: half, waitsFor: 'Stopped.', trouble: 'cancelled' }),
    undefined,
    { kind: 'paused', ...part },
  ],
  [
    'given up',
    entryOf({ media: half, waitsFor: 'No way to Ann.', trouble: 'no-source' }),
    undefined,
    { kind: 'failed', ...part, says: 'No way to Ann.' },
  ],
  [
    'the disk is full',
    entryOf({ media: half, waitsFor: 'Full.', trouble: 'disk-full' }),
    undefined,
    { kind: 'full', ...part },
  ],
  [
    'the disk is full, told to this tab',
    entryOf({ media: half }),
    { trouble: { code: 'disk-full', says: 'Full.' } },
    { kind: 'full', ...part },
  ],
  ['here', entryOf({ state: 'ready' }), undefined, { kind: 'have' }],
  ['another file than was sent', entryOf({ state: 'changed', waitsFor: 'Other.' }), undefined, { kind: 'changed' }],
  ['declined', entryOf({ state: 'refused' }), undefined, { kind: 'refused' }],
  [
    'over',
    entryOf({ state: 'expired', gone: { reason: 'expired', at: '2026-05-03T00:00:00Z' } }),
    undefined,
    { kind: 'gone', reason: 'expired', at: '2026-05-03T00:00:00Z' },
  ],
  [
    'taken back',
    entryOf({ state: 'gone', gone: { reason: 'withdrawn', at: '2026-05-03T00:00:00Z' } }),
    undefined,
    { kind: 'gone', reason: 'withdrawn' },
  ],
  [
    'deleted by its sender',
    entryOf({ state: 'gone', gone: { reason: 'deleted', at: '2026-05-03T00:00:00Z' } }),
    undefined,
    { kind: 'gone', reason: 'deleted' },
  ],
]

describe('what a card says', () => {
  test.each(table)('[CRD7] %s', (_name, entry, fetch, expected) => {
    expect(cardState(entry, fetch, NOW)).toMatchObject(expected)
  })

  test('[CRD7] no rate and no time are said where none is known, and a part of a message is not taken for all of it', () => {
    const slow = cardState(entryOf({ state: 'fetching' }), told({ bytesPerSecond: 0 }), NOW)
    expect(slow).not.toHaveProperty('leftMs')
    expect(slow).not.toHaveProperty('bytesPerSecond')
    const two = entryOf({
      state: 'fetching',
      media: [film, { ...film, root: 'B'.repeat(43), sizeBytes: 3_000_000_000 }],
    })
    expect(cardState(two, told(), NOW)).toMatchObject({ share: 0, sizeBytes: 4_000_000_000 })
  })

  test('[CRD8] watching is offered once what comes next is here before it is needed', () => {
    const long = entryOf({ state: 'fetching', media: [{ ...film, preview: picture(600) }] })
    const short = entryOf({ state: 'fetching', media: [{ ...film, preview: picture(5) }] })
    const at = (entry: Entry, headBytes: number) =>
      cardState(entry, told({ headBytes }), NOW, 'film') as { watchable?: string }
    expect(at(long, 1_000_000).watchable).toBeUndefined()
    expect(at(long, 10_000_000).watchable).toBe('film')
    // 990 MB at 62 MB/s take 16 s: five seconds of film would be over before.
    expect(at(short, 10_000_000).watchable).toBeUndefined()
    expect(at(short, 990_000_000).watchable).toBe('film')
    // Rarest first from several: what is here has gaps.
    const gaps = entryOf({ state: 'fetching', media: half })
    expect(cardState(gaps, told({ sources: 3 }), NOW, 'film')).not.toHaveProperty('watchable')
    expect(cardState(long, told({ headBytes: 900_000_000 }), NOW, 'picture')).not.toHaveProperty('watchable')
    expect(cardState(long, told({ headBytes: 900_000_000 }), NOW)).not.toHaveProperty('watchable')
  })

  test('[CRD9] every state offers what can be done in it, the main thing first', () => {
    const offered = table.map(([, entry, fetch]) => {
      const state = cardState(entry, fetch, NOW)
      return [state.kind, actionsOf(state, 'film').join(' ')]
    })
    expect(Object.fromEntries(offered)).toEqual({
      request: '',
      offered: 'fetch open decline',
      waiting: 'pause decline',
      fetching: 'pause decline',
      paused: 'resume decline',
      failed: 'again decline',
      full: 'again decline',
      have: 'open save',
      changed: '',
      refused: 'fetch',
      gone: '',
    })
    expect(actionsOf({ kind: 'have' }, undefined)).toEqual(['save'])
    // What cannot be shown here can go straight to the disk.
    expect(actionsOf({ kind: 'offered' }, undefined)).toEqual(['fetch', 'save', 'decline'])
    expect(actionsOf({ kind: 'offered' }, 'picture')).toEqual(['fetch', 'decline'])
  })

  test('[CRD9] the end is said once its user was reminded, while there is something to do', () => {
    const endsAt = '2026-05-15T00:00:00Z'
    expect(endsSoon({ state: 'announced', endsAt })).toBe(endsAt)
    expect(endsSoon({ state: 'ready', endsAt })).toBeUndefined()
    expect(endsSoon({ state: 'announced' })).toBeUndefined()
  })

  test('[CRD10] what is shown comes from a list, then from what the browser plays, never from the sender alone', () => {
    const all = () => 'maybe'
    const none = () => ''
    const of = (type: string) => ({ type, name: 'film.mp4' })
    expect(shownHere(of('video/mp4'), all)).toBe('film')
    expect(shownHere(of('video/mp4'), none)).toBeUndefined()
    expect(shownHere(of('image/png'), none)).toBe('picture')
    for (const active of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'video/mpeg', '__proto__']) {
      expect(shownHere(of(active), all), active).toBeUndefined()
    }
    expect(unshownHere(of('video/mpeg'), all)).toBe('cannotPlay')
    expect(unshownHere(of('video/mp4'), none)).toBe('cannotPlay')
    expect(unshownHere(of('application/zip'), none)).toBeUndefined()
  })

  test('[AUE2] a picture, a text or a PDF that is not shown here is said before it is fetched; of what nobody looks at nothing is said', () => {
    const of = (type: string, name = 'what') => ({ type, name })
    const all = () => 'maybe'
    for (const type of ['image/tiff', 'image/heic', 'image/svg+xml', 'text/html', 'application/pdf'])
      expect(unshownHere(of(type), all), type).toBe('cannotShow')
    for (const type of ['image/jpeg', 'text/plain', 'text/vtt', 'video/mp4', 'application/zip', ''])
      expect(unshownHere(of(type), all), type).toBeUndefined()
  })
})

function picture(durationSeconds: number) {
  return { type: 'image/webp' as const, bytes: 'AAAA', width: 640, height: 360, durationSeconds }
}
