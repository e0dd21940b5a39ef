import { describe, expect, test } from 'vitest'
import { MEDIA_MAX } from '@doorpost/protocol/limits'
import { dateOf, othersOf, type Written, wrongWith } from './given.ts'
import type { GivenFile } from './given-file.ts'
import { clipBytesMax, recordType } from './record-types.ts'
import { createKeptSheets, type KeptSheet, placeOf } from './kept-sheets.ts'
import { createSendings, draftOf, type Reading, readingOf, type ToSend } from './sending.ts'

const fileOf = (name: string, sizeBytes = 10, folder: readonly string[] = []): GivenFile => ({
  file: new File([new Uint8Array(sizeBytes)], name, { lastModified: new Date(2026, 4, 13, 23, 59).getTime() }),
  folder,
})
const written: Written = { title: '', text: '', copyright: '', date: '', others: '' }

describe('what is about to be sent', () => {
  test('[CRD14] what was chosen becomes a draft: folders kept, empty fields left out, everybody once', () => {
    const film = fileOf('film.mp4')
    const song = fileOf('song.flac', 10, ['Sunday', 'Garden'])
    const registered: [string, readonly string[] | undefined][] = []
    const device = {
      registerFile(file: File, folder?: readonly string[]) {
        registered.push([file.name, folder])
        return `given:${file.name}`
      },
    }
    const preview = { type: 'image/webp' as const, bytes: 'AAAA', width: 1, height: 1 }
    const draft = draftOf(
      {
        to: ['ann@post.example', 'bob@post.example'],
        given: [film, song],
        fileTitles: new Map([
          [song, ' The song '],
          [film, ' '],
        ]),
        previews: new Map([[film, preview]]),
        written: { ...written, title: ' Sunday ', date: '2026-05-13', others: 'carol, bob@post.example carol' },
      },
      device,
    )
    expect(draft).toEqual({
      to: ['ann@post.example', 'bob@post.example', 'carol'],
      files: ['given:film.mp4', 'given:song.flac'],
      fileTitles: { 'given:song.flac': 'The song' },
      filePreviews: { 'given:film.mp4': preview },
      title: 'Sunday',
      date: '2026-05-13',
    })
    expect(registered).toEqual([
      ['film.mp4', []],
      ['song.flac', ['Sunday', 'Garden']],
    ])
  })

  test('[CRD15] what is wrong is found before anything is read', () => {
    const one = [fileOf('a')]
    expect(wrongWith(one, written, [])).toBeUndefined()
    expect(wrongWith([], written, [])).toEqual({ kind: 'nothing' })
    const many = Array.from({ length: MEDIA_MAX + 1 }, () => one[0] as GivenFile)
    expect(wrongWith(many, written, [])).toEqual({ kind: 'tooMany', most: MEDIA_MAX })
    const long = 'x'.repeat(1001)
    expect(wrongWith(one, { ...written, title: long }, [])).toMatchObject({ kind: 'tooLong', field: 'title' })
    expect(wrongWith(one, { ...written, copyright: long }, [])).toMatchObject({ field: 'copyright' })
    expect(wrongWith(one, { ...written, text: 'x'.repeat(100_001) }, [])).toMatchObject({ field: 'text' })
    expect(wrongWith(one, written, [long])).toMatchObject({ field: 'fileTitle' })
    expect(wrongWith(one, { ...written, others: 'carol, not an@' }, [])).toEqual({ kind: 'noAddress', written: 'an@' })
    expect(othersOf(' a,b;c  a ')).toEqual(['a', 'b', 'c'])
    expect(dateOf(fileOf('a').file.lastModified)).toBe('2026-05-13')
  })

  test('[CRD16] reading is told of all files together, and never goes back', () => {
    const told: Reading[] = []
    const tell = readingOf([fileOf('same', 30), fileOf('same', 50), fileOf('other', 20)], (one) => told.push(one))
    const reading = (name: string, doneBytes: number, sizeBytes: number) =>
      tell({ kind: 'reading', name, doneBytes, sizeBytes })
    reading('same', 15, 30)
    reading('same', 30, 30)
    reading('same', 10, 50)
    reading('same', 50, 50)
    tell({ kind: 'waiting', name: 'same', reason: 'not of reading' })
    reading('other', 20, 20)
    expect(told.map(({ share }) => share)).toEqual([0.15, 0.3, 0.4, 0.8, 1])
    expect(told.at(-1)?.name).toBe('other')
  })

  test('[EYE9] reading tells how long it takes yet, once it has a pace', () => {
    let nowMs = 500
    const left: (number | undefined)[] = []
    const tell = readingOf(
      [fileOf('film', 100)],
      ({ leftMs }) => left.push(leftMs),
      () => nowMs,
    )
    for (const [atMs, doneBytes] of [
      [600, 10],
      [2_500, 20],
      [5_500, 50],
      [10_500, 100],
    ] as const) {
      nowMs = atMs
      tell({ kind: 'reading', name: 'film', doneBytes, sizeBytes: 100 })
    }
    expect(left).toEqual([undefined, 8_000, 5_000, 0])
  })
})

