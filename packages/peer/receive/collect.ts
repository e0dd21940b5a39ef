// Takes in what the server has for this device: pushed over the session, or asked for by LIST and RETRIEVE. Each envelope
// is decided (open-mail.ts), kept in one write, and only then removed from the server; so a crash at any point loses
// nothing and shows nothing twice. What cannot be decided yet is kept as it came, in the room `arrivals`.

import { type DeliveredEnvelope, deliveredEnvelopeSchema } from '@doorpost/protocol/envelope'
import { listedSchema, type MailKey, retrievedSchema } from '@doorpost/protocol/messages/mailbox'
import type { SignedMessage, SignedNote } from '@doorpost/protocol/signed-message'
import type { Clock } from '../clock.ts'
import type { Person } from '../identity/person.ts'
import { createInTurn } from '../in-turn.ts'
import { Trouble } from '../operations.ts'
import type { Line } from '../session/line.ts'
import type { Change, Store } from '../store/store.ts'
import { editionOf, mailKey, type OpenedMail } from './open-mail.ts'

/** Pushes that may wait here; more are left to the server, which pushes them again. */
const WAITING_MAX = 1_000
/** Envelopes kept undecided; more stay on the server. */
export const PARKED_MAX = 500
/** Sealed bytes asked for in one RETRIEVE, and messages. */
const RETRIEVE_BYTES_MAX = 4 * 1024 * 1024
const RETRIEVE_COUNT_MAX = 50
/** Removed in one call. */
const REMOVE_COUNT_MAX = 200
/** Messages remembered as left on the server, so that they are not asked for again before anything has changed: a mailbox full of them. */
const LEFT_MAX = 10_000
/** Rounds of LIST in one sweep: a server that never runs dry does not hold the device for ever. */
const ROUNDS_MAX = 1_000

interface Seen {
  readonly edition: string
  readonly expires: string
}
interface Parked {
  readonly envelope: DeliveredEnvelope
  readonly waitsFor: 'line' | 'person'
}
const seenKey = (envelope: DeliveredEnvelope) => `seen ${mailKey(envelope)}`
const parkedKey = (envelope: DeliveredEnvelope) => `parked ${mailKey(envelope)}`

export interface CollectOptions {
  readonly store: Store
  readonly line: Line
  readonly clock: Clock
  readonly hash: (bytes: Uint8Array) => Uint8Array
  open(envelope: DeliveredEnvelope, signal: AbortSignal): Promise<OpenedMail>
  /** Writes `also` with what it keeps, or keeps nothing and says why. */
  takeMessage(
    message: SignedMessage,
    messageHash: string,
    from: Person,
    also: readonly Change[],
    acceptedAt: string,
  ): Promise<'taken-in' | 'id-taken' | 'too-many-requests'>
  /** Writes `also` in any case. */
  takeNote(note: SignedNote, from: Person, also: readonly Change[]): Promise<'fitted' | 'nothing'>
  /** Mail that was not taken in, by a stable word. */
  onRefused(reason: string, envelope: DeliveredEnvelope): void
  /** A fault nobody foresaw; the envelope stays on the server. */
  onFault(error: unknown): void
}

export interface Collect extends AsyncDisposable {
  /** One envelope that was pushed. */
  pushed(envelope: DeliveredEnvelope): void
  /** Asks for everything that waits. Answers how many were new; throws what the line throws. */
  sweep(): Promise<number>
  /** Looks again at what was kept undecided. */
  retry(cameBack: 'line' | 'person'): Promise<void>
  /** Drops what ran out. */
  expire(): Promise<void>
  /** Settles when what was pushed so far is decided. */
  idle(): Promise<void>
  /** How often mail was not taken in, by reason, since this device was opened. */
  readonly refused: Readonly<Record<string, number>>
}

