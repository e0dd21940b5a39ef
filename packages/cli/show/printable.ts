// Text of other people, made fit for a terminal: titles, names and addresses are whatever somebody wrote, and a terminal
// obeys control characters. Pure.

/** Control characters (C0, DEL, C1), and those that reorder or hide text (bidi controls, zero-width, line separators). */
const hostile =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu

/** One line: whatever a terminal could obey becomes a visible mark. Zero-width joiners within words of scripts that need them are lost, too. */
export function printable(text: string): string {
  return (
    text
      // Run by run: an expression that looks for the line end within one begins anew at each of a hundred thousand spaces.
      .replace(/\s+/g, (run) => (/[\r\n]/.test(run) ? ' ' : run))
      .replace(/\t/g, ' ')
      .replace(hostile, '\ufffd')
  )
}

/** As `printable`, keeping line ends and tabs: the text of a message. */
export function printableText(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/\t/g, '    ').replace(hostile, '\ufffd'))
    .join('\n')
}

/** JSON which says the same and holds none of those characters either: terminals obey them wherever they stand. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(hostile, (found) =>
    // JSON.stringify escaped every C0 character within strings; those that are left are its own line ends.
    found === '\n' ? found : Array.from(found, escapeUnits).join(''),
  )
}

function escapeUnits(character: string): string {
  let escaped = ''
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }
  return escaped
}
