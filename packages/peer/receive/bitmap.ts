// One bit a piece: which ones are here. Bit 0 is the lowest of the first byte.

export function bitmapOf(count: number): Uint8Array {
  return new Uint8Array(Math.ceil(count / 8))
}

export function hasBit(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}

export function setBit(bits: Uint8Array, index: number): void {
  const at = index >> 3
  if (at >= bits.length) throw new RangeError(`no bit ${index}`)
  bits[at] = (bits[at] as number) | (1 << (index & 7))
}

/** How many of the first `count` bits are set. */
export function countBits(bits: Uint8Array, count: number): number {
  let set = 0
  for (let index = 0; index < count; index++) if (hasBit(bits, index)) set++
  return set
}

/** Every bit set in either. */
export function joinBits(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, at) => byte | (other[at] ?? 0))
}

/** Whether bits beyond `count` are all clear, as in any bitmap made here. */
export function fitsCount(bits: Uint8Array, count: number): boolean {
  if (bits.length !== Math.ceil(count / 8)) return false
  return count % 8 === 0 || (bits.at(-1) as number) >> (count % 8) === 0
}