export async function openCollect(options: CollectOptions): Promise<Collect> {
  const { store, line, clock } = options
  const ended = new AbortController()
  const { signal } = ended
  const refused: Record<string, number> = {}
  const waiting = new Map<string, DeliveredEnvelope>()
  let parkedCount = (await store.all('arrivals', 'parked ')).length
  /** What had to be left on the server, until something that was kept undecided has been looked at again. */
  const left = new Set<string>()
  let sweeping: Promise<number> | undefined
  /** Envelopes are decided one after the other, since one sender's notes build on each other. */
  const deciding = createInTurn()

  function refuse(reason: string, envelope: DeliveredEnvelope): 'done' {
    refused[reason] = (refused[reason] ?? 0) + 1
    options.onRefused(reason, envelope)
    return 'done'
  }

  /** `done`: it may go from the server. */
  async function takeIn(envelope: DeliveredEnvelope, parked: boolean): Promise<'new' | 'done' | 'leave'> {
    const edition = editionOf(envelope, options.hash)
    const seen = await store.get<Seen>('arrivals', seenKey(envelope))
    if (seen) return seen.edition === edition ? 'done' : refuse('other-bytes', envelope)
    if (!parked && (await store.get<Parked>('arrivals', parkedKey(envelope)))) return 'done'
    const opened = await options.open(envelope, signal)
    const unpark: Change[] = parked ? [{ drop: 'arrivals', key: parkedKey(envelope) }] : []
    const marked: Change[] = [
      { put: 'arrivals', key: seenKey(envelope), value: { edition, expires: envelope.expires } satisfies Seen },
      ...unpark,
    ]
    switch (opened.kind) {
      case 'parked': {
        if (!parked && parkedCount >= PARKED_MAX) return 'leave'
        const value: Parked = { envelope, waitsFor: opened.waitsFor }
        await store.write([{ put: 'arrivals', key: parkedKey(envelope), value }])
        if (!parked) parkedCount++
        return 'done'
      }
      case 'refused':
        if (unpark.length > 0) await store.write(unpark)
        break
      case 'message': {
        const taken = await options.takeMessage(
          opened.message,
          opened.messageHash,
          opened.person,
          marked,
          envelope.acceptedAt,
        )
        if (taken !== 'taken-in') {
          if (unpark.length > 0) await store.write(unpark)
          refuse(taken, envelope)
        }
        break
      }
      case 'note':
        if ((await options.takeNote(opened.note, opened.person, marked)) === 'nothing')
          refuse('note-fits-nothing', envelope)
        break
    }
    if (parked) parkedCount--
    if (opened.kind === 'refused') return refuse(opened.fault, envelope)
    return 'new'
  }

  /** `fresh`: how many were new. `someLeft`: not all could be taken. */
  async function decide(envelopes: readonly DeliveredEnvelope[]): Promise<{ fresh: number; someLeft: boolean }> {
    let fresh = 0
    let someLeft = false
    const done: MailKey[] = []
    for (const envelope of envelopes) {
      if (signal.aborted) break
      try {
        const outcome = left.has(mailKey(envelope)) ? 'leave' : await takeIn(envelope, false)
        if (outcome === 'new') fresh++
        if (outcome !== 'leave') done.push({ from: envelope.from, id: envelope.id })
        else {
          someLeft = true
          if (left.size < LEFT_MAX) left.add(mailKey(envelope))
        }
      } catch (error) {
        if (!signal.aborted) options.onFault(error)
      }
    }
    for (let at = 0; at < done.length; at += REMOVE_COUNT_MAX) {
      const messages = done.slice(at, at + REMOVE_COUNT_MAX)
      await line.call('REMOVE', '/messages', { body: { messages }, signal })
    }
    return { fresh, someLeft }
  }

  /** One page, from behind `after` on; what was taken of it is gone from the next. */
  async function round(after: MailKey | undefined): Promise<{ fresh: number; next: MailKey | undefined }> {
    const page = after ? `/messages?${new URLSearchParams({ after: `${after.from} ${after.id}` })}` : '/messages'
    const listed = listedSchema.safeParse((await line.call('LIST', page, { signal })).body)
    if (!listed.success) throw brokeProtocol()
    let bytes = 0
    let next: MailKey | undefined
    const keys: MailKey[] = []
    for (const { from, id, sizeBytes } of listed.data.messages) {
      if (left.has(mailKey({ from, id }))) next = { from, id }
      else {
        if (keys.length > 0 && (bytes + sizeBytes > RETRIEVE_BYTES_MAX || keys.length >= RETRIEVE_COUNT_MAX)) break
        bytes += sizeBytes
        keys.push({ from, id })
        next = { from, id }
      }
    }
    const isEnd = !listed.data.more && sameKey(next, listed.data.messages.at(-1))
    if (keys.length === 0) return { fresh: 0, next: isEnd ? undefined : next }
    const answer = await line.call('RETRIEVE', '/messages', { body: { messages: keys }, signal })
    const retrieved = retrievedSchema.safeParse(answer.body)
    if (!retrieved.success) throw brokeProtocol()
    const { messages } = retrieved.data
    const envelopes = messages.flatMap((one) => (one.status === 200 ? [one.envelope] : []))
    const { fresh } = await deciding.take(() => decide(envelopes))
    // A long answer ends early: what is not in it is asked for next. One without any would come again and again.
    const last = messages.at(-1)
    if (messages.length < keys.length) return { fresh, next: last && { from: last.from, id: last.id } }
    return { fresh, next: isEnd ? undefined : next }
  }

  async function sweepAll(): Promise<number> {
    let fresh = 0
    let after: MailKey | undefined
    for (let rounds = 0; rounds < ROUNDS_MAX && !signal.aborted; rounds++) {
      const { fresh: found, next } = await round(after)
      fresh += found
      if (!next) break
      after = next
    }
    return fresh
  }
  const sweep = () => (sweeping ??= sweepAll().finally(() => (sweeping = undefined)))

  /** Without a line it comes again and is known then. */
  const unlessLine = (error: unknown) => {
    if (!(error instanceof Trouble) && !signal.aborted) options.onFault(error)
  }
  /** There may be room now for what was left, or it can be decided. */
  function askForLeft(): void {
    if (left.size === 0 || signal.aborted) return
    left.clear()
    sweep().catch(unlessLine)
  }

  return {
    refused,
    pushed(envelope) {
      if (signal.aborted || waiting.size >= WAITING_MAX || !deliveredEnvelopeSchema.safeParse(envelope).success) return
      const first = waiting.size === 0
      waiting.set(mailKey(envelope), envelope)
      // Those that come while the queue is busy are decided, and removed, together.
      if (!first) return
      deciding
        .take(async () => {
          const batch = [...waiting.values()]
          waiting.clear()
          const { someLeft } = await decide(batch)
          // What is left fills the server's window of pushes: what came after it has to be asked for.
          if (someLeft) sweep().catch(unlessLine)
        })
        .catch(unlessLine)
    },
    sweep,
    async retry(cameBack) {
      await deciding.take(async () => {
        // Every contact is asked about when the device starts.
        if (parkedCount === 0) return
        for (const { value } of await store.all<Parked>('arrivals', 'parked ')) {
          if (signal.aborted || value.waitsFor !== cameBack) continue
          try {
            await takeIn(value.envelope, true)
          } catch (error) {
            if (!signal.aborted) options.onFault(error)
          }
        }
      })
      askForLeft()
    },
    async expire() {
      await deciding.take(async () => {
        const over = ({ expires }: { expires: string }) => Date.parse(expires) < clock.nowMs()
        const drops: Change[] = []
        for (const { key, value } of await store.all<Seen>('arrivals', 'seen ')) {
          if (over(value)) drops.push({ drop: 'arrivals', key })
        }
        for (const { key, value } of await store.all<Parked>('arrivals', 'parked ')) {
          if (!over(value.envelope)) continue
          drops.push({ drop: 'arrivals', key })
          parkedCount--
        }
        if (drops.length > 0) await store.write(drops)
      })
      askForLeft()
    },
    idle: deciding.idle,
    async [Symbol.asyncDispose]() {
      ended.abort(new Trouble('cancelled', 'The device is closing.'))
      waiting.clear()
      // Whoever asked for it is told how it went.
      await sweeping?.catch(() => {})
      await deciding.idle()
    },
  }
}

function sameKey(one: MailKey | undefined, other: MailKey | undefined): boolean {
  return one?.from === other?.from && one?.id === other?.id
}

function brokeProtocol(): Trouble {
  return new Trouble('server-broke-protocol', 'The server answered in a way that makes no sense.')
}
