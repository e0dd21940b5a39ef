// `send`: from a draft to a message in the outbox. Everything that makes it a message (the record, the keys and lists of its
// files, what waits for the server) is one write; before it nothing has happened, after it the message goes, whatever comes.

import { toBase64url } from '@doorpost/protocol/bytes'
import type { Envelope } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import type { Handle } from '@doorpost/protocol/handle'
import { MEDIA_MAX } from '@doorpost/protocol/limits'
import type { Clock } from '../clock.ts'
import type { DeviceFiles, FoundFile } from '../device-files.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import { type Draft, type Operations, type Progress, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import type { Change } from '../store/store.ts'
import { keepOwn } from '../talk/own-messages.ts'
import { contentOf, handleOf, lifetimeOf, listedMedia, newMessageId, sealEntry, wordsOf } from './compose.ts'
import { SourceAway, SourceChanged } from './media-file.ts'
import { type Offer, offerMedia } from './offer.ts'
import { offerChanges } from './offered.ts'
import type { Outbox, SealOutcome, TryOutcome } from './outbox.ts'
import { OUTBOX_ENTRIES_MAX } from './outbox.ts'
import type { OutboxEntry } from './outbox-entry.ts'
import type { PieceCrypto } from './piece-crypto.ts'
import { addressAll, parseRecipients, withoutLonelySelf } from './recipients.ts'
import { isRemoteAddress, readRemoteAddress, shownAddress } from './remote-address.ts'
import { copyChanges, type CopyWish } from './retention.ts'
import type { SentRecord } from './sent.ts'
import { type SentCopies, wishOf } from './sent-copies.ts'
import type { SentRoom } from './sent-room.ts'
import { editionOf } from './watch-state.ts'

/** Progress told at most this often, ms: ten pictures a second are enough for a bar. */
const TELL_EVERY_MS = 100
/** How long `send` waits for the server's answer before it says that the message is on its way, ms. */
const ANSWER_MS = 10_000

export interface SendOptions {
  readonly me: Identity
  readonly people: Pick<People, 'resolve'>
  readonly files: Pick<DeviceFiles, 'find' | 'open'>
  readonly crypto: PieceCrypto
  readonly clock: Clock
  readonly random: Random
  readonly sent: Pick<SentRoom, 'create'>
  readonly outbox: Outbox
  /** Where Doorpost keeps copies of its own; without it there are none. */
  readonly sentCopies?: SentCopies
}

/** What a program that sends by itself adds: written in the same step as the message. */
export interface SendExtras {
  readonly also?: readonly Change[]
  /** The files are moved into Doorpost's own folder, which then owns them. */
  readonly take?: true
  /** The one file was seen in this edition (watch-state.ts): another that took its name meanwhile is not sent. */
  readonly edition?: string
}

