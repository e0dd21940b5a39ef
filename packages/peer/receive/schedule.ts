// Which piece to ask for next. Pure bookkeeping over piece numbers: no clock, no line, no bytes. One source at a time for now, in
// order; several sources and rarest first will come in here and nowhere else.

export interface Schedule {
  /** The next piece to ask for, now marked as in flight; undefined when all are here or in flight. */
  next(): number | undefined
  /** It is verified and written. */
  landed(index: number): void
  /** It will not come from where it was asked; it goes back to the front. */
  lost(index: number): void
  readonly inFlight: number
  /** Every piece is here. */
  readonly done: boolean
}

/** A schedule over pieces 0 to count - 1; `has` says which are here already and are never given out. */
export function createSchedule(count: number, has: (index: number) => boolean): Schedule {
  const flying = new Set<number>()
  const again: number[] = []
  let cursor = 0
  let here = 0
  for (let index = 0; index < count; index++) if (has(index)) here++
  const land = (index: number): void => {
    if (!flying.delete(index)) throw new Error(`piece ${index} was not in flight`)
  }
  return {
    next() {
      let index = again.shift()
      if (index === undefined) {
        while (cursor < count && has(cursor)) cursor++
        if (cursor >= count) return undefined
        index = cursor++
      }
      flying.add(index)
      return index
    },
    landed(index) {
      land(index)
      here++
    },
    lost(index) {
      land(index)
      const at = again.findIndex((other) => other > index)
      again.splice(at < 0 ? again.length : at, 0, index)
    },
    get inFlight() {
      return flying.size
    },
    get done() {
      return here === count
    },
  }
}
