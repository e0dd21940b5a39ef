// One contact: writing to them, the safety number, their devices, what you prefer of them, and parting.

import { useAsked, usePeer } from '../device.ts'
import type { ContactLine } from '../device-connection.ts'
import { Avatar } from '../look/avatar.tsx'
import { Button } from '../look/button.tsx'
import { BlockIcon, TrashIcon } from '../look/icons.tsx'
import { ListRow } from '../look/list-row.tsx'
import { toast } from '../look/toast.tsx'
import { go, href } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { ContactWishes } from './contact-wishes.tsx'
import { useBlocking } from './blocking.ts'
import { useDoing } from './doing.ts'
import { useForgetting } from './forgetting.ts'
import { KeyChanged } from './key-changed.tsx'
import { nameOf } from './names.ts'
import { useNow } from './now.ts'
import { useMe } from './oneself.ts'
import { usePresence } from './presence.ts'
import { Page, Part, Wrong } from './page.tsx'
import { SafetyNumber } from './safety-number.tsx'
import './contact.css'

export function Contact({ address }: { readonly address: string }) {
  const me = useMe()
  const name = nameOf(address, me)
  const { value, trouble } = useAsked('contacts.list', {}, ['people', 'preferences'])
  const line = value?.find((one) => one.address === address)
  return (
    <Page title={name} back={href('contacts')}>
      {trouble && <p role="alert">{troubleText(trouble)}</p>}
      {line?.state === 'changed' ? (
        <KeyChanged address={address} />
      ) : (
        value && (
          <>
            <Who address={address} name={name} line={line} />
            {line && line.state !== 'blocked' && <SafetyNumber address={address} fingerprint={line.fingerprint} />}
            {line && line.state !== 'blocked' && <ContactWishes address={address} />}
            <Devices address={address} />
            {line && <Parting address={address} name={name} line={line} />}
          </>
        )
      )}
    </Page>
  )
}

function Who({
  address,
  name,
  line,
}: {
  readonly address: string
  readonly name: string
  readonly line: ContactLine | undefined
}) {
  const words = useWords()
  const peer = usePeer()
  const { busy, wrong, run } = useDoing()
  const online = usePresence()(line?.online)
  const write = () =>
    run(async () => {
      const { conversation } = await peer.do('conversation', { with: [address], limit: 1 })
      go('with', conversation.id)
    })
  return (
    <Part>
      <div className="contact-who">
        <Avatar names={[name]} large online={online === true} />
        <span className="list-row-text">
          <bdi className="list-row-title">{address}</bdi>
          <span className="list-row-below">
            {line && words.people.states[line.state]}
            {online !== undefined && `, ${online ? words.talk.online : words.talk.away}`}
          </span>
        </span>
      </div>
      <div className="part-buttons">
        {(!line || line.state === 'asks') && (
          <Button kind="main" disabled={busy} onClick={() => void run(() => peer.do('contacts.add', { who: address }))}>
            {words.talk.addContact}
          </Button>
        )}
        {line?.state !== 'blocked' && (
          <Button kind={line && line.state !== 'asks' ? 'main' : 'plain'} disabled={busy} onClick={() => void write()}>
            {words.people.write}
          </Button>
        )}
      </div>
      <Wrong says={wrong} />
    </Part>
  )
}

function Devices({ address }: { readonly address: string }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const there = usePresence()
  const { value } = useAsked('finger', { address })
  if (!value) return null
  return (
    <Part title={words.people.devices}>
      <ul className="part-rows">
        {value.devices.map(({ name, createdAt, revokedAt, online }) => (
          <li key={`${name} ${createdAt}`}>
            <ListRow
              title={<bdi>{name}</bdi>}
              below={
                revokedAt === undefined
                  ? words.people.deviceSince(formats.when(createdAt, now))
                  : words.people.deviceGone(formats.when(revokedAt, now))
              }
              after={there(online) === undefined ? undefined : online ? words.talk.online : words.talk.away}
            />
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Parting({
  address,
  name,
  line,
}: {
  readonly address: string
  readonly name: string
  readonly line: ContactLine
}) {
  const words = useWords()
  const peer = usePeer()
  const { busy, wrong, run } = useDoing()
  const takeBack = (thing: () => Promise<unknown>) => () =>
    void thing().catch((error: unknown) => toast({ text: troubleText(error) }))
  const block = useBlocking()
  const remove = () =>
    run(async () => {
      await peer.do('contacts.remove', { address })
      toast({ text: words.people.removed(name), undo: takeBack(() => peer.do('contacts.add', { who: address })) })
      go('contacts')
    })
  const forgetAll = useForgetting()
  const forget = () =>
    run(async () => {
      const { conversation } = await peer.do('conversation', { with: [address], limit: 1 })
      await forgetAll(conversation.id)
    })
  return (
    <Part>
      <div className="part-buttons">
        <Button kind="bad" icon={<TrashIcon />} disabled={busy} onClick={() => void forget()}>
          {words.talk.forgetAll}
        </Button>
        {line.state === 'blocked' ? (
          <Button disabled={busy} onClick={() => void run(() => peer.do('contacts.unblock', { address }))}>
            {words.people.unblock}
          </Button>
        ) : (
          <>
            <Button
              kind="bad"
              icon={<BlockIcon />}
              disabled={busy}
              onClick={() => void run(() => block(address, name))}
            >
              {words.people.block}
            </Button>
            {line.state !== 'asks' && (
              <Button kind="bad" disabled={busy} onClick={() => void remove()}>
                {words.people.remove}
              </Button>
            )}
          </>
        )}
      </div>
      <Wrong says={wrong} />
    </Part>
  )
}