/** Throws Trouble; what the server refuses for good is thrown too, and stays in the sent record. */
export async function send(
  draft: Draft,
  on: { readonly signal: AbortSignal; onProgress(progress: Progress): void },
  options: SendOptions,
  extras: SendExtras = {},
): Promise<Operations['send']['result']> {
  const { me, people, clock, outbox } = options
  const { signal } = on
  const id = newMessageId(options.random)
  const wish = wishFor(draft, id, extras, options)
  const words = wordsOf(draft)
  const lifetimeMs = lifetimeOf(draft)
  const to = withoutLonelySelf(parseRecipients(draft.to, me), me)
  if (outbox.size >= OUTBOX_ENTRIES_MAX) {
    throw new Trouble('not-available', 'Too much waits for the server already.', { todo: 'Wait until it is back.' })
  }
  // Before hours of reading: whoever cannot be written to is found out now.
  const early = await addressAll(people, to, { signal, from: me.address })
  if (early.kind === 'stopped') throw early.trouble

  const found = await findFiles(draft, on, options)
  const handles: Handle[] = []
  const offers: Change[] = [...(extras.also ?? [])]
  await using mine = new AsyncDisposableStack()
  if (wish.own) mine.defer(async () => await options.sentCopies?.drop(id))
  for (const original of found) {
    if (isRemoteAddress(original.path) && (wish.own || touches(wish))) throw liesElsewhere()
    const file = wish.own ? await copied(id, original, signal, options) : original
    const offer = await readOffer(file, on, options)
    if (extras.edition !== undefined && !wish.own && editionOf(offer.stamp) !== extras.edition)
      throw changedMeanwhile(file)
    handles.push(handleOf(original, offer, draft, me.address))
    offers.push(...offerChanges(id, file, offer))
    offers.push(...copyChanges(id, file.path, { ...offer, root: toBase64url(offer.root) }, wish))
  }
  const content = contentOf(words, handles)
  signal.throwIfAborted()
  const nowMs = clock.nowMs()
  const draftEntry: OutboxEntry = {
    id,
    class: 'message',
    to,
    date: new Date(nowMs).toISOString(),
    expires: new Date(nowMs + lifetimeMs).toISOString(),
    content,
    tries: 0,
    notBeforeMs: 0,
  }
  const sealed = await sealOutcome(draftEntry, { me, people }, signal)
  if (sealed.kind === 'refused') throw sealed.trouble
  if (sealed.kind === 'held' && sealed.trouble) throw sealed.trouble
  const { entry, record } = made(draftEntry, content.media, sealed)
  await options.sent.create(record, [...offers, ...keepOwn(entry, me.address), ...outbox.changesFor([entry])])
  // From here the copies are the message's.
  mine.move()
  outbox.add([entry])

  const outcome = await within(outbox.tried(id), ANSWER_MS, clock)
  if (outcome?.kind === 'refused') throw outcome.trouble
  const heldBack =
    outcome === undefined ? 'It is on its way to the server.' : 'reason' in outcome ? outcome.reason : undefined
  return {
    id,
    to,
    media: handles.map((handle) => listedMedia(handle, me.address, id)),
    accepted: outcome?.kind === 'accepted',
    ...(heldBack !== undefined && { heldBack }),
  }
}

function wishFor(draft: Draft, id: string, { take }: SendExtras, { sentCopies, clock }: SendOptions): CopyWish {
  if ((draft.copy || take) && !sentCopies) throw new Trouble('not-available', 'There is no place for copies here.')
  const since = new Date(clock.nowMs()).toISOString()
  return wishOf(draft, take && sentCopies ? { folder: sentCopies.folder(id), since } : undefined)
}

function touches({ asked, take }: CopyWish): boolean {
  return take !== undefined || (asked !== undefined && asked.do !== 'keep')
}

function liesElsewhere(): Trouble {
  return new Trouble(
    'not-available',
    'What lies elsewhere is given out from there: it cannot be copied, moved or deleted from here.',
  )
}

/** As its owner knows it; of an address without what may be secret in it. */
function shownPath({ path }: FoundFile): string {
  const address = readRemoteAddress(path)
  return address ? shownAddress(address) : path
}

async function copied(
  id: string,
  file: FoundFile,
  signal: AbortSignal,
  { sentCopies }: SendOptions,
): Promise<FoundFile> {
  const path = await sentCopies?.make(id, file, signal)
  return path === undefined ? file : { ...file, path }
}

/** Finds the keys of everybody an entry is for, signs and seals it. Throws the signal's reason. */
export async function sealOutcome(
  entry: OutboxEntry,
  { me, people }: Pick<SendOptions, 'me' | 'people'>,
  signal: AbortSignal,
): Promise<SealOutcome> {
  const addressed = await addressAll(people, entry.to, { fresh: entry.fresh === true, signal, from: me.address })
  switch (addressed.kind) {
    case 'unreachable':
      return {
        kind: 'held',
        reason: `The server cannot be asked for the keys of ${addressed.address} now. It goes by itself when the server is back.`,
        waitsFor: 'line',
      }
    case 'stopped':
      return addressed.forGood
        ? { kind: 'refused', trouble: addressed.trouble }
        : { kind: 'held', reason: addressed.trouble.message, waitsFor: 'people', trouble: addressed.trouble }
    case 'all':
      try {
        return { kind: 'sealed', ...(await sealEntry(me, entry, addressed.addressees)) }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return { kind: 'refused', trouble: new Trouble(error.code, error.message, { cause: error }) }
      }
  }
}

