// Brings an account back by its recovery words.

import { useState } from 'react'
import { useDevice } from '../device.ts'
import { Field, TextField } from '../look/field.tsx'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { useServerFacts } from './server-facts.ts'
import { StartForm } from './start-form.tsx'

export function ComeBack({ onBack }: { readonly onBack: () => void }) {
  const words = useWords()
  const device = useDevice()
  const facts = useServerFacts()
  const [name, setName] = useState('')
  const [written, setWritten] = useState('')
  const { busy, wrong, run } = useDoing()
  const domain = facts?.domain ?? location.host
  const address = name.includes('@') ? name.trim() : `${name.trim()}@${domain}`
  return (
    <StartForm
      title={words.start.recoverTitle}
      says={words.start.recoverSays}
      does={words.start.recoverDo}
      ready={name.trim() !== '' && written.trim() !== ''}
      busy={busy}
      onDo={() =>
        void run(() => device.recover({ address: address.toLowerCase(), words: written.trim().toLowerCase() }))
      }
      onBack={onBack}
    >
      <Field
        label={words.start.recoverAddress}
        {...(!name.includes('@') && { after: <bdi>@{domain}</bdi> })}
        value={name}
        autoComplete="username"
        literal
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={words.start.recoverWords}
        wrong={wrong}
        value={written}
        rows={3}
        literal
        onChange={(event) => setWritten(event.target.value)}
      />
    </StartForm>
  )
}
