// Those who want to hear of something, in the order they came. One that throws does not keep the others from hearing.

export interface Listeners<T> {
  /** The returned function ends it. */
  readonly add: (listener: (value: T) => void) => () => void
  readonly tell: (value: T) => void
}

export function listeners<T>(): Listeners<T> {
  const all = new Set<{ readonly listener: (value: T) => void }>()
  return {
    add(listener) {
      const entry = { listener }
      all.add(entry)
      return () => void all.delete(entry)
    },
    tell(value) {
      for (const { listener } of all) {
        try {
          listener(value)
        } catch (error) {
          // A listener's own mistake: shown as one, away from the line.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
