// Invitations with which people can sign up: made here, listed with those of everybody, revoked and put back.

import { useState } from 'react'
import type { Operations } from '../device-connection.ts'
import { useAsked, usePeer } from '../device.ts'
import { Badge } from '../look/badge.tsx'
import { Button } from '../look/button.tsx'
import { LinkIcon } from '../look/icons.tsx'
import { toast } from '../look/toast.tsx'
import { CopyButton } from '../screens/copy-button.tsx'
import { useDoing } from '../screens/doing.ts'
import { useNow } from '../screens/now.ts'
import { Part, Wrong } from '../screens/page.tsx'
import { Qr } from '../screens/qr.tsx'
import { troubleText, useFormats } from '../words/words.ts'
import { useAdminWords } from './words.ts'
import '../screens/invite.css'

type Invitation = Operations['admin.invitations']['result']['invitations'][number]

export function Invitations() {
  const { invitations: words } = useAdminWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const { value, trouble, again } = useAsked('admin.invitations', {})
  const { busy, wrong, run } = useDoing()
  const [made, setMade] = useState<Operations['admin.invite']['result']>()
  const make = () =>
    run(async () => {
      setMade(await peer.do('admin.invite', {}))
      again()
    })
  const shown = made && value?.invitations.some(({ tokenHash, used }) => tokenHash === made.tokenHash && !used)
  return (
    <Part title={words.title} says={words.says}>
      {made && shown ? (
        <div className="invite">
          <Qr text={made.link} name={words.qr} />
          <div className="invite-words">
            <p className="invite-link code" dir="ltr">
              {made.link}
            </p>
            <p className="quiet small">
              {words.once} {capital(words.until(formats.when(made.expires, now)))}.
            </p>
            <div className="part-buttons">
              <CopyButton text={made.link} name={words.copy} main focused />
              <Button disabled={busy} onClick={() => void make()}>
                {words.another}
              </Button>
            </div>
          </div>
        </div>
      ) : (
        <div className="part-buttons">
          <Button icon={<LinkIcon />} disabled={busy} onClick={() => void make()}>
            {words.make}
          </Button>
        </div>
      )}
      <Wrong says={wrong ?? (trouble && troubleText(trouble))} />
      {value?.invitations.length === 0 && <p className="quiet">{words.none}</p>}
      <ul className="admin-list">
        {value?.invitations.map((invitation) => (
          <li key={invitation.tokenHash}>
            <InvitationRow invitation={invitation} onChanged={again} />
          </li>
        ))}
      </ul>
    </Part>
  )
}

function InvitationRow({ invitation, onChanged }: { readonly invitation: Invitation; onChanged(): void }) {
  const { invitations: words } = useAdminWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const { tokenHash, expires, by, used } = invitation
  const who = by === undefined ? words.yours : words.by(by)
  const until = words.until(formats.when(expires, now))
  const done = (doing: Promise<unknown>) =>
    doing.then(onChanged, (error: unknown) => toast({ text: troubleText(error) }))
  const revoke = async () => {
    await done(peer.do('admin.revoke', { tokenHash }))
    toast({
      text: words.revoked,
      // A member's cannot be put back in their name.
      ...(by === undefined && { undo: () => void done(peer.do('admin.restore', { tokenHash, expires })) }),
    })
  }
  return (
    <div className="admin-row">
      <div className="admin-row-text">
        <p className="admin-row-title">
          {who}
          {used && <Badge>{words.used}</Badge>}
        </p>
        <p className="quiet small">
          <time dateTime={expires} title={formats.exact(expires)}>
            {until}
          </time>
        </p>
      </div>
      {!used && (
        <div className="admin-row-do">
          <Button kind="quiet" aria-label={words.revokeThat(who, until)} onClick={() => void revoke()}>
            {words.revoke}
          </Button>
        </div>
      )}
    </div>
  )
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
