// Addresses of web pages inside a text, so that they can be followed. Pure. What is shown is exactly what is opened: an address ends
// where a mark would turn the order of its letters around.

export interface Part {
  readonly text: string
  /** Where it leads; absent for plain text. */
  readonly url?: string
}

const ADDRESS = /https?:\/\/[^\s<>"“”„«»\p{Bidi_Control}\p{Cc}]+/gu
/** Marks that end a sentence, not an address; a closing bracket too, where none was opened. */
const TRAILING = new Set(Array.from(".,;:!?'’…"))
const OPENED_BY: Readonly<Record<string, string>> = { ')': '(', ']': '[' }

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

/** In one walk from the end: a text of a hundred thousand brackets holds nobody up. */
function trimmed(found: string): string {
  const counts = new Map<string, number>()
  for (const sign of found) if ('()[]'.includes(sign)) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  let end = found.length
  for (; end > 0; end--) {
    const sign = found[end - 1] ?? ''
    if (TRAILING.has(sign)) continue
    const opening = OPENED_BY[sign]
    const closed = counts.get(sign) ?? 0
    if (opening === undefined || closed <= (counts.get(opening) ?? 0)) break
    counts.set(sign, closed - 1)
  }
  return found.slice(0, end)
}
