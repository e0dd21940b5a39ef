// Makes a name that came from outside safe to write on any of our systems. Pure; numbering names that are taken is
// done where the file is put in place.

/** Longest component, bytes of UTF-8: under every file system's 255 with room for " (2)" and ".part". */
export const NAME_BYTES_MAX = 200

// Control characters, bidi overrides and isolates, zero-width and other characters that show nothing or anything.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
// Separators and what Windows refuses.
const forbidden = /[/\\:*?"<>|]/g
// Device names on Windows, with any extension, and with spaces before it (Naming Files, Paths, and Namespaces).
const reserved = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i

const TRAILING = /[.\s]/u

/** One path component: NFC, nothing invisible, no separators, not `.` or `..`, no reserved name, at most 200 bytes, never empty. */
export function safeComponent(name: string, whenNothingIsLeft = 'unnamed'): string {
  // Normalized after the invisible is gone: what it kept apart may be one character now.
  let safe = name.toWellFormed().replace(invisible, '').replace(forbidden, '_').normalize('NFC')
  // Leading dots hide a file; trailing dots and spaces vanish on Windows, which would undo the checks after this.
  safe = withoutTrailing(safe.replace(/^[.\s]+/u, ''))
  // Shortened first: what keeps a name apart from a device's may be what is left out.
  safe = shorten(safe)
  if (reserved.test(safe)) safe = shorten(`_${safe}`)
  return safe === '' ? whenNothingIsLeft : safe
}

/** The folders and the file name, each safe; joined by the caller with its own separator. */
export function safePath(folder: readonly string[], name: string): string[] {
  return [...folder.map((component) => safeComponent(component, 'folder')), safeComponent(name)]
}

/** `film.mov` as `film (2).mov`. */
export function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? `${name} (${number})` : `${name.slice(0, dot)} (${number})${name.slice(dot)}`
}

/** What two names must differ in to be two files on every system: case and normal form do not count. */
export function collisionKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().toUpperCase()
}

function shorten(name: string): string {
  if (byteLength(name) <= NAME_BYTES_MAX) return name
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 && byteLength(name.slice(dot)) <= 32 ? name.slice(dot) : ''
  const stem = Array.from(extension === '' ? name : name.slice(0, dot))
  let room = NAME_BYTES_MAX - byteLength(extension)
  let kept = ''
  for (const character of stem) {
    room -= byteLength(character)
    if (room < 0) break
    kept += character
  }
  return `${withoutTrailing(kept)}${extension}`
}

/** A walk from the end: `[.\s]+$` begins anew at every space of a name that is spaces but for its last letter. */
function withoutTrailing(name: string): string {
  let end = name.length
  while (end > 0 && TRAILING.test(name[end - 1] ?? '')) end--
  return name.slice(0, end)
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
