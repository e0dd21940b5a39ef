import { expect, test } from 'vitest'
import { splitLinks } from './links.ts'

const links = (text: string) => splitLinks(text).flatMap(({ url }) => url ?? [])

test('[SCR7] addresses in a text can be followed, without the marks around them', () => {
  expect(links('See https://a.example/x, or (http://b.example/y_(z)). Bye')).toEqual([
    'https://a.example/x',
    'http://b.example/y_(z)',
  ])
})

test('[SCR7] nothing but http and https is an address, and no letter of a text is lost', () => {
  for (const text of ['javascript:alert(1) data:text/html,x', 'https://', 'a https://x.example b', '']) {
    const parts = splitLinks(text)
    expect(parts.map((part) => part.text).join('')).toBe(text)
    for (const { text: shown, url } of parts) if (url !== undefined) expect(url).toBe(shown)
  }
  expect(links('javascript:alert(1) https://')).toEqual([])
})
