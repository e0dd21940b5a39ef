// Where somebody stopped watching, so that the same film goes on from there. It stays in this browser, for the last films alone.

const KEPT_AS = 'doorpost-positions'
/** Films remembered; the oldest is forgotten. */
const FILMS_MAX = 200
/** Hardly begun, seconds: it begins at the beginning again. */
const BEGUN_S = 10
/** The names at the end: whoever got there has seen it. */
const END_SHARE = 0.97

type Kept = Pick<Storage, 'getItem' | 'setItem'>

export interface Positions {
  /** Seconds; undefined: from the beginning. */
  of(root: string): number | undefined
  remember(root: string, atS: number, durationS: number): void
}

export function createPositions(kept: Kept): Positions {
  const read = (): [string, number][] => {
    try {
      const all: unknown = JSON.parse(kept.getItem(KEPT_AS) ?? '[]')
      return Array.isArray(all) ? all.filter(isPosition) : []
    } catch {
      // Not written by us: begun anew.
      return []
    }
  }
  return {
    of: (root) => read().find(([one]) => one === root)?.[1],
    remember(root, atS, durationS) {
      const others = read().filter(([one]) => one !== root)
      const isBetween = atS >= BEGUN_S && atS < durationS * END_SHARE
      const all = isBetween ? [[root, Math.floor(atS)] as const, ...others] : others
      try {
        kept.setItem(KEPT_AS, JSON.stringify(all.slice(0, FILMS_MAX)))
      } catch {
        // A full or forbidden storage: the film begins at the beginning next time, and that is all.
      }
    },
  }
}

function isPosition(one: unknown): one is [string, number] {
  return Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'number' && Number.isFinite(one[1])
}
