// Names and values under each other. Pure.

import { padded } from './cell-width.ts'
import { painted } from './paint.ts'
import { printable } from './printable.ts'

/** One line a pair; pairs without a value are left out. Names line up. */
export function pairsText(
  pairs: readonly (readonly [name: string, value: string | undefined])[],
  screen: { readonly colours: boolean },
): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  const longest = Math.max(0, ...known.map(([name]) => name.length))
  return known
    .map(([name, value]) => `${painted(padded(name, longest), 'dim', screen)}  ${printable(value)}\n`)
    .join('')
}
