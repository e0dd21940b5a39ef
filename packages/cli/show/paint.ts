// Colours, where they are allowed. Never the only sign of anything.

export type Paint = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

const codes: Record<Paint, string> = { bold: '1', dim: '2', green: '32', yellow: '33', red: '31' }

/** ECMA-48 select graphic rendition around the text; the text alone where the screen has no colours. */
export function painted(text: string, paint: Paint, screen: { readonly colours: boolean }): string {
  return screen.colours && text !== '' ? `\u001b[${codes[paint]}m${text}\u001b[0m` : text
}
