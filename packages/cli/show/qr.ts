// A link as a QR code of half blocks, for a phone to read from the screen.

import qrcode from 'qrcode'

export async function qrText(text: string): Promise<string> {
  return `${await qrcode.toString(text, { type: 'utf8', errorCorrectionLevel: 'M' })}\n`
}
