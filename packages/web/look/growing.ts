// A place to write that grows with what is written. Browsers that know `field-sizing` do so by themselves (composer.css); for the others
// (Firefox, Safari before 26.2) it is measured after each change.

import { useLayoutEffect, type RefObject } from 'react'

/** How far it grows is its style sheet's. */
export function useGrowing(place: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const area = place.current
    if (!area || CSS.supports('field-sizing', 'content')) return
    // What it needs shows only where it has less.
    area.style.blockSize = 'auto'
    area.style.blockSize = `${area.scrollHeight}px`
  }, [place, text])
}
