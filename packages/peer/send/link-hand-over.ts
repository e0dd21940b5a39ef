// Handing a link to another device of its maker's, so that the one that made it may go. At every moment one of them gives it out: the first
// browser owns a link, and two that each took one for the first would have made two owners. So the other fetches and keeps the media, says
// so, and is given the link as it stands in the very step after which the first gives nothing more. Both sides are here.
//
//   first:  asked -> (has) gives, tells give        other:  waits -> fetched, offered: tells has -> (give) gives it out, tells the server
//                 \-> (refused)                             what becomes of it there it tells; what is taken back is told to it

import { type DeviceAddress, deviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import { grantKeys } from '@doorpost/protocol/grant'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { LinkNote } from '@doorpost/protocol/note'
import { pieceLength } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { type LinkStatus, Trouble } from '../operations.ts'
import { copyListKey } from '../receive/copies-given.ts'
import type { RunOutcome } from '../receive/fetch-run.ts'
import type { Fetches } from '../receive/fetches.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { Listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { type GrantRecord, isOpenGrant } from './grant-record.ts'
import type { Grants } from './grants.ts'
import { mediaType } from './media-type.ts'
import { offerKey, type OfferRecord } from './offered.ts'

/** As long as a note may say why not, characters. */
const DETAIL_LENGTH_MAX = 1000

type Said = LinkNote['said']
type Stands = Extract<Said, { step: 'give' }>['stands']

export interface LinkHandOverOptions {
  readonly me: Identity
  readonly clock: Clock
  readonly store: Store
  readonly grants: Pick<Grants, 'record' | 'records' | 'status' | 'create' | 'change' | 'sync' | 'onChange'>
  /** Opened later than this. */
  rooms(): { readonly inbox: Pick<Inbox, 'get' | 'takeOwn'>; readonly fetches: Pick<Fetches, 'ask'> }
  readonly inboxWatchers: Pick<Listeners<InboxRecord>, 'add'>
  /** Where what is taken over lies; absolute. Undefined: this device takes nothing over. */
  readonly keepInto?: string
  tell(to: DeviceAddress, ...notes: LinkNote[]): Promise<void>
  onFault(error: unknown): void
}

export interface LinkHandOver {
  /** `device`: its name. Throws Trouble. */
  ask(what: string, device: string): Promise<LinkStatus>
  /** From a proved device of this very user; false: it is about nothing here. */
  take(from: DeviceAddress, note: LinkNote): Promise<boolean>
  /** A fetch that nobody waits for ended. Answers whether it was for a link. */
  ended(messageId: string, outcome: RunOutcome): boolean
  stop(): void
}

export function createLinkHandOver(options: LinkHandOverOptions): LinkHandOver {
  const { me, clock, store, grants } = options
  const now = () => new Date(clock.nowMs()).toISOString()
  const say = (to: DeviceAddress, messageId: string, said: Said) => options.tell(to, { note: 'link', messageId, said })
  const refuse = (to: DeviceAddress, id: string, detail: string) =>
    say(to, id, { step: 'refused', detail: detail.slice(0, DETAIL_LENGTH_MAX) })
  /** What was told last, by link: the same is not told twice. */
  const told = new Map<string, string>()

  /** What the other device needs to fetch; words stand in the grant, which the browser has. */
  async function contentOf({ id, title, media }: GrantRecord): Promise<LocationMessage> {
    const handles = media.map(async ({ root, name, sizeBytes }) => {
      const offer = await store.get<OfferRecord>('offers', offerKey(id, root))
      if (!offer) throw new Trouble('not-available', 'There is nothing of it to give out any more.')
      const { key } = offer
      return {
        root,
        name,
        sizeBytes,
        key,
        pieceLength: pieceLength(sizeBytes),
        type: mediaType(name),
        sources: [me.address],
      }
    })
    return { ...(title !== undefined && { title }), media: await Promise.all(handles) }
  }

  async function takeOver(from: DeviceAddress, id: string, said: Extract<Said, { step: 'take' }>): Promise<void> {
    const { secret, date, expires, opens } = said.grant
    const { content } = said
    const folder = options.keepInto
    if (folder === undefined) return await refuse(from, id, `${me.device} keeps nothing for others.`)
    const known = grants.record(id)
    if (known && known.of?.from !== from) return
    if (!known) {
      const keys = grantKeys({ secret: fromBase64url(secret), fingerprint: me.fingerprint })
      const record: GrantRecord = {
        id,
        secret,
        fingerprint: me.fingerprint,
        slot: keys.slot,
        accessKey: toBase64url(keys.access.public),
        ...(content.title !== undefined && { title: content.title }),
        date,
        expires,
        ...(opens && { opens }),
        media: content.media.map(({ root, name, sizeBytes }) => ({ root, name, sizeBytes })),
        told: 'nothing',
        stored: [],
        of: { from, waits: true },
      }
      await grants.create(record, [])
    }
    const { inbox, fetches } = options.rooms()
    await inbox.takeOwn({ note: 'sent', messageId: id, to: [], date, expires, acceptedAt: date, content }, from)
    const record = (await inbox.get(id))?.record
    if (!record?.own || record.from !== from) return await refuse(from, id, `${me.device} cannot keep it.`)
    if (record.standing.state === 'ready') return await offer(record)
    try {
      await fetches.ask(id, { folder })
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      await refuse(from, id, error.message)
    }
  }

  /** All of it is here: from now on it could be given out, by the list that was verified. */
  async function offer({ id, media }: InboxRecord): Promise<void> {
    const grant = grants.record(id)
    if (!grant?.of?.waits) return
    const content = (await options.rooms().inbox.get(id))?.content
    const changes: Change[] = []
    for (const { root, sizeBytes, path } of media) {
      const key = content?.media.find((one) => one.root === root)?.key
      const list = await store.get<Uint8Array>('lists-bytes', copyListKey(id, root))
      if (path === undefined || key === undefined || !list) return
      const at = offerKey(id, root)
      changes.push(
        { put: 'offers', key: at, value: { path, sizeBytes, key } satisfies OfferRecord },
        { put: 'lists-bytes', key: at, value: list },
      )
    }
    await store.write(changes)
    await say(grant.of.from, id, { step: 'has' })
  }

  /** In this write, and not after it, this device stops giving it out. */
  async function giveTo(by: DeviceAddress, id: string): Promise<void> {
    const after = await grants.change(id, (record) =>
      record.handed?.to === by && isOpenGrant(record, clock.nowMs())
        ? { ...record, handed: { to: by, at: now(), state: 'gives' } }
        : record,
    )
    if (after?.handed?.state === 'gives') await say(by, id, { step: 'give', stands: standsOf(after) })
  }

  async function hear(from: DeviceAddress, id: string, said: Said): Promise<void> {
    switch (said.step) {
      case 'take':
        return await takeOver(from, id, said)
      case 'has':
        return await giveTo(from, id)
      case 'refused':
        await grants.change(id, (record) =>
          record.handed?.to === from && record.handed.state !== 'gives'
            ? { ...record, handed: { ...record.handed, state: 'refused', detail: said.detail } }
            : record,
        )
        return
      case 'give': {
        await grants.change(id, (record) =>
          record.of?.from === from ? { ...merged(record, said.stands), of: { from } } : record,
        )
        const record = grants.record(id)
        if (record?.of?.from !== from) return
        await grants.sync()
        return await say(from, id, { step: 'stands', stands: standsOf(record) })
      }
      case 'stands':
        await grants.change(id, (record) => {
          const isTheirs = record.handed?.to === from && record.handed.state === 'gives'
          if (isTheirs && record.handed) {
            return { ...merged(record, said.stands), handed: { ...record.handed, confirmed: true } }
          }
          return record.of?.from === from ? merged(record, said.stands) : record
        })
    }
  }

  /** Told by the one who gives it out what becomes of it, and by its maker that it was taken back. */
  async function tellOn(id: string): Promise<void> {
    const record = grants.record(id)
    const isGiven = record?.handed?.state === 'gives'
    const to = record?.of && !record.of.waits ? record.of.from : isGiven ? record?.handed?.to : undefined
    if (!record || to === undefined || (isGiven && record.revokedAt === undefined)) return
    const stands = standsOf(record)
    const text = JSON.stringify(isGiven ? stands.revokedAt : stands)
    if (told.get(id) === text) return
    told.set(id, text)
    await say(to, id, { step: 'stands', stands })
  }

  const inFault = (work: Promise<unknown>) => void work.catch(options.onFault)
  const ends = [
    options.inboxWatchers.add((record) => {
      if (record.standing.state === 'ready' && grants.record(record.id)?.of?.waits) inFault(offer(record))
    }),
    grants.onChange((id) => inFault(tellOn(id))),
  ]
  // It may have been closed between giving and telling.
  for (const { id, handed, ...record } of grants.records()) {
    if (handed?.state !== 'gives' || handed.confirmed) continue
    inFault(say(handed.to, id, { step: 'give', stands: standsOf(record) }))
  }

  return {
    async ask(what, name) {
      const { id } = grants.status(what)
      const to = deviceAddress(me.user, name)
      const isOther = to !== me.address && activeDevices(me.opened.list).some((one) => one.name === name)
      if (!isOther) throw new Trouble('bad-address', `You have no other device called ${name}.`)
      const record = grants.record(id)
      if (!record || record.of || record.handed?.state === 'gives' || !isOpenGrant(record, clock.nowMs())) {
        throw new Trouble('not-available', 'This device does not give it out any more.')
      }
      const content = await contentOf(record)
      const { secret, date, expires, opens } = record
      await grants.change(id, (current) => ({ ...current, handed: { to, at: now(), state: 'asked' } }))
      await say(to, id, { step: 'take', grant: { secret, date, expires, ...(opens && { opens }) }, content })
      return grants.status(id)
    },
    async take(from, { messageId, said }) {
      if (splitDevice(from).user !== me.user || from === me.address) return false
      if (said.step !== 'take' && !grants.record(messageId)) return false
      inFault(hear(from, messageId, said))
      return true
    },
    ended(messageId, outcome) {
      const from = grants.record(messageId)?.of?.from
      if (from === undefined) return false
      if (outcome.kind === 'failed' || outcome.kind === 'changed') {
        inFault(refuse(from, messageId, outcome.trouble.message))
      }
      return true
    },
    stop() {
      for (const end of ends) end()
    },
  }
}

function standsOf({ bound, stored, revokedAt }: Pick<GrantRecord, 'bound' | 'stored' | 'revokedAt'>): Stands {
  return { ...(bound && { bound }), stored: [...stored], ...(revokedAt !== undefined && { revokedAt }) }
}

/** Whose it is stays; what was fetched and taken back adds up. */
function merged(record: GrantRecord, { bound, stored, revokedAt }: Stands): GrantRecord {
  const fresh = stored.filter(
    ({ root }) => record.media.some((one) => one.root === root) && !record.stored.some((one) => one.root === root),
  )
  const owner = record.bound ?? bound
  const ended = record.revokedAt ?? revokedAt
  return {
    ...record,
    ...(owner && { bound: owner }),
    stored: [...record.stored, ...fresh],
    ...(ended !== undefined && { revokedAt: ended }),
  }
}
