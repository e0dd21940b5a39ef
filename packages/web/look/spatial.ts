// A television's arrows: which of the things on the screen lies next in a direction. Pure: rectangles in, a number out.
// Keys and focus are spatial-keys.ts's business. After the idea of CSS Spatial Navigation Level 1, section 8.3.

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** How much a step to the side counts against one ahead: rows and columns hold together. */
const SIDE_WEIGHT = 3
/** Boxes that overlap by less than this count as beside each other, px: borders and focus rings. */
const SLACK_PX = 2

/** Index of the box to go to; undefined where nothing lies that way. */
export function nextInDirection(from: Box, boxes: readonly Box[], direction: Direction): number | undefined {
  let best: { readonly index: number; readonly cost: number } | undefined
  for (const [index, box] of boxes.entries()) {
    const cost = costOf(from, box, direction)
    if (cost !== undefined && (best === undefined || cost < best.cost)) best = { index, cost }
  }
  return best?.index
}

/** Undefined for what does not lie that way. */
function costOf(from: Box, to: Box, direction: Direction): number | undefined {
  const ahead = gapAhead(from, to, direction)
  if (ahead === undefined) return undefined
  const sideways = direction === 'left' || direction === 'right'
  const side = sideways
    ? apart(from.top, from.bottom, to.top, to.bottom)
    : apart(from.left, from.right, to.left, to.right)
  const middle = sideways
    ? Math.abs(from.top + from.bottom - to.top - to.bottom) / 2
    : Math.abs(from.left + from.right - to.left - to.right) / 2
  // What stands in line comes before everything else at the same distance; middles decide between those.
  return ahead + side * SIDE_WEIGHT + middle / 100
}

function gapAhead(from: Box, to: Box, direction: Direction): number | undefined {
  const gap = {
    left: from.left - to.right,
    right: to.left - from.right,
    up: from.top - to.bottom,
    down: to.top - from.bottom,
  }[direction]
  return gap < -SLACK_PX ? undefined : Math.max(0, gap)
}

/** How far two stretches are from each other; 0 where they overlap. */
function apart(aFrom: number, aTo: number, bFrom: number, bTo: number): number {
  return Math.max(0, bFrom - aTo, aFrom - bTo)
}
