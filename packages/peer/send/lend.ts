// Sending a file that lies on another device of one's own: that device is asked to send it in the user's name. It makes key and list
// where the file is, is the message's sender and source, and gets the receipts; nothing of the file comes here. A device sends
// nothing it was not told to lend (a folder named when its agent was started), and says the same of a file that is not there.

import { type DeviceAddress, deviceAddress, splitDevice } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { LendNote, LentNote, Note } from '@doorpost/protocol/note'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { type Draft, type Operations, type Progress, Trouble } from '../operations.ts'
import type { Random } from '../random.ts'
import { wordsOf } from './compose.ts'
import { readSiblingFile } from './sibling-file.ts'

/** How long the other device may take to say that it has begun, ms: a note there and one back, sealed on slow machines. */
const FIRST_ANSWER_MS = 30_000
/** What is asked later than this after it was written is not done any more, ms: whoever asked has gone. */
const ASKED_FOR_MS = 60_000
/** Sends at a time for other devices. */
const LENT_AT_ONCE_MAX = 2
/** Requests that are remembered, so that none is carried out twice. */
const REMEMBERED_MAX = 200

type Sent = Operations['send']['result']

export interface LendingOptions {
  readonly me: Identity
  readonly clock: Clock
  readonly random: Random
  /** The file's real path, where it lies below a folder that is lent; undefined for everything else. */
  lent?(path: string): Promise<string | undefined>
  tell(to: DeviceAddress, note: Note): Promise<void>
  send(draft: Draft): Promise<Sent>
  onFault(error: unknown): void
}

export interface Lending {
  /** Undefined: none of these files lies on another device. Throws Trouble. */
  ask(
    draft: Draft,
    on: { readonly signal: AbortSignal; onProgress(progress: Progress): void },
  ): Promise<Sent | undefined>
  /** From a proved device of this very user; false: it is about nothing here. */
  take(from: DeviceAddress, note: LendNote | LentNote): boolean
}

export function createLending(options: LendingOptions): Lending {
  const { me, clock } = options
  const waiting = new Map<string, { readonly device: DeviceAddress; answer(note: LentNote): void }>()
  const seen = new Set<string>()
  let running = 0

  async function carryOut(from: DeviceAddress, note: LendNote): Promise<void> {
    const { request, files, to, lifetimeMs, words } = note
    const say = (answer: Omit<LentNote, 'note' | 'request'>) => options.tell(from, { note: 'lent', request, ...answer })
    const paths = await Promise.all(files.map(async (file) => await options.lent?.(file)))
    if (running >= LENT_AT_ONCE_MAX || paths.some((path) => path === undefined)) {
      const detail = `${me.device} does not lend that. Its agent names the folders it lends: doorpost agent --lend DIR`
      return await say({ state: 'refused', detail })
    }
    running++
    try {
      await say({ state: 'reading' })
      const draft: Draft = { ...words, to, files: paths as string[], ...(lifetimeMs !== undefined && { lifetimeMs }) }
      const { id, accepted } = await options.send(draft)
      await say({ state: 'sent', messageId: id, accepted })
    } catch (error) {
      if (!(error instanceof Trouble)) options.onFault(error)
      const detail = error instanceof Trouble ? error.message : `Something went wrong on ${me.device}.`
      await say({ state: 'refused', detail: detail.slice(0, 1000) })
    } finally {
      running--
    }
  }

  return {
    async ask(draft, { signal, onProgress }) {
      const siblings = draft.files.map(readSiblingFile)
      const [first] = siblings
      if (siblings.every((one) => one === undefined) || first === undefined) {
        if (siblings.some((one) => one !== undefined)) throw apart()
        return undefined
      }
      if (siblings.some((one) => one?.device !== first.device)) throw apart()
      if (draft.copy || draft.whenFetched) {
        throw new Trouble('not-available', 'What lies on another device is copied, moved and deleted from there alone.')
      }
      const device = deviceAddress(me.user, first.device)
      const known = activeDevices(me.opened.list).some(({ name }) => name === first.device)
      if (!known || device === me.address) {
        throw new Trouble('no-such-file', `You have no other device called ${first.device}.`)
      }
      const { media: _none, ...words } = { ...wordsOf(draft), media: [] }
      const note: LendNote = {
        note: 'lend',
        request: toBase64url(options.random(16)),
        until: new Date(clock.nowMs() + ASKED_FOR_MS).toISOString(),
        files: siblings.map((one) => one?.path ?? ''),
        to: draft.to,
        words,
        ...(draft.lifetimeMs !== undefined && { lifetimeMs: draft.lifetimeMs }),
      }
      const { promise, resolve, reject } = Promise.withResolvers<Sent>()
      const silent = () =>
        reject(
          new Trouble('no-source', `${first.device} does not answer. It has to run an agent that lends the folder.`, {
            todo: `On ${first.device}: doorpost agent --lend DIR`,
          }),
        )
      let cancel = clock.after(FIRST_ANSWER_MS, silent)
      const abort = () => reject(new Trouble('cancelled', `Stopped waiting. ${first.device} may send it all the same.`))
      signal.addEventListener('abort', abort, { once: true })
      waiting.set(note.request, {
        device,
        answer({ state, messageId, accepted, detail }) {
          cancel()
          if (state === 'reading') {
            onProgress({ kind: 'waiting', name: first.path, reason: `${first.device} reads it.` })
            // As long as the file takes: the line tells nothing meanwhile.
            cancel = () => {}
          } else if (state === 'sent' && messageId !== undefined) {
            resolve({ id: messageId, to: draft.to, media: [], accepted: accepted === true })
          } else reject(new Trouble('not-allowed', detail ?? `${first.device} did not send it.`))
        },
      })
      try {
        if (signal.aborted) abort()
        onProgress({ kind: 'waiting', name: first.path, reason: `${first.device} is asked to send it.` })
        await options.tell(device, note)
        return await promise
      } finally {
        cancel()
        waiting.delete(note.request)
        signal.removeEventListener('abort', abort)
      }
    },
    take(from, note) {
      if (splitDevice(from).user !== me.user || from === me.address) return false
      if (note.note === 'lent') {
        const asked = waiting.get(note.request)
        if (asked?.device !== from) return false
        asked.answer(note)
        return true
      }
      const isLate = clock.nowMs() > Date.parse(note.until)
      if (isLate || seen.has(note.request)) return false
      const [oldest] = seen
      if (seen.size >= REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest)
      seen.add(note.request)
      carryOut(from, note).catch(options.onFault)
      return true
    },
  }
}

function apart(): Trouble {
  return new Trouble(
    'malformed',
    'Files of one message lie on one device. Send those of another in a message of their own.',
  )
}
