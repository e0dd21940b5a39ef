// Where the focus goes when a player opens in its card and when it closes: the button that was pressed goes with it, and a keyboard or a
// remote would start again at the top of the page. Whoever has the focus elsewhere keeps it.

import { type RefObject, useEffect, useRef } from 'react'

/** For the element around the player. */
export function useStageFocus(isOpen: boolean): RefObject<HTMLDivElement | null> {
  const stage = useRef<HTMLDivElement>(null)
  const card = useRef<Element>(null)
  useEffect(() => {
    if (isOpen) card.current = stage.current?.closest('.card') ?? null
    if (document.activeElement !== document.body) return
    const next = isOpen
      ? stage.current?.querySelector<HTMLElement>('video, audio, button')
      : card.current?.querySelector<HTMLElement>('.card-actions button, .row-end button')
    next?.focus({ preventScroll: true })
  }, [isOpen])
  return stage
}
