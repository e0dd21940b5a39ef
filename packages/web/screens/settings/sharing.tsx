// What others see of you and get from you: presence, read marks, network address, copies.

import { useState } from 'react'
import { useAsked, usePeer } from '../../device.ts'
import { Choices, Field, Switch } from '../../look/field.tsx'
import { useWords } from '../../words/words.ts'
import { useDoing } from '../doing.ts'
import { Part, Wrong } from '../page.tsx'
import { NumberWish } from './number-wish.tsx'
import { WhoList } from './who-list.tsx'
import { useWishes } from './wishes.ts'

/** More than any line a household has, MB/s. */
const RATE_MAX = 100_000

export function Sharing() {
  const { settings } = useWords()
  return (
    <>
      <Presence />
      <Copies />
      <WhoList list="openTo" title={settings.openTo} says={settings.openToSays} />
      <WhoList list="tunnelOnly" title={settings.tunnelOnly} says={settings.tunnelOnlySays} />
    </>
  )
}

type Share = 'all' | 'presence' | 'nothing'

function Presence() {
  const { settings } = useWords()
  const peer = usePeer()
  const { value, again } = useAsked('whoami', {})
  const { value: wishes, change } = useWishes()
  const { wrong, run } = useDoing()
  return (
    <Part>
      {value && (
        <Choices<Share>
          label={settings.presence}
          value={value.share as Share}
          onChoose={(share) =>
            run(async () => {
              await peer.do('presence.share', { share })
              again()
            })
          }
          choices={[
            { value: 'all', name: settings.presenceAll, hint: settings.presenceAllHint },
            { value: 'presence', name: settings.presenceOnly, hint: settings.presenceOnlyHint },
            { value: 'nothing', name: settings.presenceNone, hint: settings.presenceNoneHint },
          ]}
        />
      )}
      <Wrong says={wrong} />
      {wishes && (
        <Switch
          label={settings.marks}
          hint={settings.marksHint}
          on={wishes.marks === 'on'}
          onSwitch={(on) => change({ set: { marks: on ? 'on' : 'off' } })}
        />
      )}
      {wishes && (
        <Switch
          label={settings.tellReceived}
          hint={settings.tellReceivedHint}
          on={wishes.tellReceived === 'on'}
          onSwitch={(on) => change({ set: { tellReceived: on ? 'on' : 'off' } })}
        />
      )}
    </Part>
  )
}

function Copies() {
  const { settings } = useWords()
  const { value, wrong, change } = useWishes()
  if (!value) return null
  const { copies, hours, bytesPerSecond } = value.serve
  return (
    <Part>
      <Switch
        label={settings.copies}
        hint={settings.copiesHint}
        on={copies}
        onSwitch={(on) => change({ set: { serve: { copies: on } } })}
      />
      {copies && <Hours hours={hours} onHours={(next) => change({ set: { serve: { hours: next } } })} />}
      <NumberWish
        label={settings.rate}
        hint={settings.rateHint}
        value={bytesPerSecond / 1e6}
        max={RATE_MAX}
        step="any"
        wrong={wrong}
        onSave={(megabytes) => change({ set: { serve: { bytesPerSecond: Math.round(megabytes * 1e6) } } })}
      />
    </Part>
  )
}

interface Span {
  readonly from: string
  readonly to: string
}

/** At night, when nobody else needs the line. */
const FIRST_SPAN: Span = { from: '22:00', to: '07:00' }

function Hours({
  hours,
  onHours,
}: {
  readonly hours: Span | undefined
  readonly onHours: (hours: Span | null) => Promise<boolean>
}) {
  const { settings } = useWords()
  const [span, setSpan] = useState(hours ?? FIRST_SPAN)
  const put = (next: Span) => {
    setSpan(next)
    // A time field is empty while it is typed.
    if (next.from !== '' && next.to !== '') void onHours(next)
  }
  return (
    <>
      <Choices
        label={settings.hours}
        value={hours ? 'between' : 'always'}
        onChoose={(choice) => onHours(choice === 'always' ? null : span)}
        choices={[
          { value: 'always', name: settings.always },
          { value: 'between', name: settings.between },
        ]}
      />
      {hours && (
        <div className="settings-pair">
          <Field
            label={settings.from}
            type="time"
            value={span.from}
            onChange={(event) => put({ ...span, from: event.target.value })}
          />
          <Field
            label={settings.until}
            type="time"
            value={span.to}
            onChange={(event) => put({ ...span, to: event.target.value })}
          />
        </div>
      )}
    </>
  )
}