function made(
  draft: OutboxEntry,
  media: readonly Handle[],
  sealed: Exclude<SealOutcome, { kind: 'refused' }>,
): { entry: OutboxEntry; record: SentRecord } {
  const { id, date, expires, to } = draft
  const title = 'media' in draft.content ? draft.content.title : undefined
  const envelope: Envelope | undefined = sealed.kind === 'sealed' ? sealed.envelope : undefined
  return {
    entry: { ...draft, ...(envelope && { envelope }) },
    record: {
      id,
      ...(title !== undefined && { title }),
      date,
      expires,
      media: media.map(({ root, sizeBytes }) => ({ root, sizeBytes })),
      ...(sealed.kind === 'sealed' ? { messageHash: sealed.messageHash } : { heldBack: sealed.reason }),
      uploadedBytes: 0,
      recipients: to.map((address) => ({ address, state: 'waiting', fetchedAt: null, receipted: [] })),
    },
  }
}

/** What a draft names, folders walked; empty where it names nothing. Throws Trouble. */
export async function findFiles(
  draft: Draft,
  { signal, onProgress }: Parameters<typeof send>[1],
  { files }: Pick<SendOptions, 'files'>,
): Promise<FoundFile[]> {
  if (draft.files.length === 0) return []
  const found = await files.find(draft.files, {
    filesMax: MEDIA_MAX,
    signal,
    leftOut: (name, reason) => onProgress({ kind: 'left-out', name, reason }),
  })
  if (found.length > 0) return found
  throw new Trouble('nothing-to-send', 'There is no file in what was given.')
}

/** Reads a file once, for its piece list under a new key. Throws Trouble, among others `file-changed`. */
export async function readOffer(
  found: FoundFile,
  { signal, onProgress }: Parameters<typeof send>[1],
  { files, crypto, clock }: Pick<SendOptions, 'files' | 'crypto' | 'clock'>,
): Promise<Offer> {
  const { name } = found
  let toldMs = Number.NEGATIVE_INFINITY
  try {
    await using file = await files.open(found.path)
    onProgress({ kind: 'reading', name, doneBytes: 0, sizeBytes: found.sizeBytes })
    return await offerMedia({
      file,
      crypto,
      signal,
      onProgress(doneBytes, sizeBytes) {
        if (doneBytes < sizeBytes && clock.nowMs() - toldMs < TELL_EVERY_MS) return
        toldMs = clock.nowMs()
        onProgress({ kind: 'reading', name, doneBytes, sizeBytes })
      },
    })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof SourceChanged) throw changedMeanwhile(found, error)
    if (error instanceof SourceAway) {
      throw new Trouble('no-such-file', `${shownPath(found)} cannot be read.`, {
        todo: 'Let this user read it, or leave it out.',
        cause: error,
      })
    }
    if (error instanceof RangeError) {
      throw new Trouble('too-large', `${shownPath(found)} is larger than 4 TiB, which no media can be.`, {
        cause: error,
      })
    }
    throw error
  }
}

function changedMeanwhile(found: FoundFile, cause?: unknown): Trouble {
  return new Trouble('file-changed', `${shownPath(found)} changed while it was read, so nothing was sent.`, { cause })
}

/** Undefined when the time is over first. */
async function within(outcome: Promise<TryOutcome>, ms: number, clock: Clock): Promise<TryOutcome | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const cancel = clock.after(ms, () => resolve(undefined))
  try {
    return await Promise.race([outcome, promise])
  } finally {
    cancel()
  }
}
