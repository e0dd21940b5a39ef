// Focus goes to the heading of a screen when it opens, so that who listens hears where they are and who uses the keyboard goes on
// from there. Not at the first load: the page begins where browsers begin.

import { useEffect, useRef, type RefObject } from 'react'

/** The name of the house is the same in every language. */
const APP = 'Doorpost'

let opened = false

/** `title`: another one is another screen. */
export function useHeadingFocus(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = title === APP ? APP : `${title} · ${APP}`
    const typing = document.activeElement?.matches('input, textarea') ?? false
    if (opened && !typing) heading.current?.focus({ preventScroll: true })
    setTimeout(() => {
      opened = true
    })
  }, [title])
  return heading
}
