import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asCueText, isSubtitles, parseSubtitles, subtitleLanguage } from './subtitles.ts'
import { encodingOf } from './text-decoding.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('[PLY7] SubRip and WebVTT become cues of plain text', () => {
  const srt =
    '\ufeff1\r\n00:00:01,500 --> 00:00:04,000\r\n<i>Guten</i> Tag\r\nMia\r\n\r\n2\r\n01:00:05,000 --> 01:00:06,250 X1:1\r\n{\\an8}Ende\r\n'
  expect(parseSubtitles(bytes(srt))).toEqual([
    { startS: 1.5, endS: 4, text: 'Guten Tag\nMia' },
    { startS: 3605, endS: 3606.25, text: 'Ende' },
  ])
  const vtt = 'WEBVTT\n\nNOTE a note\n\nfirst\n00:01.000 --> 00:02.000 align:start\n<v Mia>1 &lt; 2 &amp; so on\n'
  expect(parseSubtitles(bytes(vtt))).toEqual([{ startS: 1, endS: 2, text: '1 < 2 & so on' }])
})

test('[PLY7] what would be markup stays text', () => {
  const text = '<img src=x onerror=alert(1)>&lt;script&gt;'
  const [cue] = parseSubtitles(bytes(`1\n00:00:01,000 --> 00:00:02,000\n${text}`))
  expect(cue?.text).toBe('<script>')
  expect(asCueText(cue?.text ?? '')).toBe('&lt;script&gt;')
})

test('[PLY7] cues without a line between them, without words, or that end before they begin', () => {
  const srt =
    '1\n00:00:01,000 --> 00:00:02,000\nA\n2\n00:00:02,000 --> 00:00:03,000\nB\n\n3\n00:00:05,000 --> 00:00:04,000\nC\n\n4\n00:00:06,000 --> 00:00:07,000\n\n'
  expect(parseSubtitles(bytes(srt)).map(({ text }) => text)).toEqual(['A', 'B'])
})

test('[PLY7] any bytes at all give cues with an end after their beginning, or none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('00:01.000', '-->', '\n', '<', '>', '&', '{\\', '1', 'a', '\u0000')),
      (parts) => {
        for (const { startS, endS } of parseSubtitles(bytes(parts.join(' ')))) expect(endS).toBeGreaterThan(startS)
      },
    ),
    { numRuns: 200 },
  )
})

test('[PLY7] which files are subtitles, and in which language', () => {
  expect(isSubtitles({ name: 'Film.SRT', sizeBytes: 5000 })).toBe(true)
  expect(isSubtitles({ name: 'film.srt', sizeBytes: 5_000_000 })).toBe(false)
  expect(isSubtitles({ name: 'film.mp4', sizeBytes: 5000 })).toBe(false)
  expect([subtitleLanguage('film.de.srt'), subtitleLanguage('film.pt-BR.vtt'), subtitleLanguage('film.srt')]).toEqual([
    'de',
    'pt',
    undefined,
  ])
})

test('[PLY8] text is read by its byte order mark, else as UTF-8, else as windows-1252', () => {
  expect(encodingOf(Uint8Array.of(0xff, 0xfe, 0x41, 0))).toBe('utf-16le')
  expect(encodingOf(Uint8Array.of(0xfe, 0xff, 0, 0x41))).toBe('utf-16be')
  // Cut off in the middle of a character.
  expect(encodingOf(bytes('grüß').subarray(0, 3))).toBe('utf-8')
  expect(encodingOf(Uint8Array.of(0x67, 0x72, 0xfc, 0xdf))).toBe('windows-1252')
})
