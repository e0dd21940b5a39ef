import { describe, expect, test } from 'vitest'
import { MEDIA_MAX } from '@doorpost/protocol/limits'
import { dateOf, othersOf, type Written, wrongWith } from './given.ts'
import type { GivenFile } from './given-file.ts'
import { clipBytesMax, recordType } from './record-types.ts'
import { draftOf, type Reading, readingOf } from './sending.ts'

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
})

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
