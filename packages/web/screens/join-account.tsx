// Makes this browser a device of an account that exists: by the code that the first device shows, and by comparing a number.

import { useEffect, useRef, useState } from 'react'
import { useDevice } from '../device.ts'
import { Field } from '../look/field.tsx'
import { useWords } from '../words/words.ts'
import { arrivalDone, useArrival } from './arrived.ts'
import { useDoing } from './doing.ts'
import { ScanCode } from './scan-code.tsx'
import { StartForm } from './start-form.tsx'

export function JoinAccount({ onBack }: { readonly onBack: () => void }) {
  const words = useWords()
  const device = useDevice()
  const arrival = useArrival()
  const [code, setCode] = useState(arrival?.kind === 'device' ? arrival.link : '')
  const [name, setName] = useState('browser')
  const [fingerprint, setFingerprint] = useState<string>()
  const { busy, wrong, run } = useDoing()
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])
  const join = () => {
    const ends = new AbortController()
    stop.current = ends
    setFingerprint(undefined)
    void run(async () => {
      await device.joinByLink({
        code: code.trim(),
        ...(name.trim() !== '' && { device: name.trim().toLowerCase() }),
        onFingerprint: setFingerprint,
        signal: ends.signal,
      })
      arrivalDone()
    })
  }
  return (
    <StartForm
      title={words.start.linkTitle}
      says={words.start.linkSays}
      does={words.start.linkDo}
      ready={code.trim() !== ''}
      busy={busy}
      onDo={join}
      onBack={onBack}
    >
      <Field
        label={words.start.linkCode}
        wrong={wrong}
        value={code}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        onChange={(event) => setCode(event.target.value)}
      />
      <ScanCode name={words.people.scan} onRead={setCode} />
      <Field
        label={words.start.linkDevice}
        value={name}
        literal
        maxLength={64}
        onChange={(event) => setName(event.target.value)}
      />
      {busy && fingerprint !== undefined && (
        <div className="placard-number" role="status">
          <p>{words.start.linkCompare}</p>
          <p className="code" dir="ltr">
            {fingerprint}
          </p>
        </div>
      )}
    </StartForm>
  )
}
