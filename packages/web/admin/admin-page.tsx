// The page of whoever runs the server: figures and the plot first, then people, invitations, limits, and what was refused. To everybody else
// there is nothing at this address: the server says so.

import { useEffect } from 'react'
import { useAsked } from '../device.ts'
import { Page } from '../screens/page.tsx'
import { Placard } from '../screens/placard.tsx'
import { Coming } from '../screens/room.tsx'
import { href } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { Invitations } from './invitations.tsx'
import { Limits } from './limits.tsx'
import { Now } from './now.tsx'
import { Plot } from './plot.tsx'
import { Refused } from './refused.tsx'
import { Users } from './users.tsx'
import { useAdminWords } from './words.ts'
import './admin.css'

/** How often what passes is asked for while the page is looked at, ms: its rate is over that time. */
const LOOK_EVERY_MS = 5_000

export function AdminPage() {
  const words = useWords()
  const admin = useAdminWords()
  const formats = useFormats()
  const { value, trouble, again } = useAsked('admin', {}, ['line'])
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') again()
    }, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [again])
  if (!value) {
    if (!trouble) return <Coming />
    const isNobody = trouble.code === 'not-found' || trouble.code === 'not-logged-in'
    return (
      <Placard title={isNobody ? words.shell.lost : troubleText(trouble)}>
        <a href={href()}>{words.shell.toStart}</a>
      </Placard>
    )
  }
  return (
    <Page title={admin.title} back={href('settings')}>
      <div className="admin">
        <p className="admin-of quiet">
          {admin.titleOf(value.domain)} <time dateTime={value.since}>{formats.exact(value.since)}</time>.
        </p>
        <Plot figures={value} />
        <Now now={value.now} />
        <Users />
        <Invitations />
        <Limits />
        <Refused days={value.days} today={value.time.slice(0, 10)} />
      </div>
    </Page>
  )
}
