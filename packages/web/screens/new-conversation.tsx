// Beginning a conversation: contacts to choose from, or an address; several make a group. With `showing` it goes on to what they are shown.
// Files that were dropped before go with it; who has no account gets a link instead.

import { parseAddress } from '@doorpost/protocol/address'
import { useState } from 'react'
import { useCarried } from '../cards/carried.ts'
import { useAsked, usePeer } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { Button, LinkButton } from '../look/button.tsx'
import { Field } from '../look/field.tsx'
import { CloseIcon, LinkIcon } from '../look/icons.tsx'
import { MoreRows } from '../look/more-rows.tsx'
import { href, replaceWith } from '../route.ts'
import { useFormats, useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { Invite } from './invite.tsx'
import { nameOf, othersOf } from './names.ts'
import { useMe } from './oneself.ts'
import { Page, Part } from './page.tsx'
import { usePresence } from './presence.ts'
import './new-conversation.css'

/** Rows at first: who looks for somebody types. */
const ROWS = 100

export function NewConversation({ showing }: { readonly showing: boolean }) {
  const words = useWords()
  const formats = useFormats()
  const { given, letGo, handTo } = useCarried()
  const peer = usePeer()
  const me = useMe()
  const there = usePresence()
  const { value } = useAsked('contacts.list', {}, ['people'])
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [typed, setTyped] = useState('')
  const { busy, wrong, run, clear } = useDoing()
  const search = typed.trim().toLowerCase()
  const contacts = (value ?? []).filter(({ state, address }) => state !== 'blocked' && address !== me)
  const shown = contacts
    .filter(({ address }) => address.includes(search))
    .map((contact) => ({ ...contact, online: there(contact.online) }))
  const toggle = (address: string) => {
    setTyped('')
    clear()
    setChosen(chosen.includes(address) ? chosen.filter((one) => one !== address) : [...chosen, address])
  }
  const written = typed.trim() !== '' && parseAddress(typed.trim()).ok ? fullAddress(typed.trim(), me) : undefined
  const everybody = written !== undefined && !chosen.includes(written) ? [...chosen, written] : chosen
  const open = () =>
    run(async () => {
      const { conversation } = await peer.do('conversation', { with: [...everybody], limit: 1 })
      if (!showing) handTo(othersOf(conversation).map(({ address }) => address))
      replaceWith('with', conversation.id, ...(showing ? ['show'] : []))
    })
  const sends = given.length > 0 && !showing
  const [first] = given
  const carried = given.length === 1 && first ? first.file.name : words.cards.files(given.length)
  const sizeBytes = given.reduce((sum, { file }) => sum + file.size, 0)
  return (
    <Page title={showing ? words.talk.showTitle : sends ? words.talk.blankTitle : words.talk.newTitle}>
      {sends && (
        <Part says={words.talk.carriedSays}>
          <div className="new-chosen">
            <Button icon={<CloseIcon size={16} />} aria-label={words.cards.removeOne(carried)} onClick={letGo}>
              <bdi>{carried}</bdi> · {formats.size(sizeBytes)}
            </Button>
          </div>
        </Part>
      )}
      <form
        className="part"
        onSubmit={(event) => {
          event.preventDefault()
          if (everybody.length > 0) void open()
        }}
      >
        {chosen.length > 0 && (
          <ul className="new-chosen">
            {chosen.map((address) => (
              <li key={address}>
                <Button
                  icon={<CloseIcon size={16} />}
                  aria-label={words.talk.drop1(nameOf(address, me))}
                  onClick={() => toggle(address)}
                >
                  <bdi>{nameOf(address, me)}</bdi>
                </Button>
              </li>
            ))}
          </ul>
        )}
        <Field
          label={words.talk.newWho}
          hint={words.talk.newHint}
          wrong={wrong}
          value={typed}
          literal
          onChange={(event) => {
            clear()
            setTyped(event.target.value)
          }}
        />
        <div className="part-buttons">
          <Button kind="main" type="submit" disabled={busy || everybody.length === 0}>
            {showing
              ? words.talk.showOpen
              : everybody.length === 0
                ? words.talk.open
                : words.talk.newChosen(everybody.length)}
          </Button>
        </div>
      </form>
      <Part title={words.shell.contacts}>
        {value && contacts.length === 0 && <p className="part-says">{words.talk.newNone}</p>}
        <MoreRows all={shown} step={ROWS} className="part-rows">
          {({ address, online, state }) => (
            <li key={address}>
              <label className="list-row list-row-link">
                <Avatar names={[nameOf(address, me)]} online={online === true} />
                <span className="list-row-text">
                  <bdi className="list-row-title">{nameOf(address, me)}</bdi>
                  <span className="list-row-below">
                    {state !== 'mutual' || online === undefined
                      ? words.people.states[state]
                      : online
                        ? words.talk.online
                        : words.talk.away}
                  </span>
                </span>
                <input
                  type="checkbox"
                  className="new-check"
                  checked={chosen.includes(address)}
                  onChange={() => toggle(address)}
                />
              </label>
            </li>
          )}
        </MoreRows>
      </Part>
      {value && contacts.length === 0 && <Invite />}
      {!showing && (
        <Part title={words.talk.byLinkTitle} says={words.link.ownSays}>
          <div className="part-buttons">
            <LinkButton icon={<LinkIcon />} href={href('settings', 'links')} onClick={() => handTo([])}>
              {words.talk.byLink}
            </LinkButton>
          </div>
        </Part>
      )}
    </Page>
  )
}

function fullAddress(typed: string, me: string): string {
  return typed.includes('@') ? typed.toLowerCase() : `${typed.toLowerCase()}${me.slice(me.indexOf('@'))}`
}
