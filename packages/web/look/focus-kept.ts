// Keeps the focus where buttons come and go with a state: whoever pressed one, or stood on one that a state took away, stands on the
// first of those that are there now, and not at the top of the page.

import { type RefObject, useEffect, useRef } from 'react'

export interface FocusKept {
  readonly ref: RefObject<HTMLDivElement | null>
  readonly onFocus: () => void
  readonly onBlur: () => void
}

/** For the element around the buttons. */
export function useFocusKept(): FocusKept {
  const ref = useRef<HTMLDivElement>(null)
  const held = useRef(false)
  useEffect(() => {
    if (!held.current || document.activeElement !== document.body) return
    ref.current?.querySelector<HTMLElement>('button:enabled')?.focus({ preventScroll: true })
  })
  return {
    ref,
    onFocus: () => {
      held.current = true
    },
    // React hears no blur of what it takes away itself.
    onBlur: () => {
      held.current = false
    },
  }
}
