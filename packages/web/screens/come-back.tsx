// Brings an account back by its recovery words.

import { useState } from 'react'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { Field, TextField } from '../look/field.tsx'
import { Mark } from '../look/mark.tsx'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { Placard } from './placard.tsx'
import { useServerFacts } from './server-facts.ts'

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
    <Placard main picture={<Mark size={48} />} title={words.start.recoverTitle}>
      <p>{words.start.recoverSays}</p>
      <form
        className="placard-form"
        onSubmit={(event) => {
          event.preventDefault()
          void run(() => device.recover({ address: address.toLowerCase(), words: written.trim().toLowerCase() }))
        }}
      >
        <Field
          label={words.start.recoverAddress}
          {...(!name.includes('@') && { after: <bdi>@{domain}</bdi> })}
          value={name}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={words.start.recoverWords}
          wrong={wrong}
          value={written}
          rows={3}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setWritten(event.target.value)}
        />
        <Button kind="main" wide type="submit" disabled={busy || name.trim() === '' || written.trim() === ''}>
          {busy ? words.look.loading : words.start.recoverDo}
        </Button>
        <Button kind="quiet" wide onClick={onBack}>
          {words.look.back}
        </Button>
      </form>
    </Placard>
  )
}
