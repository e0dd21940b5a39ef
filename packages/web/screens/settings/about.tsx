// About: where this is, who you are to it, and a check of the connection.

import { useState } from 'react'
import type { Operations } from '../../device-connection.ts'
import { useAsked, usePeer } from '../../device.ts'
import { Badge } from '../../look/badge.tsx'
import { Button } from '../../look/button.tsx'
import { DeviceSays } from '../../look/device-says.tsx'
import { ListRow } from '../../look/list-row.tsx'
import { useLanguage, useWords } from '../../words/words.ts'
import { CopyButton } from '../copy-button.tsx'
import { useDoing } from '../doing.ts'
import { Part, Wrong } from '../page.tsx'

/** Whether others can dial this device is no question: a browser listens nowhere. The device's own sentences are English. */
const isOfBrowsers = ({ name }: { readonly name: string }) => name !== 'direct'

type Check = Operations['doctor']['result']['checks'][number]

export function About() {
  const { settings, look } = useWords()
  const peer = usePeer()
  const { value } = useAsked('whoami', {}, ['line'])
  const [checks, setChecks] = useState<readonly Check[]>()
  const { busy, wrong, run } = useDoing()
  return (
    <>
      {value && (
        <Part>
          <dl className="settings-facts">
            <dt>{settings.address}</dt>
            <dd>{value.address}</dd>
            <dt>{settings.device}</dt>
            <dd>{value.device}</dd>
            <dt>{settings.server}</dt>
            <dd>{value.server}</dd>
          </dl>
          <details className="details">
            <summary>{look.details}</summary>
            <dl className="settings-facts">
              <dt>{settings.fingerprint}</dt>
              <dd className="code" dir="ltr">
                {value.fingerprint}
              </dd>
            </dl>
            <CopyButton text={value.fingerprint} />
          </details>
        </Part>
      )}
      <Part {...(checks && { title: settings.checks })}>
        <ul className="part-rows" aria-live="polite">
          {checks?.filter(isOfBrowsers).map((check) => (
            <li key={check.name}>
              <Checked {...check} />
            </li>
          ))}
        </ul>
        <div className="part-buttons">
          <Button disabled={busy} onClick={() => void run(async () => setChecks((await peer.do('doctor', {})).checks))}>
            {busy ? settings.checking : settings.check}
          </Button>
        </div>
        <Wrong says={wrong} />
      </Part>
      <p className="quiet small">{settings.licence}</p>
    </>
  )
}

function Checked({ name, ok, says, todo }: Check) {
  const { settings } = useWords()
  const names: Readonly<Record<string, string>> = settings.checkNames
  // What is wrong is said as exactly as the device knows it, in whatever language.
  const isExact = useLanguage() === 'en'
  const more = isExact || ok ? todo : [says, todo].filter((part) => part !== undefined).join(' ')
  return (
    <ListRow
      title={<DeviceSays says={says} otherwise={names[name] ?? says} />}
      below={more === undefined ? undefined : <span lang="en">{more}</span>}
      after={<Badge tone={ok ? 'good' : 'warn'}>{ok ? settings.well : settings.notWell}</Badge>}
    />
  )
}
