// The catalogue is whole: languages have the same keys with words behind them, and screens say nothing that is not in it.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { expect, test } from 'vitest'
import { troubleCodes } from '@doorpost/peer/catalogue/en'
import { de } from './words/de.ts'
import { troubles } from './words/de/troubles.ts'
import { en } from './words/en.ts'

/** `shell.offline`: every leaf, with what kind of leaf it is. */
function leaves(branch: object, before = ''): string[] {
  return Object.entries(branch).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${before}${key}.`)
      : [`${before}${key}: ${typeof value}`],
  )
}

function texts(branch: object): string[] {
  return Object.values(branch).flatMap((value: unknown) =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? texts(value) : [],
  )
}

test('[SCR1] both languages have the same keys, each with words', () => {
  expect(leaves(de)).toEqual(leaves(en))
  for (const words of [...texts(en), ...texts(de)]) expect(words.trim()).not.toBe('')
})

test('[SCR1] whatever goes wrong is said in every language', () => {
  expect(Object.keys(troubles).toSorted()).toEqual(troubleCodes.toSorted())
  for (const says of Object.values(troubles)) expect(says).toMatch(/^[A-ZÄÖÜ].*[.]$/)
})

test('[SCR1] no sentence has an exclamation mark or words for insiders', () => {
  for (const words of [...texts(en), ...texts(de)]) {
    expect(words).not.toMatch(/!/)
    expect(words).not.toMatch(/\b(peer|NAT|ICE|WebRTC|IndexedDB|OPFS)\b/)
  }
})

test('[SCR1] an apostrophe is the printed one, in what is put together too', () => {
  const all = (branch: object): string[] =>
    Object.values(branch).flatMap((value: unknown) =>
      typeof value === 'object' && value !== null ? all(value) : [String(value)],
    )
  for (const words of [...all(en), ...all(de)]) expect(words).not.toMatch(/[\p{L}}]'\p{L}/u)
})

test('[SCR1] German says du to everybody, on every screen', () => {
  for (const words of texts(de))
    expect(words).not.toMatch(/(?<![.:?] |^)\bSie\b|\bIhnen\b|(?<![.:?] |^)\bIhre?[mnrs]?\b/)
})

/** Attributes that are seen or heard. */
const SAID = new Set([
  'aria-label',
  'aria-description',
  'alt',
  'label',
  'name',
  'placeholder',
  'title',
  'hint',
  'wrong',
  'words',
])

test('[SCR1] no screen has words of its own', () => {
  const found: string[] = []
  for (const file of globSync('**/*.tsx', { cwd: import.meta.dirname, exclude: ['dist/**', 'node_modules/**'] })) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    const note = (text: string) => {
      if (/\p{L}/u.test(text)) found.push(`${file}: ${text.trim()}`)
    }
    const visitor = new Visitor({
      JSXText: ({ value }) => note(value),
      JSXAttribute({ name, value }) {
        const isSaid = name.type === 'JSXIdentifier' && SAID.has(name.name)
        // `name` of a form field is not seen; of a component it is.
        const isField = name.type === 'JSXIdentifier' && name.name === 'name' && value?.type === 'Literal'
        if (isSaid && !isField && value?.type === 'Literal') note(String(value.value))
      },
      JSXExpressionContainer({ expression }) {
        if (expression.type === 'Literal' && typeof expression.value === 'string') {
          // Attributes are looked at above.
          if (source.slice(0, expression.start).trimEnd().endsWith('={')) return
          note(expression.value)
        }
      },
    })
    visitor.visit(parseSync(file, source).program)
  }
  expect(found).toEqual([])
})
