// The safety number of somebody and you, in groups to read out and as a picture to compare.

import { useState } from 'react'
import { safetyNumber } from '@doorpost/protocol/safety-number'
import { useAsked } from '../device.ts'
import { useWords } from '../words/words.ts'
import { nameOf } from './names.ts'
import { Part } from './page.tsx'
import { Qr } from './qr.tsx'
import { ScanCode } from './scan-code.tsx'
import './safety-number.css'

export function SafetyNumber({ address, fingerprint }: { readonly address: string; readonly fingerprint: string }) {
  const words = useWords()
  const { value: me } = useAsked('whoami', {})
  const [seen, setSeen] = useState<string>()
  if (!me) return null
  const name = nameOf(address, me.address)
  const number = safetyNumber({ address, fingerprint }, me)
  return (
    <Part title={words.people.safety} says={words.people.safetySays(name)}>
      <div className="safety">
        <SafetyDigits number={number} />
        <Qr text={number} name={words.people.safetyQr} />
      </div>
      <div role="status">
        {seen !== undefined && (
          <p className={seen === number ? 'safety-same' : 'safety-other'}>
            {seen === number ? words.people.safetySame(name) : words.people.safetyOther(name)}
          </p>
        )}
      </div>
      <ScanCode name={words.people.safetyScan(name)} onRead={setSeen} />
      <details className="details">
        <summary>{words.look.details}</summary>
        <dl>
          <dt>{words.people.theirs(name)}</dt>
          <dd className="code" dir="ltr">
            {fingerprint}
          </dd>
          <dt>{words.people.yours}</dt>
          <dd className="code" dir="ltr">
            {me.fingerprint}
          </dd>
        </dl>
      </details>
    </Part>
  )
}

export function SafetyDigits({ number }: { readonly number: string }) {
  return (
    <p className="safety-digits" dir="ltr">
      {number.split(' ').map((group, index) => (
        <span key={`${index} ${group}`}>{group} </span>
      ))}
    </p>
  )
}
