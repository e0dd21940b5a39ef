// Asks before a tab is closed that somebody is fetching from: closing it cannot be undone, and the browser alone can ask.

import { useEffect } from 'react'

export function useStayOpen(wanted: boolean): void {
  useEffect(() => {
    if (!wanted) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [wanted])
}
