// Names of files as other people wrote them, for the eye: without marks that turn the order of letters around, by which `gpj.exe` is read
// as `exe.jpg`. What is written to a disk is made safe more thoroughly (protocol/file-name.ts). Pure.

/** UAX #9 section 2, and control characters (also the separators of lines and paragraphs). */
const TURNING = /[\p{Bidi_Control}\p{Cc}\u2028\u2029]/gu

export function shownName(name: string): string {
  return name.replace(TURNING, '')
}
