// Where the focus goes when a player opens in its card and when it closes: the button that was pressed goes with it, and a keyboard or a
// remote would start again at the top of the page. Whoever has the focus elsewhere keeps it.

import { type RefObject, useEffect, useRef } from 'react'

/** For the element around the player. */
export function useStageFocus(isOpen: boolean): RefObject<HTMLDivElement | null> {
  const stage = useRef<HTMLDivElement>(null)
  const card = useRef<Element>(null)
  useEffect(() => {
    if (isOpen) card.current = stage.current?.closest('.card') ?? null
    /** Whether there is nothing more to do. */
    const give = (): boolean => {
      if (document.activeElement !== document.body) return true
      const next = isOpen
        ? stage.current?.querySelector<HTMLElement>('video, audio, button')
        : card.current?.querySelector<HTMLElement>('.card-actions button, .row-end button')
      next?.focus({ preventScroll: true })
      return !!next
    }
    if (give() || !isOpen || !stage.current) return
    // The player's own script may still be on its way.
    const looking = new MutationObserver(() => {
      if (give()) looking.disconnect()
    })
    looking.observe(stage.current, { childList: true, subtree: true })
    return () => looking.disconnect()
  }, [isOpen])
  return stage
}
