// Until the recovery words are written down, a line says so, and can be put off for this visit.

import { useState } from 'react'
import { useDeviceState } from '../device.ts'
import { IconButton, LinkButton } from '../look/button.tsx'
import { CloseIcon } from '../look/icons.tsx'
import { href, useRoute } from '../route.ts'
import { useWords } from '../words/words.ts'
import './words-reminder.css'

export function WordsReminder() {
  const words = useWords()
  const state = useDeviceState()
  const [first] = useRoute()
  const [later, setLater] = useState(false)
  // Where the words themselves stand, nobody needs to be sent to them.
  if (later || first === 'words' || state.state !== 'open' || !state.wordsToKeep) return null
  return (
    <div className="words-reminder">
      <p>{words.start.wordsRemind}</p>
      <LinkButton kind="quiet" href={href('words')}>
        {words.start.wordsShow}
      </LinkButton>
      <IconButton name={words.start.wordsLater} onClick={() => setLater(true)}>
        <CloseIcon size={16} />
      </IconButton>
    </div>
  )
}
