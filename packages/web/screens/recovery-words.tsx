// The recovery words: shown once they are asked for, never before, and forgotten here when they are written down.

import { useDevice } from '../device.ts'
import type { DeviceConnection } from '../device-connection.ts'
import { Button } from '../look/button.tsx'
import { go, href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useAnswer } from './answer.ts'
import { useDoing } from './doing.ts'
import { useMe } from './oneself.ts'
import { Page, Part, Wrong } from './page.tsx'
import './recovery-words.css'

const recoveryWords = (device: DeviceConnection) => device.recoveryWords()

export function RecoveryWords() {
  const words = useWords()
  const device = useDevice()
  const me = useMe()
  const list = useAnswer(recoveryWords)
  const { busy, wrong, run } = useDoing()
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
        <p>{words.start.wordsOf(me)}</p>
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
        <Wrong says={wrong} />
      </Part>
    </Page>
  )
}
