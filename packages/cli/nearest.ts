// The name somebody probably meant. Pure.

/** Letters that may be wrong, missing, too many or swapped, for a name to be offered: a third of it, two at most. */
const SLIPS_MAX = 2

/** The known name that is nearest to `written`, or one that it begins; undefined when none is near. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  let best: { name: string; slips: number } | undefined
  for (const name of known) {
    const slips = written.length >= 3 && name.startsWith(written) ? 0 : slipsBetween(written, name)
    const allowed = Math.min(SLIPS_MAX, Math.ceil(name.length / 3))
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { name, slips }
  }
  return best?.name
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function slipsBetween(a: string, b: string): number {
  // Command lines are short; a pasted page must not cost anything.
  if (Math.abs(a.length - b.length) > SLIPS_MAX) return SLIPS_MAX + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] ?? SLIPS_MAX + 1
}
