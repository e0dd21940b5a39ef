// One line while a newer version of the app waits: nothing changes before its user wants it. Where it stands, the service worker is
// started, once the page has nothing better to do.

import { useEffect } from 'react'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { mediaService, useUpdate } from './service.ts'
import './update-line.css'

/** From the first screen on, ms: its own parts come first. */
const START_AFTER_MS = 1_500

export function UpdateLine() {
  const words = useWords().play
  const { waits, takeOver } = useUpdate()
  useEffect(() => {
    // Without one the app works too; what needs it says so.
    const timer = setTimeout(() => void mediaService.ready().catch(() => {}), START_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!waits) return null
  return (
    <div className="update-line" role="status">
      <span>{words.updateReady}</span>
      <Button kind="quiet" onClick={takeOver}>
        {words.update}
      </Button>
    </div>
  )
}
