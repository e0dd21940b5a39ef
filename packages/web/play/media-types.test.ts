import { expect, test } from 'vitest'
import { canPlay } from './can-play.ts'
import { mayBeServedAs, servedType, shownAs } from './media-types.ts'

const named = (type: string, name = 'a') => ({ type, name })

test.each([
  'text/html',
  'TEXT/HTML; charset=utf-8',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/pdf',
  'text/javascript',
  'text/css',
  'application/x-shockwave-flash',
  'multipart/x-mixed-replace',
  'constructor',
  '',
])('[PLY3] %s is saved and never shown, whatever its name ends in', (type) => {
  expect(shownAs(named(type))).toBe('none')
  expect(servedType(named(type))).toBe('application/octet-stream')
  if (type !== '')
    expect([shownAs(named(type, 'a.mp4')), servedType(named(type, 'a.mp4'))]).toEqual([
      'none',
      'application/octet-stream',
    ])
  expect(canPlay(named(type), () => 'probably')).toBe('no')
})

test('[PLY3] text is given to nobody as text', () => {
  expect(shownAs(named('text/plain'))).toBe('text')
  expect(servedType(named('text/plain'))).toBe('application/octet-stream')
  expect([mayBeServedAs('text/plain'), mayBeServedAs('text/html'), mayBeServedAs('image/svg+xml')]).toEqual([
    false,
    false,
    false,
  ])
  expect([mayBeServedAs('video/mp4'), mayBeServedAs('application/octet-stream')]).toEqual([true, true])
})

test('[PLY3] a media without a type is taken for what its name ends in', () => {
  expect(servedType(named('application/octet-stream', 'Film.MP4'))).toBe('video/mp4')
  expect(servedType(named('', 'page.html'))).toBe('application/octet-stream')
  expect(servedType(named('video/quicktime', 'clip.mov'))).toBe('video/mp4')
})

test('[PLY9] what this browser cannot play is said by list and by the browser, before anything is fetched', () => {
  const browser = (type: string) => (type === 'video/mp4' ? 'maybe' : type === 'audio/mpeg' ? 'probably' : '')
  expect(canPlay(named('video/mp4'), browser)).toBe('perhaps')
  expect(canPlay(named('audio/mpeg'), browser)).toBe('yes')
  expect(canPlay(named('video/x-matroska'), browser)).toBe('no')
  // MPEG-2 is on no list.
  expect(canPlay(named('video/mpeg', 'tape.mpg'), () => 'probably')).toBe('no')
  expect(canPlay(named('image/png'), browser)).toBe('yes')
})
