// How a picture's number stands in it: bars from left to right, the lowest bit first, then each once more the other way round, so that a picture
// which is half another is told from a whole one.

export interface CountedFormat {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
}

/** Bits of a number. */
export const NUMBER_BITS = 12
/** Bars in a picture. */
export const BITS = NUMBER_BITS * 2
/** Pictures that can be told apart. */
export const NUMBERS = 2 ** NUMBER_BITS

export function isWhite(number: number, bar: number): boolean {
  const bit = ((number >> (bar % NUMBER_BITS)) & 1) === 1
  return bar < NUMBER_BITS ? bit : !bit
}

/** The number that these bars say; undefined where they say none. */
export function numberOf(whiteAt: (bar: number) => boolean): number | undefined {
  let number = 0
  for (let bit = 0; bit < NUMBER_BITS; bit++) {
    const isOne = whiteAt(bit)
    if (isOne === whiteAt(bit + NUMBER_BITS)) return undefined
    if (isOne) number |= 1 << bit
  }
  return number
}

/** The number in a drawn picture; undefined where none can be read. */
export function numberIn(canvas: HTMLCanvasElement | OffscreenCanvas): number | undefined {
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D | null
  if (!context || canvas.width < BITS) return undefined
  const { data } = context.getImageData(0, Math.floor(canvas.height / 4), canvas.width, 1)
  return numberOf((bar) => (data[Math.floor(((bar + 0.5) * canvas.width) / BITS) * 4] ?? 0) > 128)
}
