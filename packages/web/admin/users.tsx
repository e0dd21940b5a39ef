// The people of this server: found by how their names begin, closed, removed, and taken back.

import { useState } from 'react'
import { dayOf } from '@doorpost/protocol/day'
import type { Operations } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Avatar } from '../look/avatar.tsx'
import { Badge } from '../look/badge.tsx'
import { Button } from '../look/button.tsx'
import { Field } from '../look/field.tsx'
import { useFocusKept } from '../look/focus-kept.ts'
import { toast } from '../look/toast.tsx'
import { useNow } from '../screens/now.ts'
import { Part } from '../screens/page.tsx'
import type { Formats } from '../words/formats.ts'
import { troubleText, useFormats } from '../words/words.ts'
import { useAdminWords } from './words.ts'

/** Days that people count; those before are dates. */
const DAYS_COUNTED = 6

type User = Operations['admin.users']['result']['users'][number]

export function Users() {
  const { users } = useAdminWords()
  const [begin, setBegin] = useState('')
  const [afters, setAfters] = useState<readonly string[]>([])
  return (
    <Part title={users.title} says={users.adminsHint}>
      <Field
        label={users.find}
        type="search"
        className="admin-find"
        value={begin}
        literal
        onChange={(event) => {
          setBegin(event.target.value)
          setAfters([])
        }}
      />
      <div className="admin-list">
        {[undefined, ...afters].map((after, index) => (
          <UserPage
            key={after ?? ''}
            begin={begin.trim()}
            after={after}
            isLast={index === afters.length}
            onMore={(last) => setAfters([...afters, last])}
          />
        ))}
      </div>
    </Part>
  )
}

function UserPage({
  begin,
  after,
  isLast,
  onMore,
}: {
  readonly begin: string
  readonly after: string | undefined
  readonly isLast: boolean
  onMore(last: string): void
}) {
  const { users } = useAdminWords()
  const { value, trouble, again } = useAsked('admin.users', {
    ...(begin !== '' && { begin }),
    ...(after !== undefined && { after }),
  })
  if (trouble) return <p role="alert">{troubleText(trouble)}</p>
  if (!value) return null
  const last = value.users.at(-1)
  return (
    <>
      {value.users.length === 0 && <p className="quiet">{users.none}</p>}
      <ul>
        {value.users.map((user) => (
          <li key={user.name}>
            <UserRow user={user} onChanged={again} />
          </li>
        ))}
      </ul>
      {isLast && value.more && last && (
        <div className="part-buttons">
          <Button onClick={() => onMore(last.name)}>{users.more}</Button>
        </div>
      )}
    </>
  )
}

function UserRow({ user, onChanged }: { readonly user: User; onChanged(): void }) {
  const { users } = useAdminWords()
  const formats = useFormats()
  const peer = usePeer()
  const now = useNow()
  const kept = useFocusKept()
  const { name, standing } = user
  const did = { closed: users.didClose, removed: users.didRemove, open: users.didOpen }
  const put = (wanted: User['standing']) =>
    peer
      .do('admin.stand', { name, standing: wanted })
      .then(onChanged, (error: unknown) => toast({ text: troubleText(error) }))
  const change = async (wanted: User['standing']) => {
    await put(wanted)
    toast({ text: did[wanted](name), undo: () => void put(standing) })
  }
  const seen = user.seen === undefined ? users.neverSeen : users.seen(dayAgo(user.seen, now, formats))
  return (
    <div className="admin-row">
      <Avatar names={[name]} />
      <div className="admin-row-text">
        <p className="admin-row-title">
          <bdi>{name}</bdi>
          {user.admin && <Badge>{users.admin}</Badge>}
          {standing === 'closed' && <Badge tone="warn">{users.closed}</Badge>}
          {standing === 'removed' && (
            <Badge tone="bad">{users.removed(formats.when(user.forgottenAt ?? '', now))}</Badge>
          )}
        </p>
        <p className="quiet small">
          {[
            users.since(formats.when(user.createdAt, now)),
            seen,
            users.devices(user.devices),
            user.messages === 0 ? users.noMail : users.mail(user.messages, formats.size(user.bytes)),
          ].join(' · ')}
        </p>
      </div>
      {!user.admin && (
        <div className="admin-row-do" {...kept}>
          {standing === 'open' && (
            <Button kind="quiet" aria-label={users.closeOf(name)} onClick={() => void change('closed')}>
              {users.close}
            </Button>
          )}
          {standing === 'closed' && (
            <Button kind="quiet" aria-label={users.openOf(name)} onClick={() => void change('open')}>
              {users.open}
            </Button>
          )}
          {standing === 'removed' ? (
            <Button kind="quiet" aria-label={users.backOf(name)} onClick={() => void change('open')}>
              {users.back}
            </Button>
          ) : (
            <Button kind="quiet" aria-label={users.removeOf(name)} onClick={() => void change('removed')}>
              {users.remove}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

/** `today`, `3 days ago`, `3 May`: of a day in UTC, which is as fine as anybody is told. */
function dayAgo(day: string, nowMs: number, { locale, when }: Formats): string {
  const days = dayOf(nowMs) - dayOf(Date.parse(day))
  if (days < 0 || days > DAYS_COUNTED) return when(`${day}T12:00:00.000Z`, nowMs)
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day')
}
