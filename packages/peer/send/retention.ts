// Archives or deletes sent copies when everybody has them, and takes files into Doorpost's own folder: writes the intention
// down, acts, writes down that it is done. Each act can be begun again after a crash at any point, so that a file is never
// lost and never touched before its time. What follows what is retention-state.ts's.

import { fromBase64url } from '@doorpost/protocol/bytes'
import { pieceCount } from '@doorpost/protocol/piece-list'
import type { Clock } from '../clock.ts'
import type { Change, Store } from '../store/store.ts'
import { type FileStamp, type MediaFile, SourceAway, SourceChanged } from './media-file.ts'
import type { Offer } from './offer.ts'
import { offerDropsOf, offerKey, offerMoved, type OfferRecord } from './offered.ts'
import { createPieceBuffers } from './piece-buffers.ts'
import type { PieceCrypto } from './piece-crypto.ts'
import {
  copyKey,
  everybodyHasIt,
  isIntention,
  nextCopy,
  ruleFor,
  type SentCopy,
  type WhenFetched,
} from './retention-state.ts'
import type { SentRecord } from './sent.ts'
import type { SentRoom } from './sent-room.ts'
import { servePiece } from './serve.ts'

/** What moving and deleting needs of a disk. node/retention-files.ts does it. Each throws SourceAway for a drive that is not there. */
export interface RetentionFiles {
  open(path: string): Promise<MediaFile>
  /**
   * Gives the file at `from` a place in `folder` (made where there is none) as well, under its own name or that name numbered: by a
   * second name where the file system can, else by a copy that is synced and for which `check` resolved. `work` names the act: after
   * a crash the same act ends with the same one file. Nothing is overwritten. Throws SourceChanged when another file is at `from`.
   */
  place(job: {
    readonly from: string
    readonly stamp: SentCopy['stamp']
    readonly folder: string
    readonly work: string
    check(copy: MediaFile): Promise<void>
  }): Promise<string>
  /** What `place` left to begin again from is not needed any more. Idempotent. */
  placed(folder: string, work: string): Promise<void>
  /**
   * Takes away the file at `path` if it is the one of `stamp`; synced when it resolves. `gone`: it is away, also when it was before.
   * `changed`: another file is there, and stays.
   */
  remove(path: string, stamp: SentCopy['stamp'], work: string): Promise<'gone' | 'changed'>
}

export interface RetentionOptions {
  readonly store: Store
  readonly clock: Clock
  readonly crypto: PieceCrypto
  readonly files: RetentionFiles
  readonly sent: Pick<SentRoom, 'get' | 'step'>
  /** The account's own rule, for Doorpost's own copies. */
  account(): WhenFetched
  /** What its recipients are told when the last copy was deleted: written in the same step, sent after it. */
  goneNotes(record: SentRecord): { readonly changes: readonly Change[]; add(): void }
  /** A copy was left alone although its rule said otherwise: it is another file now. */
  onKept(copy: SentCopy): void
  /** It could not be done now, and is tried again. */
  onFault(error: unknown): void
}

export interface Retention extends AsyncDisposable {
  /** Something changed in this message: acts where everybody has it. Resolves when that is done; never rejects. */
  look(messageId: string): Promise<void>
  /** After a start: what was begun is ended, what fell due meanwhile is done. */
  resume(): Promise<void>
  /** From time to time: what could not be done before, and what waited for a message that ran out. */
  tryAgain(): Promise<void>
}

/** What is to become of the file of one media. `take`: it is moved there first and becomes Doorpost's own. */
export interface CopyWish {
  readonly own?: boolean
  readonly asked?: WhenFetched
  readonly take?: { readonly folder: string; readonly since: string }
}

/** For the write that makes a message: the copy is watched. Nothing where nothing will ever be done with it. */
export function copyChanges(
  messageId: string,
  path: string,
  offer: Pick<Offer, 'stamp'> & { readonly root: string },
  { own = false, asked, take }: CopyWish,
): Change[] {
  if (!own && asked === undefined && take === undefined) return []
  const { root, stamp } = offer
  const copy: SentCopy = {
    messageId,
    root,
    path,
    stamp: { ...stamp, changedAtNs: String(stamp.changedAtNs) },
    own,
    ...(asked !== undefined && { asked }),
    now: take === undefined ? { state: 'held' } : { state: 'taking', ...take },
  }
  return [{ put: 'retention', key: copyKey(messageId, root), value: copy }]
}

