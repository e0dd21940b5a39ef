// What is used of the package `qrcode`, which brings no types of its own.

declare module 'qrcode' {
  const qrcode: {
    toString(text: string, options: { readonly type: 'utf8'; readonly errorCorrectionLevel: 'M' }): Promise<string>
  }
  export = qrcode
}
