// A link as a QR code of half blocks, for a phone to read from the screen.

import { encodeQR } from 'qr'

/** White around it, modules (ISO/IEC 18004 section 6.3.8). */
const QUIET = 4

export function qrText(text: string): string {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET })
  let drawn = ''
  for (let row = 0; row < rows.length; row += 2) {
    const below = rows[row + 1]
    for (const [column, top] of (rows[row] ?? []).entries()) drawn += block(top, below?.[column] ?? false)
    drawn += '\n'
  }
  return drawn
}

function block(top: boolean, bottom: boolean): string {
  if (top) return bottom ? '█' : '▀'
  return bottom ? '▄' : ' '
}
