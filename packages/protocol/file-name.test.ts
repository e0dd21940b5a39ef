import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collisionKey, NAME_BYTES_MAX, numbered, safeComponent, safePath } from './file-name.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text).length

test('[N10] hostile names become safe ones', () => {
  const table: [string, string][] = [
    ['../../x', '_.._x'],
    ['..\\..\\x', '_.._x'],
    ['/etc/passwd', '_etc_passwd'],
    ['C:\\Windows\\x.dll', 'C__Windows_x.dll'],
    ['..', 'unnamed'],
    ['.', 'unnamed'],
    ['...', 'unnamed'],
    ['', 'unnamed'],
    ['   ', 'unnamed'],
    ['\0', 'unnamed'],
    ['\u3164', 'unnamed'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['Con .txt', '_Con .txt'],
    ['nul', '_nul'],
    ['COM1.tar.gz', '_COM1.tar.gz'],
    ['lpt¹', '_lpt¹'],
    ['conin$', '_conin$'],
    ['console', 'console'],
    ['com10', 'com10'],
    ['\u200bCON\u200b', '_CON'],
    ['CON. ', '_CON'],
    ['film\u202egpj.exe', 'filmgpj.exe'],
    ['\u2066film\u2069.mov', 'film.mov'],
    ['film.mov\0.exe', 'film.mov.exe'],
    ['film\r\n.mov', 'film.mov'],
    ['film.mov...', 'film.mov'],
    ['film.mov . .', 'film.mov'],
    ['film.mov.\u00a0', 'film.mov'],
    ['  film.mov  ', 'film.mov'],
    ['.bashrc', 'bashrc'],
    ['. .bashrc', 'bashrc'],
    ['.\u200b.bashrc', 'bashrc'],
    ['a<b>c:d"e|f?g*h', 'a_b_c_d_e_f_g_h'],
    ['Cafe\u0301.mov', 'Café.mov'],
    ['e\u200d\u0301', 'é'],
    ['\ud800x', '\ufffdx'],
    ['夏の映画.mp4', '夏の映画.mp4'],
    ['🎥 take 2.mov', '🎥 take 2.mov'],
  ]
  for (const [hostile, safe] of table) expect(safeComponent(hostile), JSON.stringify(hostile)).toBe(safe)
})

test('[N11] a name of 4 KiB is cut to 200 bytes between characters, and keeps its extension', () => {
  const film = safeComponent(`${'ä'.repeat(2048)}.mov`)
  expect(bytesOf(film)).toBe(NAME_BYTES_MAX)
  expect(film).toMatch(/^ä+\.mov$/)
  expect(safeComponent(`${'x'.repeat(195)}  . . ${'y'.repeat(300)}`)).toBe('x'.repeat(195))
  const long = safeComponent(`film.${'z'.repeat(4096)}`)
  expect(bytesOf(long)).toBe(NAME_BYTES_MAX)
  expect(bytesOf(safeComponent('🎥'.repeat(1024)))).toBe(NAME_BYTES_MAX)
})

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...[
        '.',
        ' ',
        '/',
        '\\',
        ':',
        '\0',
        '\u202e',
        '\u200d',
        '\u0301',
        'e',
        'CON',
        'nul',
        '\u00a0',
        '\u3164',
        '🎥',
        '\ud800',
        '¹',
        '\u034f',
      ],
    ),
    fc.integer({ min: 0, max: 0x10_ffff }).map((point) => String.fromCodePoint(point)),
  ),
  maxLength: 300,
})

test('[N10] whatever the name, the safe one is NFC, shows all it has, and is no path, dot, reserved or hidden name', () => {
  fc.assert(
    fc.property(nasty, (name) => {
      const safe = safeComponent(name)
      expect(safe).not.toBe('')
      expect(safe.normalize('NFC')).toBe(safe)
      expect(safe.isWellFormed()).toBe(true)
      expect(safe).not.toMatch(/[/\\:*?"<>|]/)
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
      expect(safe).not.toMatch(/^[.\s]|[.\s]$/u)
      expect(safe).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)/i)
      expect(bytesOf(safe)).toBeLessThanOrEqual(NAME_BYTES_MAX)
      expect(safeComponent(safe)).toBe(safe)
    }),
    { numRuns: 500 },
  )
})

test('[N12] a path is made safe component by component: nothing in it can lead elsewhere', () => {
  expect(safePath(['..', 'Day 1', '/'], '../x')).toEqual(['folder', 'Day 1', '_', '_x'])
  expect(safePath([], 'film.mov')).toEqual(['film.mov'])
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 5 }), nasty, (folder, name) => {
      const path = safePath(folder, name)
      expect(path).toHaveLength(folder.length + 1)
      for (const component of path) expect(safeComponent(component)).toBe(component)
    }),
  )
})

test('[N13] a number goes before the extension', () => {
  const table: [string, string][] = [
    ['film.mov', 'film (2).mov'],
    ['film', 'film (2)'],
    ['a.tar.gz', 'a.tar (2).gz'],
    ['.hidden', '.hidden (2)'],
  ]
  for (const [name, second] of table) expect(numbered(name, 2)).toBe(second)
})

test('[N13] names that differ in case or normal form only collide', () => {
  const same: [string, string][] = [
    ['Film.MOV', 'film.mov'],
    ['Café', 'Cafe\u0301'],
    ['straße', 'STRASSE'],
    ['ﬁlm', 'film'],
    ['Å', '\u212b'],
  ]
  for (const [one, other] of same) expect(collisionKey(one), one).toBe(collisionKey(other))
  expect(collisionKey('film1')).not.toBe(collisionKey('film2'))
})

test('[HDR9] a name that was made to take long is made safe as fast as any other of its length', () => {
  for (const [name, safe] of [
    [`a${' '.repeat(300_000)}b`, 'a'],
    [`a${'. '.repeat(150_000)}b`, 'a. b'],
    // What is left of it is a device of Windows, which it was not before.
    [`con${' '.repeat(300_000)}x`, '_con'],
    ['.'.repeat(300_000), 'unnamed'],
  ] as const) {
    expect(safeComponent(name)).toBe(safe)
  }
})
