// What a verified note does: a receipt or progress goes into the sent record it speaks of, a contact note to the people.
// A note that fits nothing here does nothing. What is written is written together with `also`, so that a note taken twice
// counts once.

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { PathNote } from '@doorpost/protocol/path-signal'
import type {
  HandedNote,
  HandOverNote,
  LinkNote,
  LendNote,
  LentNote,
  LiveKeyNote,
  LivePathNote,
  Note,
} from '@doorpost/protocol/note'
import { openReceipt } from '@doorpost/protocol/receipt'
import type { Signed } from '@doorpost/protocol/signature'
import type { SignedNote } from '@doorpost/protocol/signed-message'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person } from '../identity/person.ts'
import type { Caller } from '../paths/path.ts'
import type { SentEvent, SentRecord } from '../send/sent.ts'
import type { Change, Store } from '../store/store.ts'
import type { Talk } from '../talk/talk.ts'
import { takeReminderOrGone } from './reminders.ts'
import { fitsSent, takenReceiptKey } from './receipt.ts'

/** Strangers who may wait for an answer at once; beyond it their asking is not kept. */
export const ASKING_MAX = 200

export interface NotesOptions {
  /** Devices that can have no path of that kind go without. */
  readonly takePath?: ((from: Omit<Caller, 'via'>, note: PathNote) => void) | undefined
  /** Of another device of this user: to send something, or what came of asking for it. */
  readonly takeLend?: ((from: DeviceAddress, note: LendNote | LentNote) => boolean) | undefined
  /** Of another device of this user: to keep what it sent, or what came of asking for that. */
  readonly takeHandOver?: ((from: DeviceAddress, note: HandOverNote | HandedNote) => Promise<boolean>) | undefined
  /** Of another device of this user: about a link that one gave out and the other is to. */
  readonly takeLink?: ((from: DeviceAddress, note: LinkNote) => Promise<boolean>) | undefined
  /** Of live pictures (live/live.ts). Comes to nothing here where nobody watches or shows. */
  readonly takeLive?:
    | ((
        from: Omit<Caller, 'via'>,
        note: LiveKeyNote | LivePathNote,
        said: { toMeAlone: boolean; ofContact: boolean },
      ) => void)
    | undefined
  /** Of conversations, and of messages that another device of this user sent. Writes `also` in any case. */
  readonly takeTalk?: Talk['takeNote']
  readonly store: Store
  readonly me: Identity
  readonly people: Pick<People, 'acceptContactNote' | 'noteSeenHead' | 'list' | 'takeDecisions'>
  readonly inbox: Parameters<typeof takeReminderOrGone>[3]
  /** What others have, and who lets us see their address. Writes `also` in any case. */
  takeCopyOrOpen(
    content: Extract<Note, { note: 'copy' | 'open' }>,
    by: DeviceAddress,
    person: Person,
    also: readonly Change[],
  ): Promise<'fitted' | 'nothing'>
  readonly sent: {
    get(id: string): Promise<SentRecord | undefined>
    /** One write; resolves when it is on stable storage. */
    step(id: string, event: SentEvent, also: readonly Change[]): Promise<unknown>
  }
}

