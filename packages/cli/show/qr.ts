// A link as a QR code of half blocks, for a phone to read from the screen.

import { createRequire } from 'node:module'

interface QrCode {
  toString(text: string, options: { type: 'utf8'; errorCorrectionLevel: 'M' }): Promise<string>
}

export async function qrText(text: string): Promise<string> {
  // CommonJS, and without types of its own.
  const qrcode = createRequire(import.meta.url)('qrcode') as QrCode
  return `${await qrcode.toString(text, { type: 'utf8', errorCorrectionLevel: 'M' })}\n`
}