describe('what is being sent', () => {
  const toSend = (given: readonly GivenFile[]): ToSend => ({
    to: ['ann@post.example'],
    given,
    fileTitles: new Map(),
    previews: new Map(),
    written,
  })
  const film = fileOf('film.mp4', 100)

  test('[RGH6] a button that is pressed twice sends once, also while pictures of the files are still made', async () => {
    const noted: string[] = []
    const all = createSendings((id) => noted.push(id), fail)
    const made = Promise.withResolvers<ToSend>()
    let asked = 0
    const ask = async () => ({ id: `m${++asked}` })
    const [first, second] = [all.run('ann', () => made.promise, ask), all.run('ann', () => made.promise, ask)]
    expect(all.of('ann').reading).toEqual({ name: '', share: 0 })
    const elsewhere = all.run('bob', async () => toSend([film]), ask)
    made.resolve(toSend([film]))
    expect([await second, (await elsewhere)?.id, (await first)?.id]).toEqual([undefined, 'm1', 'm2'])
    expect([noted, all.of('ann').reading]).toEqual([['m1', 'm2'], undefined])
  })

  test('[RGH6] it is stopped at every stage, and nothing is asked for what was stopped before', async () => {
    const all = createSendings(fail, fail)
    const made = Promise.withResolvers<ToSend>()
    const early = all.run('ann', () => made.promise, fail)
    all.stop('ann')
    made.resolve(toSend([film]))
    expect([await early, all.of('ann')]).toEqual([undefined, { reading: undefined, wrong: undefined }])
    const begun = Promise.withResolvers<void>()
    const late = all.run(
      'ann',
      async () => toSend([film]),
      (_what, { signal }) =>
        new Promise<{ id: string }>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
          begun.resolve()
        }),
    )
    await begun.promise
    all.stop('ann')
    expect([await late, all.of('ann').wrong]).toEqual([undefined, undefined])
  })

  test('[RGH7] it goes on when its sheet is gone; who comes back sees how far it is, and what went wrong is told', async () => {
    const told: string[] = []
    const all = createSendings(fail, (text) => told.push(text))
    const leave = all.attend('ann')
    const under = Promise.withResolvers<{ id: string }>()
    const going = all.run(
      'ann',
      async () => toSend([film]),
      (_what, { onProgress }) => {
        onProgress({ kind: 'reading', name: 'film.mp4', doneBytes: 50, sizeBytes: 100 })
        return under.promise
      },
    )
    await Promise.resolve()
    leave()
    expect(all.of('ann').reading).toEqual({ name: 'film.mp4', share: 0.5 })
    under.reject(new Error('The file is gone.'))
    expect(await going).toBeUndefined()
    expect([all.of('ann').wrong, told]).toEqual(['The file is gone.', ['The file is gone.']])
    const stay = all.attend('ann')
    await all.run(
      'ann',
      async () => toSend([film]),
      () => Promise.reject(new Error('Still gone.')),
    )
    stay()
    expect([all.of('ann').wrong, told.length]).toEqual(['Still gone.', 1])
  })

  test('[RGH7] what was chosen and written is kept by whom it is for, until it was sent or given up', () => {
    const sheets = createKeptSheets()
    const sheet: KeptSheet = { given: [film], fileTitles: new Map(), written, opens: false }
    const place = placeOf(['bob', 'ann'])
    expect(place).toBe(placeOf(['ann', 'bob']))
    sheets.keep(place, sheet)
    sheets.keep('carol', sheet)
    expect([sheets.of(place), sheets.of('dora')]).toEqual([sheet, undefined])
    let closed = 0
    const end = sheets.onSent(place, () => closed++)
    sheets.sent(place)
    sheets.drop('carol')
    expect([sheets.of(place), sheets.of('carol'), closed]).toEqual([undefined, undefined, 1])
    end()
    sheets.sent(place)
    expect(closed).toBe(1)
  })
})

function fail(): never {
  throw new Error('nobody was to call this')
}

test('[CRD17] a clip is recorded in a type of the list alone, the most widely played first', () => {
  expect(recordType(() => true)).toMatchObject({ type: 'video/mp4', ending: 'mp4' })
  expect(recordType((type) => type.startsWith('video/webm'))).toEqual({
    recorder: 'video/webm;codecs=vp9,opus',
    type: 'video/webm',
    ending: 'webm',
  })
  expect(recordType((type) => type === 'video/x-matroska')).toBeUndefined()
})

test('[CRD17] a clip ends where half of what is free is left', () => {
  expect(clipBytesMax({ quota: 10_000, usage: 4_000 })).toBe(3_000)
  expect(clipBytesMax({ quota: 1_000, usage: 4_000 })).toBe(0)
  expect(clipBytesMax({ quota: 1e15 })).toBe(8 * 1024 ** 3)
  expect(clipBytesMax({})).toBe(512 * 1024 ** 2)
})
