import { createElement, Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { atHand } from './at-hand.ts'

test('[PLY40] what is here already stands at once; what is not leaves its place empty until it comes', async () => {
  const { Shown, load } = atHand(
    async () =>
      ({ name }: { readonly name: string }) =>
        name,
  )
  const drawn = () =>
    renderToString(createElement(Suspense, { fallback: 'empty' }, createElement(Shown, { name: 'a film' })))
  expect(drawn()).toContain('empty')
  await load()
  expect(drawn()).toContain('a film')
  expect(drawn()).not.toContain('empty')
})
