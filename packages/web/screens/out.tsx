// This device is let in no more: what happened, what stays, and the way on.

import { useDeviceState } from '../device.ts'
import { href } from '../route.ts'
import { useFormats, useWords } from '../words/words.ts'
import { useNow } from './now.ts'
import { Page, Part } from './page.tsx'
import { Placard } from './placard.tsx'
import { useRefused } from './refused.ts'
import { Coming } from './room.tsx'
import { Leave } from './settings/account.tsx'

export function Out() {
  const { shell } = useWords()
  const formats = useFormats()
  const now = useNow()
  const state = useDeviceState()
  const online = state.state === 'open' && state.online
  const refused = useRefused(online)
  if (online) return <Placard title={shell.backOnline}>{<a href={href()}>{shell.toStart}</a>}</Placard>
  if (refused?.why === undefined) return <Coming />
  const { title, says, todo } = shell.out[refused.why]
  return (
    <Page title={title}>
      <Part says={says(refused.at === undefined ? '' : shell.outWhen(formats.when(refused.at, now)))}>
        <p className="part-says">{todo}</p>
        <p className="part-says">{shell.outKept}</p>
      </Part>
      <Leave />
    </Page>
  )
}
