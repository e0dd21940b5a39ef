// The recovery words: shown once they are asked for, never before, and forgotten here when they are written down.

import { useEffect, useState } from 'react'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { go, href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { Page, Part } from './page.tsx'
import './recovery-words.css'

export function RecoveryWords() {
  const words = useWords()
  const device = useDevice()
  const [list, setList] = useState<readonly string[]>()
  const { busy, wrong, run } = useDoing()
  useEffect(() => {
    let here = true
    void device.recoveryWords().then(
      (found) => {
        if (here) setList(found)
      },
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [device])
  return (
    <Page title={words.start.wordsTitle} back={href('settings')}>
      <Part says={words.start.wordsSays}>
        {list && (
          <ol className="recovery-words" dir="ltr" lang="en" translate="no">
            {list.map((word, index) => (
              <li key={`${index} ${word}`}>{word}</li>
            ))}
          </ol>
        )}
        <div className="part-buttons">
          <Button
            kind="main"
            disabled={busy || !list}
            onClick={() =>
              void run(async () => {
                await device.wordsKept()
                go()
              })
            }
          >
            {words.start.wordsDone}
          </Button>
          <Button kind="quiet" onClick={() => go()}>
            {words.start.wordsLater}
          </Button>
        </div>
        {wrong !== undefined && (
          <p className="part-wrong" role="alert">
            {wrong}
          </p>
        )}
      </Part>
    </Page>
  )
}
