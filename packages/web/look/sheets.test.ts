// Style sheets of the app as a whole: what holds for each of them.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const WEB = join(import.meta.dirname, '..')
const sheets = globSync('**/*.css', { cwd: WEB, exclude: ['dist/**', 'node_modules/**'] })

/** Sides of the page where sides of the text are meant. */
const PHYSICAL = /^(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)\b.*|left|right|top|bottom|float)$/

test('[SCR19] sides are those of the text, so that a page from right to left needs nothing of its own', () => {
  expect(sheets.length).toBeGreaterThan(10)
  const found: string[] = []
  for (const sheet of sheets) {
    for (const [, property, value] of readFileSync(join(WEB, sheet), 'utf8').matchAll(/^\s+([a-z-]+): ([^;]+);/gm)) {
      if (PHYSICAL.test(property ?? '')) found.push(`${sheet}: ${property}`)
      if (property === 'text-align' && /left|right/.test(value ?? '')) found.push(`${sheet}: ${property} ${value}`)
    }
  }
  expect(found).toEqual([])
})

/** Contrast of WCAG 2.2, section 1.4.3. */
function contrast(one: string, other: string): number {
  const light = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [a, b] = [light(one), light(other)].toSorted((x, y) => y - x) as [number, number]
  return (a + 0.05) / (b + 0.05)
}

test('[SCR19] ink stands out from every paper it lies on, 4.5 to 1, light and dark', () => {
  const look = readFileSync(join(WEB, 'look/look.css'), 'utf8')
  const schemes = [look.slice(0, look.indexOf('@media')), look.slice(look.indexOf('@media'))]
  for (const scheme of schemes) {
    const colours = new Map([...scheme.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]))
    const of = (name: string) => colours.get(name) ?? ''
    const pairs = [
      ...['ink', 'ink-quiet'].flatMap((ink) =>
        ['paper', 'paper-side', 'paper-raised', 'paper-quiet', 'paper-pressed', 'accent-soft'].map((paper) => [
          ink,
          paper,
        ]),
      ),
      ...['accent', 'good', 'warn', 'bad'].flatMap((ink) =>
        ['paper', 'paper-side', 'paper-raised', `${ink}-soft`].map((paper) => [ink, paper]),
      ),
      ['on-accent', 'accent'],
      ['on-accent', 'accent-strong'],
    ] as [string, string][]
    for (const [ink, paper] of pairs) {
      expect(contrast(of(ink), of(paper)), `${ink} on ${paper}`).toBeGreaterThanOrEqual(4.5)
    }
  }
})
