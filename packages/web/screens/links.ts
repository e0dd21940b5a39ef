// Addresses of web pages inside a text, so that they can be followed. Pure. What is shown is exactly what is opened: an address ends
// where a mark would turn the order of its letters around.

export interface Part {
  readonly text: string
  /** Where it leads; absent for plain text. */
  readonly url?: string
}

const ADDRESS = /https?:\/\/[^\s<>"“”„«»\p{Bidi_Control}\p{Cc}]+/gu
/** Marks that end a sentence, not an address; a closing bracket too, where none was opened. */
const TRAILING = /[.,;:!?'’…]+$/u

export function splitLinks(text: string): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    const url = trimmed(match[0])
    if (!isPlain(url)) continue
    if (match.index > end) parts.push({ text: text.slice(end, match.index) })
    parts.push({ text: url, url })
    end = match.index + url.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

/** `https://bank.example@evil.example` names one place and leads to another. */
function isPlain(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username === '' && password === ''
}

function trimmed(found: string): string {
  let url = found.replace(TRAILING, '')
  while (/[)\]]$/.test(url) && count(url, url.at(-1) === ')' ? '(' : '[') < count(url, url.at(-1) ?? '')) {
    url = url.slice(0, -1).replace(TRAILING, '')
  }
  return url
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1
}
