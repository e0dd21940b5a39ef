// You and this browser: language, notifications, the lock, recovery words, clearing away.

import { useState } from 'react'
import { useDevice, useDeviceState } from '../../device.ts'
import type { DeviceConnection } from '../../device-connection.ts'
import { Button, LinkButton } from '../../look/button.tsx'
import { Switch } from '../../look/field.tsx'
import { Select } from '../../look/select.tsx'
import { Sheet } from '../../look/sheet.tsx'
import { href } from '../../route.ts'
import { LANGUAGE_NAMES, LANGUAGES } from '../../words/language.ts'
import { chooseLanguage, useLanguage, useWords } from '../../words/words.ts'
import { useAnswer } from '../answer.ts'
import { useClearingAway } from '../clear-away.ts'
import { useDoing } from '../doing.ts'
import { canNotify, useNotifying } from '../notifying.ts'
import { Part, Wrong } from '../page.tsx'

export function Account() {
  return (
    <>
      <Language />
      <Notifications />
      <Lock />
      <Words />
      <Leave />
    </>
  )
}

function Language() {
  const { settings } = useWords()
  const language = useLanguage()
  return (
    <Part>
      <Select
        label={settings.language}
        value={language}
        onChoose={(chosen) => void chooseLanguage(chosen)}
        choices={LANGUAGES.map((value) => ({ value, name: LANGUAGE_NAMES[value] }))}
      />
    </Part>
  )
}

function Notifications() {
  const { settings } = useWords()
  const { on, refused, put } = useNotifying()
  return (
    <Part title={settings.notifications} {...(!canNotify() && { says: settings.notifyNone })}>
      {canNotify() && (
        <Switch
          label={settings.notify}
          hint={refused ? settings.notifyRefused : settings.notifyHint}
          on={on}
          onSwitch={put}
        />
      )}
    </Part>
  )
}

const canProtect = (device: DeviceConnection) => device.canProtect()

function Lock() {
  const { settings } = useWords()
  const device = useDevice()
  const state = useDeviceState()
  const can = useAnswer(canProtect)
  const { busy, wrong, run } = useDoing()
  if (state.state !== 'open' || can === undefined) return null
  const locked = state.protection === 'passkey'
  return (
    <Part
      title={settings.lock}
      says={locked ? settings.lockOn : can ? settings.lockOff : `${settings.lockOff} ${settings.lockNone}`}
    >
      <div className="part-buttons">
        {locked ? (
          <>
            <Button disabled={busy} onClick={() => void run(() => device.lock())}>
              {settings.lockNow}
            </Button>
            <Button kind="bad" disabled={busy} onClick={() => void run(() => device.unprotect())}>
              {settings.lockNot}
            </Button>
          </>
        ) : (
          can && (
            <Button disabled={busy} onClick={() => void run(() => device.protect())}>
              {settings.lockDo}
            </Button>
          )
        )}
      </div>
      <Wrong says={wrong} />
    </Part>
  )
}

function Words() {
  const { settings } = useWords()
  const state = useDeviceState()
  const open = state.state === 'open' && state.wordsToKeep
  return (
    <Part title={settings.words} says={open ? settings.wordsOpen : settings.wordsGone}>
      {open && (
        <div className="part-buttons">
          <LinkButton href={href('words')}>{settings.wordsShow}</LinkButton>
        </div>
      )}
    </Part>
  )
}

export function Leave() {
  const { settings } = useWords()
  const clearAway = useClearingAway()
  const [asked, setAsked] = useState(false)
  const { busy, wrong, run } = useDoing()
  return (
    <Part title={settings.leave} says={settings.leaveSays}>
      {asked ? (
        <Sheet title={settings.leaveDo} onClose={() => setAsked(false)}>
          <p>{settings.leaveLast}</p>
          <div className="part-buttons">
            <Button kind="bad" disabled={busy} onClick={() => void run(clearAway)}>
              {settings.leaveDo}
            </Button>
          </div>
          <Wrong says={wrong} />
        </Sheet>
      ) : (
        <div className="part-buttons">
          <Button kind="bad" onClick={() => setAsked(true)}>
            {settings.leaveDo}
          </Button>
        </div>
      )}
    </Part>
  )
}
