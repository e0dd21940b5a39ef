// A list of people and servers in the preferences: who is on it, taking off, adding.

import { useState } from 'react'
import { Button, IconButton } from '../../look/button.tsx'
import { Field } from '../../look/field.tsx'
import { CloseIcon } from '../../look/icons.tsx'
import { ListRow } from '../../look/list-row.tsx'
import { useWords } from '../../words/words.ts'
import { nameOf } from '../names.ts'
import { useMe } from '../oneself.ts'
import { Part } from '../page.tsx'
import { useWishes } from './wishes.ts'

export function WhoList({
  list,
  title,
  says,
}: {
  readonly list: 'priority' | 'junk' | 'openTo' | 'tunnelOnly'
  readonly title: string
  readonly says: string
}) {
  const words = useWords()
  const me = useMe()
  const { value, wrong, busy, change } = useWishes()
  const [typed, setTyped] = useState('')
  if (!value) return null
  const people = value[list]
  return (
    <Part title={title} says={says}>
      {people.length > 0 && (
        <ul className="part-rows">
          {people.map((who) => (
            <li key={who}>
              <ListRow
                title={<bdi>{nameOf(who, me)}</bdi>}
                after={
                  <IconButton
                    name={words.settings.whoRemove(nameOf(who, me))}
                    disabled={busy}
                    onClick={() => void change({ remove: list, who })}
                  >
                    <CloseIcon />
                  </IconButton>
                }
              />
            </li>
          ))}
        </ul>
      )}
      <form
        className="settings-add"
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() === '') return
          void change({ add: list, who: typed.trim().toLowerCase() }).then((held) => {
            if (held) setTyped('')
          })
        }}
      >
        <Field
          label={words.settings.who}
          wrong={wrong}
          value={typed}
          literal
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit" disabled={busy || typed.trim() === ''}>
          {words.settings.whoAdd}
        </Button>
      </form>
    </Part>
  )
}
