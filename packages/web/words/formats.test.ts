import { expect, test } from 'vitest'
import { formatsOf, plural } from './formats.ts'
import { directionOf, localeOf, pickLanguage } from './language.ts'

const en = formatsOf('en-GB', 'UTC')
const de = formatsOf('de-DE', 'UTC')
const now = Date.parse('2026-05-13T15:00:00Z')

test('[SCR2] sizes have three figures at most, in units of the reader', () => {
  expect([0, 999, 1000, 61_400_000, 999_600, 80e9, 1.5e12].map(en.size)).toEqual([
    '0\u00a0bytes',
    '999\u00a0bytes',
    '1.0\u00a0kB',
    '61.4\u00a0MB',
    '1.0\u00a0MB',
    '80.0\u00a0GB',
    '1.5\u00a0TB',
  ])
  expect(de.size(61_400_000)).toBe('61,4\u00a0MB')
  expect(en.rate(61_400_000)).toBe('61.4\u00a0MB/s')
})

test('[SCR2] durations say what somebody who waits wants to know', () => {
  expect([45e3, 240e3, 7.8e6, 2.6e8].map((ms) => en.duration(ms).replaceAll('\u00a0', ' '))).toEqual([
    '45 secs',
    '4 mins',
    '2 hrs 10 mins',
    '3 days',
  ])
  expect(de.duration(240e3)).toBe('4\u00a0Min.')
})

test('[SCR2] all is said of all alone', () => {
  expect([0, 0.999, 1, 2].map(en.percent)).toEqual(['0%', '99%', '100%', '100%'])
})

test('[SCR2] dates are near the reader: time, day, date, and whole on asking', () => {
  const when = (at: string) => en.when(at, now)
  expect(when('2026-05-13T14:02:00Z')).toBe('14:02')
  expect(when('2026-05-12T23:59:00Z')).toBe('yesterday')
  expect(when('2026-05-09T10:00:00Z')).toBe('Saturday')
  expect(when('2026-05-03T10:00:00Z')).toBe('3 May')
  expect(when('2024-05-03T10:00:00Z')).toBe('3 May 2024')
  expect(en.day('2026-05-13T00:01:00Z', now)).toBe('Today')
  expect(de.day('2026-05-12T00:01:00Z', now)).toBe('Gestern')
  expect(en.exact('2026-05-13T14:02:00Z')).toContain('13 May 2026')
})

test("[SCR2] a day is the reader's own: midnight of their zone", () => {
  const tokyo = formatsOf('en-GB', 'Asia/Tokyo')
  expect(tokyo.when('2026-05-13T15:00:00Z', now)).toMatch(/00:00/)
  expect(tokyo.when('2026-05-12T16:00:00Z', now)).toBe('yesterday')
  expect(tokyo.when('2026-05-12T14:00:00Z', now)).toBe('Tuesday')
})

test('[SCR2] numbers take the form that the language has for them', () => {
  const forms = { one: 'file', other: 'files' }
  expect([0, 1, 2].map((count) => plural('en', count, forms))).toEqual(['files', 'file', 'files'])
  expect(plural('pl', 3, { other: 'plików', few: 'pliki' })).toBe('pliki')
})

test('[SCR2] the language is the first one asked for that there is', () => {
  expect(pickLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de')
  expect(pickLanguage(['fr'])).toBe('en')
  expect(localeOf('de', ['fr', 'de-AT'])).toBe('de-AT')
  expect(localeOf('de', ['fr'])).toBe('de')
  expect([directionOf('he-IL'), directionOf('de')]).toEqual(['rtl', 'ltr'])
})
