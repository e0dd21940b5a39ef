// What stands there while this tab is not the device: not yet, not here, not any more.

import type { DeviceState } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { Mark } from '../look/mark.tsx'
import { Placard } from './placard.tsx'

export function Opening() {
  const words = useWords()
  return (
    <main className="placard" aria-busy="true">
      <Mark size={48} />
      <h1 className="unseen">{words.shell.opening}</h1>
    </main>
  )
}

export function Elsewhere() {
  const words = useWords()
  const device = useDevice()
  return (
    <Placard main picture={<Mark size={48} />} title={words.shell.elsewhereTitle}>
      <p>{words.shell.elsewhereSays}</p>
      <Button kind="main" onClick={() => void device.takeOver()}>
        {words.shell.takeOver}
      </Button>
    </Placard>
  )
}

export function Closed({ detail, why }: Extract<DeviceState, { state: 'closed' }>) {
  const words = useWords()
  return (
    <Placard main picture={<Mark size={48} />} title={words.shell.closedTitle}>
      <p>{why === undefined ? detail : words.shell.closedBy[why]}</p>
      <Button kind="main" onClick={() => location.reload()}>
        {words.shell.reload}
      </Button>
    </Placard>
  )
}
