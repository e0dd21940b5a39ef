// Opening the keys again with the passkey that locks them; or clearing everything away, where it is lost.

import { useState } from 'react'
import { useDevice, useDeviceState } from '../device.ts'
import { Button } from '../look/button.tsx'
import { LockIcon } from '../look/icons.tsx'
import { Mark } from '../look/mark.tsx'
import { Sheet } from '../look/sheet.tsx'
import { useWords } from '../words/words.ts'
import { useClearingAway } from './clear-away.ts'
import { useDoing } from './doing.ts'
import { Wrong } from './page.tsx'
import { Placard } from './placard.tsx'

export function Unlock() {
  const words = useWords()
  const device = useDevice()
  const clearAway = useClearingAway()
  const state = useDeviceState()
  const [leaving, setLeaving] = useState(false)
  const { busy, wrong, run } = useDoing()
  return (
    <Placard main picture={<Mark size={48} />} title={words.start.lockedTitle}>
      <p>{words.start.lockedSays(state.state === 'locked' ? state.address : '')}</p>
      <Button kind="main" wide icon={<LockIcon />} disabled={busy} onClick={() => void run(() => device.unlock())}>
        {words.start.unlock}
      </Button>
      <Wrong says={wrong} />
      {leaving ? (
        <Sheet title={words.start.another} onClose={() => setLeaving(false)}>
          <p>{words.start.anotherSays}</p>
          <Button kind="bad" disabled={busy} onClick={() => void run(clearAway)}>
            {words.start.anotherDo}
          </Button>
        </Sheet>
      ) : (
        <Button kind="quiet" onClick={() => setLeaving(true)}>
          {words.start.another}
        </Button>
      )}
    </Placard>
  )
}
