// Which contacts a few typed letters mean: every word is somewhere in the address, whatever case and accents. Pure.

export function contactsFound<Line extends { readonly address: string }>(
  lines: readonly Line[],
  typed: string,
): readonly Line[] {
  const words = plain(typed).split(/\s+/u).filter(Boolean)
  return words.length === 0
    ? lines
    : lines.filter(({ address }) => words.every((word) => plain(address).includes(word)))
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
