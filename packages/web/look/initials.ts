// What an avatar shows of a name, and in which tone. Pure.

/** Tones that avatar.css has. */
export const TONE_COUNT = 6

/** `anna.berg` is AB, `anna` is AN. Never empty; letters are whole, whatever they are made of. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== '')
  const letters = (word: string) => Array.from(word)
  const [first = '?', second] = words
  const two = second === undefined ? letters(first).slice(0, 2) : [letters(first)[0], letters(second)[0]]
  return two.join('').toLocaleUpperCase()
}

/** The same name always has the same tone (FNV-1a over UTF-16 units). */
export function toneOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  // The low bits of names that differ in one letter are alike; the high ones are not.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % TONE_COUNT
}
