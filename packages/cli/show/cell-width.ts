// How many cells of a terminal a text takes: East Asian wide characters and emoji take two, marks none (Unicode TR 11,
// in the measure that names of films need). Pure.

/** Made where it is needed: it costs 10 ms, and most texts are ASCII. */
const graphemesOf = (text: string) => new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

export function cellWidth(text: string): number {
  // Nearly every text is ASCII, and takes a cell a character.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let cells = 0
  for (const { segment } of graphemesOf(text)) cells += widthOf(segment)
  return cells
}

/** The beginning of a text in at most `cells` cells, with an ellipsis where something was cut. */
export function fitted(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text
  let fits = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    const width = widthOf(segment)
    if (used + width > cells - 1) break
    fits += segment
    used += width
  }
  return cells < 1 ? '' : `${fits}…`
}

/** Filled with spaces to `cells` cells. */
export function padded(text: string, cells: number, side: 'left' | 'right' = 'right'): string {
  const fill = ' '.repeat(Math.max(0, cells - cellWidth(text)))
  return side === 'right' ? text + fill : fill + text
}

function widthOf(segment: string): number {
  if (wide.test(segment) || /\p{Emoji_Presentation}/u.test(segment)) return 2
  return /^[\p{Mn}\p{Me}]+$/u.test(segment) ? 0 : 1
}
