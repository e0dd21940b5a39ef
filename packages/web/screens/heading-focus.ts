// Focus goes to the heading of a screen when it opens, so that who listens hears where they are and who uses the keyboard goes on
// from there. Not at the first load: the page begins where browsers begin. What the tab is called is the heading too, and how much is unread.

import { useEffect, useRef, type RefObject } from 'react'

/** The name of the house is the same in every language. */
const APP = 'Doorpost'

let opened = false
let title = APP
let unread = 0

/** `(2) ann · Doorpost`. Pure. */
export function tabTitle(heading: string, unreadMessages: number): string {
  const called = heading === APP ? APP : `${heading} · ${APP}`
  return unreadMessages > 0 ? `(${unreadMessages}) ${called}` : called
}

/** For who has another tab in front, or the installed app behind others. */
export function tellUnread(messages: number): void {
  if (messages === unread) return
  unread = messages
  document.title = tabTitle(title, unread)
  // Where the app is not installed, there is nothing to be marked.
  navigator.setAppBadge?.(unread).catch(() => undefined)
}

/** `called`: another one is another screen. */
export function useHeadingFocus(called: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    title = called
    document.title = tabTitle(title, unread)
    const typing = document.activeElement?.matches('input, textarea') ?? false
    if (opened && !typing) heading.current?.focus({ preventScroll: true })
    setTimeout(() => {
      opened = true
    })
  }, [called])
  return heading
}
