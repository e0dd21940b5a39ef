// What is used of the package `qrcode`, which brings no types of its own.

declare module 'qrcode' {
  const qrcode: {
    create(
      text: string,
      options: { readonly errorCorrectionLevel: 'M' },
    ): { readonly modules: { readonly size: number; get(row: number, column: number): number } }
  }
  export default qrcode
}
