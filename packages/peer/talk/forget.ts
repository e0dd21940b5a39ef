// What a person forgets on this device: hidden at once, and for a while it can be called back; then the words are dropped. Files
// stay, and what is still to be given out of them; so does the record of what was sent, for its receipts.

import { toBase64url } from '@doorpost/protocol/bytes'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Inbox } from '../receive/inbox.ts'
import { contentKey } from '../receive/inbox-record.ts'
import type { SentRoom } from '../send/sent-room.ts'
import type { Change, Store } from '../store/store.ts'
import type { OwnMessages } from './own-messages.ts'

/** How long it can be called back, ms: long enough to notice, short enough to be rid of it. */
export const RECALL_MS = 10 * 60_000

/** Room `talk`, key `forgotten TOKEN`; and `hidden ID` for each message, as long as anything of it is here. */
interface Forgotten {
  readonly conversation: string
  readonly ids: readonly string[]
  readonly until: string
}

const FORGOTTEN = 'forgotten '
const HIDDEN = 'hidden '

export interface Forget {
  isHidden(id: string): boolean
  hide(conversation: string, ids: readonly string[]): Promise<{ readonly forgotten: string; readonly until: string }>
  /** Throws Trouble `not-available` when its time is over. */
  callBack(token: string): Promise<{ readonly conversation: string; readonly ids: readonly string[] }>
  /** Drops the words of what cannot be called back any more; answers the ids. */
  clear(): Promise<string[]>
  load(): Promise<void>
}

export function createForget(options: {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly inbox: Pick<Inbox, 'get' | 'forget'>
  readonly sent: Pick<SentRoom, 'get'>
  readonly own: Pick<OwnMessages, 'drops'>
}): Forget {
  const { store, clock, inbox } = options
  const hidden = new Set<string>()

  /** Answers whether something of it stays, which is not to be shown. */
  async function clearOne(id: string): Promise<boolean> {
    const received = await inbox.get(id)
    const changes: Change[] = options.own.drops(id)
    if (received && received.record.media.length > 0) {
      // Names and keys are what the file is given out by.
      const wordless: LocationMessage = { media: received.content.media }
      changes.push({ put: 'inbox', key: contentKey(id), value: wordless })
    } else if (received) await inbox.forget(id)
    await store.write(changes)
    return (received?.record.media.length ?? 0) > 0 || (await options.sent.get(id)) !== undefined
  }

  return {
    isHidden: (id) => hidden.has(id),
    async hide(conversation, ids) {
      const forgotten = toBase64url(options.random(16))
      const until = new Date(clock.nowMs() + RECALL_MS).toISOString()
      await store.write([
        { put: 'talk', key: FORGOTTEN + forgotten, value: { conversation, ids, until } satisfies Forgotten },
        ...ids.map((id): Change => ({ put: 'talk', key: HIDDEN + id, value: true })),
      ])
      for (const id of ids) hidden.add(id)
      return { forgotten, until }
    },
    async callBack(token) {
      const found = await store.get<Forgotten>('talk', FORGOTTEN + token)
      if (!found || Date.parse(found.until) < clock.nowMs()) {
        throw new Trouble('not-available', 'It is too late: what was forgotten cannot be called back any more.')
      }
      const { conversation, ids } = found
      await store.write([
        { drop: 'talk', key: FORGOTTEN + token },
        ...ids.map((id): Change => ({ drop: 'talk', key: HIDDEN + id })),
      ])
      for (const id of ids) hidden.delete(id)
      return { conversation, ids }
    },
    async clear() {
      const cleared: string[] = []
      for (const { key, value } of await store.all<Forgotten>('talk', FORGOTTEN)) {
        if (Date.parse(value.until) >= clock.nowMs()) continue
        const gone: string[] = []
        for (const id of value.ids) if (!(await clearOne(id))) gone.push(id)
        await store.write([{ drop: 'talk', key }, ...gone.map((id): Change => ({ drop: 'talk', key: HIDDEN + id }))])
        for (const id of gone) hidden.delete(id)
        cleared.push(...value.ids)
      }
      return cleared
    },
    async load() {
      for (const { key } of await store.all('talk', HIDDEN)) hidden.add(key.slice(HIDDEN.length))
    },
  }
}
