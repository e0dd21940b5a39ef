// Who is in a conversation of several, and what can be done with all of it.

import { useAsked } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { Button } from '../look/button.tsx'
import { TrashIcon } from '../look/icons.tsx'
import { ListRow } from '../look/list-row.tsx'
import { href } from '../route.ts'
import { useWords } from '../words/words.ts'
import { useDoing } from './doing.ts'
import { useForgetting } from './forgetting.ts'
import { nameOf } from './names.ts'
import { useMe } from './oneself.ts'
import { Page, Part, Wrong } from './page.tsx'
import { usePresence } from './presence.ts'

export function Group({ id }: { readonly id: string }) {
  const words = useWords()
  const me = useMe()
  const { value } = useAsked('conversation', { id, limit: 1 }, ['talk', 'people'])
  const { busy, wrong, run } = useDoing()
  const there = usePresence()
  const people = value?.conversation.people.map((person) => ({ ...person, online: there(person.online) }))
  const forget = useForgetting()
  return (
    <Page title={words.talk.about} back={href('with', id)}>
      <Part>
        <ul className="part-rows">
          {people?.map(({ address, me: oneself, online, contact }) => (
            <li key={address}>
              <ListRow
                {...(!oneself && { to: href('contacts', address) })}
                before={<Avatar names={[nameOf(address, me)]} online={online === true} />}
                title={<bdi>{oneself ? words.look.you : nameOf(address, me)}</bdi>}
                below={
                  online !== undefined
                    ? online
                      ? words.talk.online
                      : words.talk.away
                    : contact !== undefined && contact !== 'none'
                      ? words.people.states[contact]
                      : undefined
                }
              />
            </li>
          ))}
        </ul>
      </Part>
      <Part>
        <div className="part-buttons">
          <Button kind="bad" icon={<TrashIcon />} disabled={busy} onClick={() => void run(() => forget(id))}>
            {words.talk.forgetAll}
          </Button>
        </div>
        <Wrong says={wrong} />
      </Part>
    </Page>
  )
}
