// One line while a newer version of the app waits: nothing changes before its user wants it.

import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { useUpdate } from './service.ts'
import './update-line.css'

export function UpdateLine() {
  const words = useWords().play
  const { waits, takeOver } = useUpdate()
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