export function createRetention(options: RetentionOptions): Retention {
  const { store, clock, files, sent } = options
  const buffers = createPieceBuffers()
  let closed = false
  /** One act at a time: they are about the same disk, and nobody else writes these records. */
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(async () => {
      if (!closed) await work().catch(options.onFault)
    })
    return last
  }
  const now = () => new Date(clock.nowMs()).toISOString()
  const copiesOf = async (prefix = '') => (await store.all<SentCopy>('retention', prefix)).map(({ value }) => value)
  const put = (copy: SentCopy): Change => ({ put: 'retention', key: copyKey(copy.messageId, copy.root), value: copy })

  async function begin(copy: SentCopy): Promise<SentCopy> {
    const after = nextCopy(copy, { kind: 'everybody-has-it', account: options.account(), at: now() })
    if (after !== copy) await store.write([put(after)])
    return after
  }

  async function keep(copy: SentCopy): Promise<void> {
    const after = nextCopy(copy, { kind: 'another', at: now() })
    await store.write([put(after)])
    options.onKept(after)
  }

  /** Carries an intention out. The copy stays as it is when that cannot be done now. */
  async function act(copy: SentCopy): Promise<void> {
    const { messageId, root, now: intention, stamp } = copy
    if (!isIntention(intention)) return
    const key = offerKey(messageId, root)
    const offer = await store.get<OfferRecord>('offers', key)
    const list = await store.get<Uint8Array>('lists-bytes', key)
    const work = workOf(copy)
    const check = async (file: MediaFile) => {
      if (!offer || !list) throw new SourceChanged(file.name)
      await checkWhole({ ...offer, key: fromBase64url(offer.key), list, root: fromBase64url(root), file })
    }
    try {
      if (intention.state === 'deleting') {
        await checkWhereItLies(copy.path, check)
        if ((await files.remove(copy.path, stamp, work)) === 'changed') return await keep(copy)
        return await deleted(nextCopy(copy, { kind: 'removed', at: now() }))
      }
      const path = await files.place({ from: copy.path, stamp, folder: intention.folder, work, check })
      // Both are there until here. If another file took the old name meanwhile, it stays.
      await files.remove(copy.path, stamp, work)
      const after = nextCopy(copy, { kind: 'placed', path, at: now() })
      const moved = [put(after), ...(offer ? offerMoved(messageId, root, offer, path) : [])]
      if (after.now.state === 'archived') {
        await sent.step(messageId, { kind: 'copy-archived', at: after.now.at, path }, moved)
      } else await store.write(moved)
      await files.placed(intention.folder, work)
    } catch (error) {
      if (error instanceof SourceChanged) return await keep(copy)
      if (!closed) options.onFault(error)
    }
  }

  async function deleted(copy: SentCopy): Promise<void> {
    const { messageId, root } = copy
    const others = (await copiesOf(`${messageId} `)).filter((one) => one.root !== root)
    const record = await sent.get(messageId)
    const isLast = record?.media.every(
      (media) => media.root === root || others.some((one) => one.root === media.root && one.now.state === 'deleted'),
    )
    const notes = record && isLast ? options.goneNotes(record) : undefined
    await sent.step(messageId, { kind: 'copy-deleted', at: now() }, [
      put(copy),
      ...offerDropsOf(messageId, root),
      ...(notes?.changes ?? []),
    ])
    notes?.add()
  }

  async function checkWhereItLies(path: string, check: (file: MediaFile) => Promise<void>): Promise<void> {
    try {
      await using file = await files.open(path)
      await check(file)
    } catch (error) {
      // Set aside already, or gone, or on a drive that is away: remove() tells them apart.
      if (!(error instanceof SourceAway)) throw error
    }
  }

  /** Every piece as it was sent and receipted: what differs in one bit is not the sent copy. */
  async function checkWhole(media: Parameters<typeof servePiece>[0]): Promise<void> {
    const count = pieceCount(media.sizeBytes)
    for (let index = 0; index < count; index++) {
      if (closed) throw new Error('This device is closing.')
      ;(await servePiece(media, index, { crypto: options.crypto, buffers })).release()
    }
  }

  /** Messages with a copy that waits for another message: looked at again when one is over. */
  const waiting = new Set<string>()

  /** Another message still gives the same file out: it waits for that one too. */
  async function neededElsewhere({ messageId, path }: SentCopy): Promise<boolean> {
    for (const { key, value } of await store.all<OfferRecord>('offers')) {
      const id = key.slice(0, key.indexOf(' '))
      if (value.path !== path || id === messageId) continue
      const other = await sent.get(id)
      if (other && !isOver(other)) return true
    }
    return false
  }
  const isOver = (record: SentRecord) =>
    record.withdrawnAt !== undefined ||
    clock.nowMs() > Date.parse(record.expires) ||
    everybodyHasIt(record, clock.nowMs())

  async function lookAt(messageId: string): Promise<void> {
    const record = await sent.get(messageId)
    const due = record !== undefined && everybodyHasIt(record, clock.nowMs())
    waiting.delete(messageId)
    for (const copy of await copiesOf(`${messageId} `)) {
      if (closed) return
      const falls = due && copy.now.state === 'held' && ruleFor(copy, options.account()).do !== 'keep'
      if (!falls && !isIntention(copy.now)) continue
      if (await neededElsewhere(copy)) {
        waiting.add(messageId)
        continue
      }
      await act(falls ? await begin(copy) : copy)
    }
  }

  async function lookAtAll(): Promise<void> {
    const open = (await copiesOf()).filter(({ now: state }) => state.state === 'held' || isIntention(state))
    for (const id of new Set(open.map(({ messageId }) => messageId))) await lookAt(id)
  }

  return {
    look: (messageId) =>
      inTurn(async () => {
        await lookAt(messageId)
        const record = await sent.get(messageId)
        // One that is over may have been what another message's copy waited for.
        if (waiting.size > 0 && record && isOver(record)) for (const id of [...waiting]) await lookAt(id)
      }),
    resume: () =>
      inTurn(async () => {
        for (const copy of await copiesOf()) {
          const { state } = copy.now
          if (state === 'archived' || (state === 'held' && copy.own))
            await files.placed(folderOf(copy.path), workOf(copy))
        }
        await lookAtAll()
      }),
    tryAgain: () => inTurn(lookAtAll),
    async [Symbol.asyncDispose]() {
      closed = true
      await last
    },
  }
}

/** Names the act in file names, the same after a crash: letters that every file system takes. */
function workOf({ messageId, root }: SentCopy): string {
  return `${messageId}-${root.slice(0, 12)}`
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), 0))
}

/** Inode, size and date; the number of the file system is left out, since some give it anew at every start. */
export function sameFile(one: SentCopy['stamp'], other: FileStamp): boolean {
  const inode = (identity: string) => identity.slice(identity.indexOf(':') + 1)
  return (
    one.sizeBytes === other.sizeBytes &&
    one.changedAtNs === String(other.changedAtNs) &&
    inode(one.identity) === inode(other.identity)
  )
}
