// Contacts: everybody there is, adding one by address or link, inviting one.

import { useDeferredValue, useState } from 'react'
import type { ContactLine } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { Badge } from '../look/badge.tsx'
import { Button } from '../look/button.tsx'
import { Field } from '../look/field.tsx'
import { ListRow } from '../look/list-row.tsx'
import { MoreRows } from '../look/more-rows.tsx'
import { toast } from '../look/toast.tsx'
import { href } from '../route.ts'
import { troubleText, useWords } from '../words/words.ts'
import { contactsFound } from './contacts-found.ts'
import { useDoing } from './doing.ts'
import { Invite } from './invite.tsx'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'
import { Page, Part } from './page.tsx'
import { usePresence } from './presence.ts'
import { ScanCode } from './scan-code.tsx'

/** Rows at first; with as many there is a field to find one in. */
const ROWS = 100
const FIND_FROM = 12

export function Contacts() {
  const words = useWords()
  const { value, trouble } = useAsked('contacts.list', {}, ['people', 'preferences'])
  const [typed, setTyped] = useState('')
  const find = useDeferredValue(typed.trim())
  const all = value?.filter(({ state }) => state !== 'blocked')
  const found = all && contactsFound(all, find)
  const blocked = value?.filter(({ state }) => state === 'blocked') ?? []
  return (
    <Page title={words.people.title}>
      <Part>
        {trouble && <p role="alert">{troubleText(trouble)}</p>}
        {all?.length === 0 && <p className="part-says">{words.people.none}</p>}
        {all && (typed !== '' || all.length >= FIND_FROM) && (
          <Field
            label={words.people.find}
            hint={find === '' ? undefined : words.people.foundCount(found?.length ?? 0)}
            type="search"
            value={typed}
            literal
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        {found && (
          <MoreRows all={found} step={ROWS} className="part-rows">
            {(line) => (
              <li key={line.address}>
                <ContactRow line={line} />
              </li>
            )}
          </MoreRows>
        )}
      </Part>
      <AddContact />
      <Invite />
      {blocked.length > 0 && (
        <Part title={words.people.blockedOnes}>
          <MoreRows all={blocked} step={ROWS} className="part-rows">
            {(line) => (
              <li key={line.address}>
                <ContactRow line={line} />
              </li>
            )}
          </MoreRows>
        </Part>
      )}
    </Page>
  )
}

function ContactRow({ line }: { readonly line: ContactLine }) {
  const words = useWords()
  const me = useMe()
  const name = nameOf(line.address, me)
  const online = usePresence()(line.online)
  const presence =
    line.state !== 'mutual' || online === undefined
      ? words.people.states[line.state]
      : online
        ? words.talk.online
        : words.talk.away
  return (
    <ListRow
      to={href('contacts', line.address)}
      before={<Avatar names={[name]} online={line.state === 'mutual' && online === true} />}
      title={<bdi>{name}</bdi>}
      below={presence}
      after={
        line.state === 'changed' ? (
          <Badge tone="warn">{words.talk.changedShort}</Badge>
        ) : line.preferred === 'first' ? (
          <Badge>{words.people.first}</Badge>
        ) : line.preferred === 'junk' ? (
          <Badge>{words.people.junk}</Badge>
        ) : undefined
      }
    />
  )
}

function AddContact() {
  const words = useWords()
  const peer = usePeer()
  const me = useMe()
  const [who, setWho] = useState('')
  const { busy, wrong, run, clear } = useDoing()
  const add = (whom: string) =>
    run(async () => {
      const line = await peer.do('contacts.add', { who: whom.trim() })
      const name = nameOf(line.address, me)
      toast({ text: line.state === 'mutual' ? words.people.added(name) : words.people.addedHalf(name) })
      setWho('')
    })
  return (
    <Part title={words.people.add}>
      <form
        className="part"
        onSubmit={(event) => {
          event.preventDefault()
          if (who.trim() !== '') void add(who)
        }}
      >
        <Field
          label={words.people.addWho}
          hint={words.people.addHint}
          wrong={wrong}
          value={who}
          literal
          onChange={(event) => {
            clear()
            setWho(event.target.value)
          }}
        />
        <div className="part-buttons">
          <Button type="submit" disabled={busy || who.trim() === ''}>
            {words.people.addDo}
          </Button>
        </div>
      </form>
      <ScanCode
        name={words.people.scan}
        onRead={(text) => {
          setWho(text)
          void add(text)
        }}
      />
    </Part>
  )
}
