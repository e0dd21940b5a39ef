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

test('[HDR6] an address leads where it says, in the order of letters in which it says it', () => {
  expect(links('https://bank.example@evil.example/ https://a:b@evil.example')).toEqual([])
  expect(links('https://evil.example/\u202Emoc.knab//:sptth')).toEqual(['https://evil.example/'])
  expect(links('\u202Ehttps://a.example/x\u2066y')).toEqual(['https://a.example/x'])
  expect(links('https://a.example/\u0007x')).toEqual(['https://a.example/'])
  // Nothing of the text is lost for it.
  const text = 'a https://evil.example/\u202Emoc https://x@y.example b'
  expect(
    splitLinks(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
})

test('[HDR9] a text that was written to take long takes no longer than any other', () => {
  for (const end of [')', ']', '.', '.)', '])', ').a', '…']) {
    const text = `http://a/${end.repeat(100_000 / end.length)}`
    const parts = splitLinks(text)
    expect(parts.map((part) => part.text).join('')).toBe(text)
  }
  expect(links('http://a/(x)) http://b/[y]]. http://c/(z http://d/)x')).toEqual([
    'http://a/(x)',
    'http://b/[y]',
    'http://c/(z',
    'http://d/)x',
  ])
})
