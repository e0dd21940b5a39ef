import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { MoreRows } from './more-rows.tsx'

// Nothing is drawn on a server otherwise, and words have none.
vi.mock('../words/words.ts', async () => {
  const { cards } = await import('../words/en/cards.ts')
  return { useWords: () => ({ cards }) }
})

const drawn = (count: number, step: number) =>
  renderToStaticMarkup(
    createElement(MoreRows<number>, {
      all: Array.from({ length: count }, (_, at) => at),
      step,
      children: (at) => createElement('li', { key: at }, `row ${at}`),
    }),
  )
const rows = (html: string) => html.match(/<li>/g)?.length ?? 0

test('[SYN10] of a list of thousands a hundred rows are drawn, and one press says how many it brings', () => {
  const long = drawn(2_000, 100)
  expect(rows(long)).toBe(100)
  expect(long).toContain('Show 100 more')
  expect(rows(drawn(130, 100))).toBe(100)
  expect(drawn(130, 100)).toContain('Show 30 more')
  expect(rows(drawn(99, 100))).toBe(99)
  expect(drawn(99, 100)).not.toContain('button')
})
