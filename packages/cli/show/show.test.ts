import fc from 'fast-check'
import { expect, test } from 'vitest'
import { barText } from './bar.ts'
import { barLine, REDRAW_MS } from './bar-line.ts'
import { cellWidth, fitted } from './cell-width.ts'
import { printable, printableJson } from './printable.ts'
import { tableText } from './table.ts'
import { whenText } from './when.ts'

const facts = {
  name: 'A very long name of a film which nobody would type by hand.mp4',
  doneBytes: 380_000_000,
  sizeBytes: 1_000_000_000,
  bytesPerSecond: 61_000_000,
  source: 'alice@localhost:8025/laptop, direct',
}

test('[X9] the bar is never wider than the terminal, whatever stands in it', () => {
  fc.assert(
    fc.property(
      fc.record({
        name: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('映画'.repeat(20)), fc.constant('🎬'.repeat(9))),
        doneBytes: fc.nat(),
        sizeBytes: fc.nat(),
        bytesPerSecond: fc.double({ min: 0, max: 1e10, noNaN: true }),
        source: fc.string({ unit: 'binary' }),
      }),
      fc.integer({ min: 8, max: 200 }),
      (any, columns) => {
        const line = barText(any, columns)
        expect(cellWidth(line)).toBeLessThan(columns)
        expect(line).toBe(printable(line))
      },
    ),
  )
})

test('[X9] a narrow terminal loses the source first and keeps the per cent to the end', () => {
  const at = (columns: number) => barText(facts, columns).replaceAll('\u00a0', ' ')
  expect(at(160)).toContain(' 38 % · 61.0 MB/s · 10 s left · of 1.0 GB · alice@localhost:8025/laptop, direct')
  expect(at(90)).not.toContain('alice')
  expect(at(90)).toContain(' 38 % · 61.0 MB/s · 10 s left')
  expect(at(10)).toBe(' 38 %')
})

test('[X9] at most ten drawings a second, none on anything but a terminal, and a clean line in the end', () => {
  let now = 0
  let written = ''
  const screen = (terminal: boolean) => ({
    write: (text: string) => {
      written += text
    },
    terminal,
    colours: false,
    columns: () => 80,
  })
  const line = barLine(screen(true), () => now)
  let drawn = 0
  for (now = 0; now < 1000; now += 7) line.draw(() => `frame ${(drawn += 1)}`)
  expect(REDRAW_MS).toBe(100)
  expect(drawn).toBeLessThanOrEqual(10)
  expect(drawn).toBeGreaterThan(8)
  line.say('A line.')
  expect(written.endsWith(`\r\u001b[KA line.\nframe ${drawn}`)).toBe(true)
  line.clear()
  expect(written.endsWith(`frame ${drawn}\r\u001b[K`)).toBe(true)
  written = ''
  const pipe = barLine(screen(false), () => now)
  pipe.draw(() => 'frame')
  pipe.clear()
  expect(written).toBe('')
})

test('[X8] nothing that a terminal obeys is left, and JSON says the same as before', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      expect(printableJson({ text })).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      expect(JSON.parse(printableJson({ text }))).toEqual({ text })
    }),
  )
  expect(printableJson({ a: ['\u202e'] }, 2)).toBe('{\n  "a": [\n    "\\u202e"\n  ]\n}')
})

test('[X8] columns line up whatever script the names are in, and fit the terminal', () => {
  const columns = [
    { head: 'Name', gives: true },
    { head: 'Size', side: 'right' as const },
  ]
  const rows = [
    ['film.mp4', '1.2 GB'],
    ['映画.mp4', '900 MB'],
    ['x'.repeat(60), '1 B'],
  ]
  const lines = tableText(columns, rows, { columns: () => 30, colours: false, terminal: true })
    .trimEnd()
    .split('\n')
  expect(new Set(lines.map((line) => cellWidth(line)))).toEqual(new Set([30]))
  expect(lines[3]).toMatch(/^x+… +1 B$/)
  const piped = tableText(columns, rows, { columns: () => 30, colours: false, terminal: false })
  expect(piped).toContain('x'.repeat(60))
})

test('[X8] on a narrow terminal what a thing is called gives way before where it is', () => {
  const columns = [
    { head: 'To', gives: true },
    { head: 'State', gives: 'last' as const },
  ]
  const shown = (cells: number) =>
    tableText(columns, [['somebody@example.org', 'waiting in their mailbox']], {
      ...{ columns: () => cells, colours: false, terminal: true },
    }).split('\n')[1]
  expect(shown(40)).toBe('somebody@exam…  waiting in their mailbox')
  expect(shown(34)).toBe('somebod…  waiting in their mailbox')
  expect(shown(24)).toBe('somebod…  waiting in th…')
})

test('[X12] instants are told next to now', () => {
  const now = Date.parse('2026-05-03T14:02:00Z')
  const when = (instant: string) => whenText(instant, now, 'Europe/Berlin')
  expect(when('2026-05-03T12:00:00.000Z')).toBe('14:00')
  expect(when('2026-05-02T21:59:00.000Z')).toBe('yesterday 23:59')
  expect(when('2026-05-02T22:01:00.000Z')).toBe('00:01')
  expect(when('2026-04-30T12:00:00.000Z')).toBe('30 Apr')
  expect(when('2025-12-24')).toBe('24 Dec 2025')
  expect(when('some day')).toBe('some day')
})

test('[X12] texts are cut by cells with an ellipsis, never within a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, cells) => {
      expect(cellWidth(fitted(text, cells))).toBeLessThanOrEqual(cells)
    }),
  )
  expect(fitted('映画を見る', 7)).toBe('映画を…')
})

test('[HDR9] a text that was made to take long is fit for a terminal as fast as any other of its length', () => {
  expect(printable(`${' '.repeat(300_000)}x`)).toBe(`${' '.repeat(300_000)}x`)
  expect(printable(`a${' \n'.repeat(150_000)}b`)).toBe('a b')
  expect(printable('a \r\n\t b  c\u2028d')).toBe('a b  c\ufffdd')
})
