// Whether somebody reads at the foot of a box that scrolls, and so follows what comes. Where it then goes is messages.tsx's.

/** This near to the foot, px, a reader follows what comes. */
const FOLLOWS_PX = 120

/** How far down a box can be scrolled, px. */
export function footOf({ scrollHeight, clientHeight }: Pick<Element, 'scrollHeight' | 'clientHeight'>): number {
  return scrollHeight - clientHeight
}

/**
 * `knownFoot`: where its foot was when it was last placed. A browser tells of a scroll before it tells of a size: what grew between a scroll
 * and the word of it took nobody away from the foot.
 */
export function isAtFoot(
  box: Pick<Element, 'scrollHeight' | 'clientHeight' | 'scrollTop'>,
  knownFoot = Number.POSITIVE_INFINITY,
): boolean {
  return Math.min(footOf(box), knownFoot) - box.scrollTop < FOLLOWS_PX
}
