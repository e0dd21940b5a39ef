// Contact requests: who asks, and their text; nothing of theirs is fetched or decoded.

import { doUnlessUndone, useUndoable } from '../cards/undoable.ts'
import { useAsked, usePeer } from '../device.ts'
import type { InboxEntry } from '../device-connection.ts'
import { Avatar } from '../look/avatar.tsx'
import { Button } from '../look/button.tsx'
import { useSomeFirst } from '../look/some-first.ts'
import { toast } from '../look/toast.tsx'
import { go } from '../route.ts'
import { troubleText, useFormats, useWords } from '../words/words.ts'
import { useBlocking } from './blocking.ts'
import { useDoing } from './doing.ts'
import { nameOf } from './names.ts'
import { useNow } from './now.ts'
import { useMe } from './oneself.ts'
import { Page, Part, Wrong } from './page.tsx'
import './requests.css'

/** People at first, and texts of each: anybody may ask, and write again while nobody answers. */
const PEOPLE = 50
const TEXTS = 10

export function Requests() {
  const words = useWords()
  const { value, trouble } = useAsked('inbox', {}, ['inbox', 'people'])
  const { value: contacts } = useAsked('contacts.list', {}, ['people'])
  const asking = bySender(value ?? [])
  // Who approved you by an invitation and wrote nothing asks too.
  const silent = (contacts ?? []).filter(({ address, state }) => state === 'asks' && !asking.has(address))
  const { some, next, showMore } = useSomeFirst(
    [...asking, ...silent.map(({ address }): [string, InboxEntry[]] => [address, []])],
    PEOPLE,
  )
  return (
    <Page title={words.people.requests}>
      <Part says={words.people.requestsSays}>
        {trouble && <p role="alert">{troubleText(trouble)}</p>}
        {value && asking.size === 0 && silent.length === 0 && <p>{words.people.requestsNone}</p>}
        <ul className="requests">
          {some.map(([address, entries]) => (
            <li key={address}>
              <Request address={address} entries={entries} />
            </li>
          ))}
        </ul>
        {next > 0 && (
          <Button kind="quiet" onClick={showMore}>
            {words.cards.more(next)}
          </Button>
        )}
      </Part>
    </Page>
  )
}

function bySender(entries: readonly InboxEntry[]): Map<string, InboxEntry[]> {
  const all = new Map<string, InboxEntry[]>()
  for (const entry of entries) {
    if (entry.state !== 'request') continue
    const theirs = all.get(entry.from)
    if (theirs) theirs.push(entry)
    else all.set(entry.from, [entry])
  }
  return all
}

function Request({ address, entries }: { readonly address: string; readonly entries: readonly InboxEntry[] }) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const me = useMe()
  const peer = usePeer()
  const block = useBlocking()
  const { busy, wrong, run } = useDoing()
  const name = nameOf(address, me)
  const { some, next, showMore } = useSomeFirst(entries, TEXTS)
  const declining = `decline ${address}`
  const isDeclined = useUndoable(declining)
  const decline = async () => {
    for (const { id } of entries) await peer.do('refuse', { id })
    if (entries.length === 0) await peer.do('contacts.remove', { address })
  }
  // It can still be taken back.
  if (isDeclined) return <p className="quiet">{words.people.declined(name)}</p>
  return (
    <article className="request">
      <header className="request-head">
        <Avatar names={[name]} />
        <div>
          <h2>
            <bdi>{address}</bdi>
          </h2>
          {entries[0] && (
            <time className="quiet small" dateTime={entries[0].receivedAt} title={formats.exact(entries[0].receivedAt)}>
              {formats.when(entries[0].receivedAt, now)}
            </time>
          )}
        </div>
      </header>
      {some.map(({ id, text, title }) => (
        <p key={id} className="request-text" dir="auto">
          {text ?? title}
        </p>
      ))}
      {next > 0 && (
        <Button kind="quiet" onClick={showMore}>
          {words.cards.more(next)}
        </Button>
      )}
      <div className="part-buttons">
        <Button
          kind="main"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              const line = await peer.do('contacts.add', { who: address })
              toast({ text: line.state === 'mutual' ? words.people.added(name) : words.people.addedHalf(name) })
              const { conversation } = await peer.do('conversation', { with: [address], limit: 1 })
              go('with', conversation.id)
            })
          }
        >
          {words.people.approve}
        </Button>
        <Button
          disabled={busy}
          onClick={() =>
            doUnlessUndone(
              declining,
              words.people.declined(name),
              () => void decline().catch((error: unknown) => toast({ text: troubleText(error) })),
            )
          }
        >
          {words.people.decline}
        </Button>
        <Button kind="bad" disabled={busy} onClick={() => void run(() => block(address, name))}>
          {words.people.block}
        </Button>
      </div>
      <Wrong says={wrong} />
    </article>
  )
}
