// What changed, for those who listen: said politely, one thing after another. There is one place for it in the page.

import { useSyncExternalStore } from 'react'

interface Said {
  readonly text: string
  /** The same text twice is said twice. */
  readonly turn: number
}

function createAnnouncer() {
  let said: Said = { text: '', turn: 0 }
  const listeners = new Set<() => void>()
  return {
    say(text: string) {
      said = { text, turn: said.turn + 1 }
      for (const listener of listeners) listener()
    },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    now: () => said,
  }
}

const announcer = createAnnouncer()

/** `announce(words.send.done)`: nobody sees it. */
export function announce(text: string): void {
  announcer.say(text)
}

export function Announcements() {
  const { text, turn } = useSyncExternalStore(announcer.subscribe, announcer.now)
  return (
    <div className="unseen" role="status" aria-live="polite">
      <span key={turn}>{text}</span>
    </div>
  )
}
