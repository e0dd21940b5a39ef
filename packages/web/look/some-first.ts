// The beginning of a list that other people can make long: its rows are drawn as they are asked for, so that nobody's page stands still
// under what others wrote.

import { useState } from 'react'

export interface SomeFirst<One> {
  readonly some: readonly One[]
  /** How many the next asking brings; 0 once all are there. */
  readonly next: number
  showMore(): void
}

/** `step`: rows at first, and with each asking. */
export function useSomeFirst<One>(all: readonly One[], step: number): SomeFirst<One> {
  const [count, setCount] = useState(step)
  return { ...someFirst(all, count, step), showMore: () => setCount(count + step) }
}

/** Pure. */
export function someFirst<One>(all: readonly One[], count: number, step: number): Omit<SomeFirst<One>, 'showMore'> {
  return { some: all.slice(0, count), next: Math.min(step, Math.max(0, all.length - count)) }
}