/** `fitted`: it changed or confirmed something. `nothing`: it is about nothing here, or not for its author to say. */
export async function takeNote(
  note: SignedNote,
  person: Person,
  also: readonly Change[],
  options: NotesOptions,
): Promise<'fitted' | 'nothing'> {
  const { store, people } = options
  const { content, from: by } = note
  const isMine = () => isToMeAlone(note, options)
  const fitted = async () => {
    await store.write(also)
    return 'fitted' as const
  }
  switch (content.note) {
    case 'progress':
      if (await takeProgress(note, content, also, options.sent)) return 'fitted'
      if (options.takeTalk) return await options.takeTalk(note, content, person, also)
      break
    case 'mark':
    case 'typing':
    case 'seen':
    case 'sent':
    case 'history':
    case 'history-wanted':
      if (options.takeTalk) return await options.takeTalk(note, content, person, also)
      break
    case 'receipt':
      if (await takeReceipt(content.receipt, by, person, also, options)) return 'fitted'
      break
    case 'contact':
      if (await takeContact(content, person, people)) return await fitted()
      break
    case 'copy':
    case 'open':
      return await options.takeCopyOrOpen(content, by, person, also)
    case 'path': {
      // What comes of it comes in its own time.
      const caller = callerOf(note, person)
      if (caller && isMine()) options.takePath?.(caller, content)
      break
    }
    case 'live-key':
    case 'live-path': {
      const caller = callerOf(note, person)
      if (!caller || !options.takeLive) break
      options.takeLive(caller, content, { toMeAlone: isMine(), ofContact: person.approved })
      return await fitted()
    }
    case 'contacts':
      // What a user decided is for that user's own devices to say.
      if (person.address !== options.me.user) break
      await people.takeDecisions(content.contacts)
      return await fitted()
    case 'lend':
    case 'lent':
      // Between two devices of this user, and nobody else, as the next two.
      if (isMine() && options.takeLend?.(by, content)) return await fitted()
      break
    case 'hand-over':
    case 'handed':
      if (isMine() && (await options.takeHandOver?.(by, content))) return await fitted()
      break
    case 'link':
      if (isMine() && (await options.takeLink?.(by, content))) return await fitted()
      break
    case 'reminder':
    case 'gone':
      if (await takeReminderOrGone(note, content, also, options.inbox)) return 'fitted'
      break
  }
  await store.write(also)
  return 'nothing'
}

async function takeProgress(
  { from: by, date: at }: SignedNote,
  { messageId, state }: Extract<Note, { note: 'progress' }>,
  also: readonly Change[],
  sent: NotesOptions['sent'],
): Promise<boolean> {
  if ((await sent.get(messageId)) === undefined) return false
  await sent.step(messageId, { kind: 'progress', by, state, at }, also)
  return true
}

/** Of strangers who only ask, so many are kept. */
async function takeContact(
  { token }: Extract<Note, { note: 'contact' }>,
  person: Person,
  people: NotesOptions['people'],
): Promise<boolean> {
  const waiting = (await people.list()).filter(({ theyAsked, approved }) => theyAsked && !approved)
  const known = person.approved || waiting.some(({ address }) => address === person.address)
  if (token === undefined && !known && waiting.length >= ASKING_MAX) return false
  await people.acceptContactNote(person, token)
  return true
}

function isToMeAlone({ to }: SignedNote, { me }: NotesOptions): boolean {
  return to.length === 1 && to[0]?.address === me.address
}

/** The device that a note is from, with the key that its user's list has of it; undefined where the list has none any more. */
function callerOf({ from }: SignedNote, person: Person): Omit<Caller, 'via'> | undefined {
  const { device } = splitDevice(from)
  const key = activeDevices(person.opened.list).find(({ name }) => name === device)?.key
  return key === undefined ? undefined : { address: from, deviceKey: fromBase64url(key) }
}

async function takeReceipt(
  signed: Signed,
  by: DeviceAddress,
  person: Person,
  also: readonly Change[],
  { me, people, sent }: NotesOptions,
): Promise<boolean> {
  const { device } = splitDevice(by)
  const deviceKey = activeDevices(person.opened.list).find(({ name }) => name === device)?.key
  // Verify, then parse: which message it is about is read from what the device signed.
  const claimed = deviceKey === undefined ? undefined : openReceipt(signed, deviceKey)
  const record = claimed && (await sent.get(claimed.messageId))
  const receipt = record && claimed && fitsSent(claimed, by, record, me) ? claimed : undefined
  if (!record || !receipt) return false
  await people.noteSeenHead(person.address, receipt.head, by)
  const { root, storedAt } = receipt
  await sent.step(record.id, { kind: 'receipt', by, root, storedAt }, [
    { put: 'receipts', key: takenReceiptKey(record.id, root, by), value: signed },
    ...also,
  ])
  return true
}
