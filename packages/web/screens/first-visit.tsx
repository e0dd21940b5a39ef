// The first visit: one question, a name. Who has an account already comes in by a code of another device, or by recovery words.

import { isUserName } from '@doorpost/protocol/address'
import { useState } from 'react'
import { useDevice } from '../device.ts'
import { Button } from '../look/button.tsx'
import { Field } from '../look/field.tsx'
import { Mark } from '../look/mark.tsx'
import { go } from '../route.ts'
import { useWords } from '../words/words.ts'
import { arrivalDone, useArrival } from './arrived.ts'
import { ComeBack } from './come-back.tsx'
import { useDoing } from './doing.ts'
import { JoinAccount } from './join-account.tsx'
import { nameFrom } from './name-from.ts'
import { Placard } from './placard.tsx'
import { useServerFacts } from './server-facts.ts'

export function FirstVisit() {
  const arrival = useArrival()
  const [way, setWay] = useState<'name' | 'link' | 'words'>(arrival?.kind === 'device' ? 'link' : 'name')
  const back = () => setWay('name')
  switch (way) {
    case 'name':
      return <AskName onLink={() => setWay('link')} onWords={() => setWay('words')} />
    case 'link':
      return <JoinAccount onBack={back} />
    case 'words':
      return <ComeBack onBack={back} />
  }
}

function AskName({ onLink, onWords }: { readonly onLink: () => void; readonly onWords: () => void }) {
  const words = useWords()
  const device = useDevice()
  const facts = useServerFacts()
  const arrival = useArrival()
  const invited = arrival?.kind === 'device' ? undefined : arrival
  const [name, setName] = useState('')
  const [invitation, setInvitation] = useState(invited?.link ?? '')
  const [pressed, setPressed] = useState(false)
  const { busy, wrong, run, clear } = useDoing()
  const wanted = nameFrom(name)
  const bad = wanted !== '' && !isUserName(wanted) ? words.start.nameBad : undefined
  const domain = facts?.domain ?? location.host
  const needed = facts?.registration === 'invitation'
  const closed = facts?.registration === 'closed' && !invited
  const begin = () =>
    run(async () => {
      await device.signUp({ name: wanted, ...(invitation.trim() !== '' && { invitation: invitation.trim() }) })
      // Signing up by an invitation made whoever invited a contact.
      arrivalDone()
      go('words')
    })
  if (closed) {
    return (
      <Placard main picture={<Mark size={48} />} title={words.start.closedTitle}>
        <p>{words.start.closedSays}</p>
        <Others onLink={onLink} onWords={onWords} />
      </Placard>
    )
  }
  return (
    <Placard main picture={<Mark size={48} />} title={words.start.title}>
      <p>
        {invited?.kind === 'contact' ? words.people.invitedBy(invited.from) : null} {words.start.says}
      </p>
      <form
        className="placard-form"
        onSubmit={(event) => {
          event.preventDefault()
          setPressed(true)
          if (wanted !== '' && bad === undefined) void begin()
        }}
      >
        <Field
          label={words.start.name}
          hint={wanted === '' ? words.start.nameRule : words.start.nameHint(`${wanted}@${domain}`)}
          wrong={bad ?? wrong ?? (pressed && wanted === '' ? words.start.nameRule : undefined)}
          after={<bdi>@{domain}</bdi>}
          value={name}
          autoComplete="username"
          literal
          maxLength={64}
          onChange={(event) => {
            clear()
            setName(event.target.value)
          }}
        />
        {needed && !invited && (
          <Field
            label={words.start.invitation}
            hint={words.start.invitationHint}
            value={invitation}
            autoComplete="off"
            onChange={(event) => setInvitation(event.target.value)}
          />
        )}
        <Button kind="main" wide type="submit" disabled={busy}>
          {busy ? words.start.going : words.start.go}
        </Button>
      </form>
      <Others onLink={onLink} onWords={onWords} />
    </Placard>
  )
}

function Others({ onLink, onWords }: { readonly onLink: () => void; readonly onWords: () => void }) {
  const words = useWords()
  return (
    <div className="placard-others">
      <Button kind="quiet" onClick={onLink}>
        {words.start.have}
      </Button>
      <Button kind="quiet" onClick={onWords}>
        {words.start.haveWords}
      </Button>
    </div>
  )
}
