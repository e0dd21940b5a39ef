// The links that this device made, and who may have what by them: expiry, taking back and the first browser are enforced here, at the
// source, whatever the server lets through. Making one is make-link.ts's; what a browser without an account does is browser/link-*.ts's.

import { type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import { holderAddress, isVouchedFor, pieceProof, slotOfHolder } from '@doorpost/protocol/grant'
import { pieceCount } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { type LinkStatus, Trouble } from '../operations.ts'
import type { Caller, MediaRef, OfferedAnswer, Source } from '../paths/path.ts'
import { recordsOf } from '../records.ts'
import type { Line } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { answerOffer, type GrantPathsOptions } from './grant-paths.ts'
import { type GrantRecord, isGivenHere, isOpenGrant, linkStatusOf, mayHavePiece } from './grant-record.ts'
import { offerDropsOf, offerKey, type OfferRecord } from './offered.ts'
import type { ServedMedia } from './serve.ts'

/** How long a link that is over stays listed, ms. */
const LISTED_MS = 30 * 24 * 3600_000
/** Links remembered; beyond it none is made. The server takes 200 that are open. */
export const GRANTS_MAX = 2000

/** serve: a link holder who may. refuse: one who proved the link, and hears that it is over or another's. silent: nobody knows them. */
export type Welcome = 'serve' | 'refuse' | 'silent'

export interface Grants {
  readonly size: number
  /** In the order they were made. */
  list(): LinkStatus[]
  /** By its id or the beginning of it. Throws Trouble `no-such-message`. */
  status(what: string): LinkStatus
  record(id: string): GrantRecord | undefined
  records(): GrantRecord[]
  /** One write of what `next` makes of it; watchers hear of it where that is something else. Undefined: no such link. */
  change(id: string, next: (record: GrantRecord) => GrantRecord): Promise<GrantRecord | undefined>
  /** The write in which a link comes to be. */
  create(record: GrantRecord, also: readonly Change[]): Promise<void>
  /** Hands it to the server. Throws the server's refusal where it is for good; then nothing of the link is left. */
  deposit(id: string): Promise<void>
  revoke(what: string): Promise<LinkStatus>
  /** The media, when the caller holds a link to it that is open and theirs. */
  find(caller: Caller, media: MediaRef): Promise<ServedMedia | undefined>
  /**
   * What a request through the tunnel makes of its sender, before it is answered: takes the proof by which a browser makes the
   * link its own, and what it says it has. Undefined for those who are no link holders.
   */
  meet(caller: Caller, messageId: string): Promise<Welcome | undefined>
  /** The media, to another device of this user's that was asked to give it out. `isOwn`: whether the caller is one was proved. */
  findFor(caller: Caller, media: MediaRef, isOwn: () => Promise<boolean>): Promise<ServedMedia | undefined>
  /** To whoever owns a link and offers a path, where its maker agreed. Never rejects. */
  offered(caller: Caller, media: MediaRef): Promise<OfferedAnswer>
  /** Tells the server what it does not know yet. */
  sync(): Promise<void>
  expire(): Promise<void>
  onChange(listener: (id: string) => void): () => void
}

export interface GrantsOptions extends Omit<GrantPathsOptions, 'me'> {
  readonly store: Store
  readonly clock: Clock
  readonly me: Pick<Identity, 'user' | 'address' | 'origin' | 'deviceKey'>
  readonly line: Pick<Line, 'call'>
  /** What answers pieces: a proof is compared with the piece as it is given out. */
  source(): Source
  onFault(error: unknown): void
}

export async function openGrants(options: GrantsOptions): Promise<Grants> {
  const { store, clock, me, line } = options
  const records = recordsOf<GrantRecord>(store, 'grants')
  const changes = listeners<string>()
  const domain = domainOf(me.user)
  /** As they are in the store: asked for every piece. */
  const live = new Map((await records.all()).map(({ value }) => [value.id, value]))

  const now = () => new Date(clock.nowMs()).toISOString()
  const status = (record: GrantRecord) => linkStatusOf(record, me.origin, clock.nowMs())

  async function change(
    id: string,
    next: (record: GrantRecord) => GrantRecord,
    also: readonly Change[] = [],
  ): Promise<GrantRecord | undefined> {
    const after = await records.change(id, (current) => current && { value: next(current), also })
    if (!after) return undefined
    live.set(id, after)
    changes.tell(id)
    return after
  }

  function drops({ id, media }: GrantRecord): Change[] {
    return media.flatMap(({ root }) => offerDropsOf(id, root))
  }

  async function forget(record: GrantRecord): Promise<void> {
    await records.change(record.id, () => ({ value: undefined, also: drops(record) }))
    live.delete(record.id)
    changes.tell(record.id)
  }

  function found(what: string): GrantRecord {
    const whole = live.get(what)
    if (whole) return whole
    const [first, second] = what.length < 6 ? [] : [...live.values()].filter(({ id }) => id.startsWith(what))
    if (first && !second) return first
    const shown = what.replace(/\p{C}/gu, '').slice(0, 40)
    throw new Trouble(
      'no-such-message',
      second ? `Several links begin with "${shown}".` : `There is no link "${shown}".`,
      { todo: second ? 'Write more of its id.' : 'doorpost links lists them.' },
    )
  }

  /** The record, when this caller has proved its link. */
  function heldBy(caller: Caller, messageId: string): GrantRecord | undefined {
    const record = live.get(messageId)
    if (
      !record ||
      !isGivenHere(record) ||
      !mayComeBy(caller, record) ||
      caller.address !== holderAddress(record.slot, domain)
    )
      return undefined
    const message = { from: me.address, id: messageId }
    const { vouched } = caller.grant ?? {}
    return vouched !== undefined && isVouchedFor(caller.deviceKey, message, vouched, record.accessKey)
      ? record
      : undefined
  }

  async function offeredOf({ id }: GrantRecord, root: Uint8Array): Promise<ServedMedia | undefined> {
    const key = offerKey(id, toBase64url(root))
    const offer = await store.get<OfferRecord>('offers', key)
    const list = await store.get<Uint8Array>('lists-bytes', key)
    if (!offer || !list) return undefined
    return { path: offer.path, sizeBytes: offer.sizeBytes, key: fromBase64url(offer.key), list, root }
  }

  /** The first browser that has a piece owns the link; what was there before stays. */
  async function bind(caller: Caller, record: GrantRecord): Promise<GrantRecord> {
    const { proof } = caller.grant ?? {}
    const media = record.media.find(({ root }) => root === proof?.root)
    if (!proof || record.bound || !media || pieceCount(media.sizeBytes) === 0) return record
    const ref = { messageId: record.id, root: fromBase64url(proof.root) }
    const piece = await options.source().piece(caller, ref, 0, AbortSignal.timeout(PROOF_MS))
    if (piece.state !== 'here') return record
    const isRight = pieceProof(caller.deviceKey, piece.bytes) === proof.hash
    piece.release()
    if (!isRight) return record
    const bound = { key: toBase64url(caller.deviceKey), at: now() }
    return (
      (await change(record.id, (current) =>
        current.bound || !isGivenHere(current) ? current : { ...current, bound },
      )) ?? record
    )
  }

  async function noteStored(caller: Caller, record: GrantRecord): Promise<void> {
    if (record.bound?.key !== toBase64url(caller.deviceKey)) return
    const isNew = (root: string) =>
      record.media.some((one) => one.root === root) && !record.stored.some((one) => one.root === root)
    const roots = [...new Set(caller.grant?.stored ?? [])].filter(isNew)
    if (roots.length === 0) return
    await change(record.id, (current) => {
      const fresh = roots.filter((root) => !current.stored.some((one) => one.root === root))
      return { ...current, stored: [...current.stored, ...fresh.map((root) => ({ root, at: now() }))] }
    })
  }

  async function tellServer(record: GrantRecord): Promise<void> {
    const { slot, id } = record
    if (record.revokedAt !== undefined) {
      await line.call('REMOVE', `/grants/${slot}`)
      await change(id, ({ heldBack: _now, ...rest }) => ({ ...rest, told: 'revoked' }))
      return
    }
    if (record.of) {
      await line.call('SEND', `/grants/${slot}`)
      await change(id, (current) => ({ ...current, told: 'deposited' }))
      return
    }
    const { accessKey, expires, sealed } = record
    if (sealed === undefined) return
    await line.call('SEND', '/grants', { body: { slot, accessKey, messageId: id, expires, sealed } })
    await change(id, ({ sealed: _given, heldBack: _now, ...rest }) => ({ ...rest, told: 'deposited' }))
  }

  const isDue = ({ told, revokedAt, of }: GrantRecord) =>
    revokedAt === undefined ? told === 'nothing' && !of?.waits : told === 'deposited'

  return {
    get size() {
      return live.size
    },
    list: () => [...live.values()].sort((a, b) => (a.date < b.date ? -1 : 1)).map(status),
    status: (what) => status(found(what)),
    record: (id) => live.get(id),
    records: () => [...live.values()],
    async change(id, next) {
      const before = live.get(id)
      if (!before || next(before) === before) return before
      return await change(id, next)
    },
    async create(record, also) {
      await records.change(record.id, () => ({ value: record, also }))
      live.set(record.id, record)
      changes.tell(record.id)
    },
    async deposit(id) {
      const record = live.get(id)
      if (!record) return
      try {
        await tellServer(record)
      } catch (error) {
        if (error instanceof Refusal && error.again === 'never') {
          await forget(record)
          throw error
        }
        const heldBack = `${(error as Error).message} The link opens when the server has been reached; that happens by itself.`
        await change(id, (current) => ({ ...current, heldBack }))
      }
    },
    async revoke(what) {
      const record = found(what)
      if (record.revokedAt !== undefined) return status(record)
      const revokedAt = now()
      // Here at once; the server's copy follows when it can be reached.
      const after = await change(
        record.id,
        ({ sealed: _never, ...current }) => ({ ...current, revokedAt }),
        drops(record),
      )
      if (record.told === 'deposited' && after) await tellServer(after).catch((error: unknown) => unlessAway(error))
      return status(live.get(record.id) ?? record)
    },
    async find(caller, media) {
      const record = heldBy(caller, media.messageId)
      const root = toBase64url(media.root)
      if (!record || !isOpenGrant(record, clock.nowMs()) || !record.media.some((one) => one.root === root))
        return undefined
      const own = toBase64url(caller.deviceKey)
      if (record.bound && record.bound.key !== own) return undefined
      const offered = await offeredOf(record, media.root)
      return (
        offered && {
          ...offered,
          // Asked again for each piece: what was found may have been taken back, or become somebody's, since.
          has: (index) => mayHavePiece(live.get(record.id), own, index, clock.nowMs()),
        }
      )
    },
    async findFor(caller, media, isOwn) {
      const record = live.get(media.messageId)
      const isAsked = record?.handed?.to === caller.address && isOpenGrant(record, clock.nowMs())
      if (!record || !isAsked || !(await isOwn())) return undefined
      return await offeredOf(record, media.root)
    },
    async offered(caller, { messageId }) {
      const record = caller.via === 'tunnel' ? heldBy(caller, messageId) : undefined
      const isTheirs = record?.bound?.key === toBase64url(caller.deviceKey)
      if (!record || !isTheirs || !isOpenGrant(record, clock.nowMs())) return { state: 'refused' }
      return await answerOffer(caller, record, options)
    },
    async meet(caller, messageId) {
      if (slotOfHolder(caller.address) === undefined) return undefined
      const record = heldBy(caller, messageId)
      if (!record) return 'silent'
      if (!isOpenGrant(record, clock.nowMs())) return 'refuse'
      const after = await bind(caller, record)
      if (after.bound && after.bound.key !== toBase64url(caller.deviceKey)) return 'refuse'
      await noteStored(caller, after)
      return 'serve'
    },
    async sync() {
      for (const record of [...live.values()]) {
        if (isDue(record) && Date.parse(record.expires) > clock.nowMs()) await tellServer(record).catch(unlessAway)
      }
    },
    async expire() {
      const nowMs = clock.nowMs()
      for (const record of [...live.values()]) {
        const endedMs = Date.parse(record.revokedAt ?? record.expires)
        if (endedMs < nowMs - LISTED_MS) await forget(record)
        else if (endedMs < nowMs) await store.write(drops(record))
      }
    },
    onChange: changes.add,
  }

  /** Without a line it is tried again when there is one. */
  function unlessAway(error: unknown): void {
    if (!(error instanceof Trouble) && !(error instanceof Refusal)) options.onFault(error)
  }
}

/** Everybody by the tunnel; its owner by a path that began there, where its maker agreed. */
function mayComeBy({ via, deviceKey }: Caller, { opens, bound }: GrantRecord): boolean {
  return via === 'tunnel' || (via === 'webrtc' && opens === true && bound?.key === toBase64url(deviceKey))
}

/** For reading and encrypting one piece, ms. */
const PROOF_MS = 30_000

function domainOf(user: UserAddress): string {
  return user.slice(user.indexOf('@') + 1)
}
