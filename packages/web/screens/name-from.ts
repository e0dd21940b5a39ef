// What people type as their name, as it can stand in an address: "Zoë Lind" is zoe.lind.

/** What cannot be written so stays as it is, and is refused by the rule of names. */
export function nameFrom(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/\s+/g, '.')
}
