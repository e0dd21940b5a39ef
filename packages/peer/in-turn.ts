// One after the other: work on the same state begins when all that came before it has ended, however that went. Work on one document of
// the store is records.ts's.

export interface InTurn {
  /** Begins after everything asked for before it; settles as `work` does. What failed before is its own caller's to know. */
  take<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when everything asked for until now has ended. */
  idle(): Promise<void>
}

export function createInTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take(work) {
      const mine = last.then(work)
      last = mine.catch(() => {})
      return mine
    },
    async idle() {
      await last
    },
  }
}
