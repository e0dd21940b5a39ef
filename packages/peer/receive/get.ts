// `get`: finds what is meant (an id, its beginning, a handle URL), has it fetched, and says where the files are. What is
// here already is copied from the verified copy; what has gone meanwhile is fetched again.

import { deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { type Handle, type HandleUrl, parseHandleUrl } from '@doorpost/protocol/handle'
import type { LocationMessage } from '@doorpost/protocol/location-message'
import type { Clock } from '../clock.ts'
import type { DeviceFiles } from '../device-files.ts'
import { type Operations, type Progress, Trouble } from '../operations.ts'
import type { Target } from '../paths/openers.ts'
import { runFetch, type RunEnvironment, type RunOutcome, shownName } from './fetch-run.ts'
import { createSum, type Fetches } from './fetches.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './inbox-record.ts'
import { placesOf } from './places.ts'
import { droppedReason } from './verdict.ts'

type GetArgs = Operations['get']['args']
type GetResult = Operations['get']['result']

/** Shortest beginning of an id that is taken, characters: 36 bits, as short as ids are shown. */
export const PREFIX_LENGTH_MIN = 6

export interface GetOptions {
  readonly inbox: Inbox
  readonly fetches: Fetches
  readonly environment: RunEnvironment
  readonly files: DeviceFiles
  readonly clock: Clock
  /** Of whom nothing is fetched, not even when asked for: they would notice. */
  isJunk(user: UserAddress): boolean
  /** Asks the server for new mail once; resolves when that is done or there is no line. */
  refresh(signal: AbortSignal): Promise<void>
  /** Waits a moment for this message's receipts to leave. `sent`: none is left here. */
  receipts(id: string): Promise<'sent' | 'queued'>
}

export interface GetRequest {
  readonly args: GetArgs
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

/** Throws Trouble, Trouble `cancelled` when the signal ended the waiting. */
export async function get(args: GetArgs, on: Omit<GetRequest, 'args'>, options: GetOptions): Promise<GetResult> {
  const request: GetRequest = { args, ...on }
  const url = parseHandleUrl(args.what)
  if (args.what.startsWith('doorpost:') && !url) throw new Trouble('malformed', 'This link is not whole.')
  const found = url ? await ofUrl(url, request, options) : await ofId(args.what, request, options)
  if (!found) return await fetchByUrl(url as HandleUrl, request, options)

  const { record, content, roots } = found
  if (record.standing.state === 'ready') return await deliver(record, content, roots, request, options)
  refuseJunk(record, options)
  const { folder, path } = args
  await options.files.makeFolders(folder, [])
  const want = { folder, ...(path !== undefined && { path }), ...(roots !== undefined && { roots }) }
  const { signal, onProgress } = request
  const outcome = await options.fetches.fetch(record.id, want, { signal, noWait: args.noWait === true, onProgress })
  const fetchedBytes = bytesOf(outcome)
  const after = await options.inbox.get(record.id)
  if (!after) throw noSuchMessage(args.what)
  // Another `get` may have been fetching it to another folder: then there is a copy to be made.
  const result = await deliver(after.record, after.content, roots, request, options)
  return { ...result, fetchedBytes: result.fetchedBytes + fetchedBytes }
}

/** What is meant, to be read and not kept. */
export interface WantedMedia {
  /** Absent where a link names media of a message that is not here. */
  readonly record?: InboxRecord
  readonly message: Target['message']
  readonly media: readonly (readonly [Handle, readonly string[]])[]
}

/** Throws Trouble. */
export async function findWanted(what: string, signal: AbortSignal, options: GetOptions): Promise<WantedMedia> {
  const url = parseHandleUrl(what)
  if (what.startsWith('doorpost:') && !url) throw new Trouble('malformed', 'This link is not whole.')
  const found = url ? await ofUrl(url, { signal }, options) : await ofId(what, { signal }, options)
  if (!found) {
    const { handle } = url as HandleUrl
    return { message: messageOf(url as HandleUrl), media: [[handle, placesOf([handle])[0] ?? ['unnamed']]] }
  }
  const { record, content, roots } = found
  refuseJunk(record, options)
  const places = placesOf(content.media)
  const media = content.media.map((handle, at) => [handle, places[at] ?? ['unnamed']] as const)
  const wanted = media.filter(([{ root }]) => roots?.includes(root) ?? true)
  return { record, message: { from: record.from, id: record.id }, media: wanted }
}

function refuseJunk(record: InboxRecord, options: GetOptions): void {
  const { user } = splitDevice(record.from)
  if (options.isJunk(user)) {
    throw new Trouble('not-available', `${user} is among your junk senders, who would notice that you fetch it.`, {
      todo: 'Take them out first: doorpost prefs junk remove WHO',
    })
  }
}

/** A link names the user alone; any device of theirs that has it may have sent it. */
function messageOf({ handle, from, messageId }: HandleUrl): Target['message'] {
  return { from: handle.sources[0] ?? deviceAddress(from, 'unknown'), id: messageId }
}

type Found = { record: InboxRecord; content: LocationMessage; roots?: readonly string[] }

async function ofId(what: string, { signal }: Pick<GetRequest, 'signal'>, options: GetOptions): Promise<Found> {
  if (!/^[A-Za-z0-9_-]{1,22}$/.test(what)) throw noSuchMessage(what)
  if (what.length < PREFIX_LENGTH_MIN) {
    throw new Trouble('no-such-message', `Give at least ${PREFIX_LENGTH_MIN} characters of the id.`)
  }
  const id = (await findId(what, options.inbox)) ?? (await options.refresh(signal), await findId(what, options.inbox))
  const found = id === undefined ? undefined : await options.inbox.get(id)
  if (!found) throw noSuchMessage(what)
  return found
}

/** The message that is meant by an id or the beginning of one. Throws Trouble `no-such-message` where it could be several. */
export async function findId(what: string, inbox: Pick<Inbox, 'get' | 'records'>): Promise<string | undefined> {
  if (await inbox.get(what)) return what
  if (what.length < PREFIX_LENGTH_MIN) return undefined
  const [first, second] = (await inbox.records()).filter(({ id }) => id.startsWith(what))
  if (second)
    throw new Trouble('no-such-message', `Several messages begin with "${what}".`, { todo: 'Give more of the id.' })
  return first?.id
}

/** The one media a link names, of a message that is here; undefined where the message is not. */
async function ofUrl(
  url: HandleUrl,
  { signal }: Pick<GetRequest, 'signal'>,
  options: GetOptions,
): Promise<Found | undefined> {
  let found = await options.inbox.get(url.messageId)
  if (!found) {
    await options.refresh(signal)
    found = await options.inbox.get(url.messageId)
  }
  const named = found?.content.media.some(({ root }) => root === url.handle.root)
  if (!found || !named || splitDevice(found.record.from).user !== url.from) return undefined
  return { ...found, roots: [url.handle.root] }
}

/** Where the files are, or copies of them in the folder asked for. */
async function deliver(
  record: InboxRecord,
  content: LocationMessage,
  roots: readonly string[] | undefined,
  request: GetRequest,
  options: GetOptions,
): Promise<GetResult> {
  const { files: disk, inbox } = options
  const { folder } = request.args
  const places = placesOf(content.media)
  const files: GetResult['files'] = []
  let fetchedBytes = 0
  for (const [index, handle] of content.media.entries()) {
    if (roots && !roots.includes(handle.root)) continue
    const { root, sizeBytes } = handle
    const place = places[index] ?? ['unnamed']
    const kept = record.media[index]?.path
    let file: string
    if (kept !== undefined && (await disk.sizeOf(kept)) === sizeBytes) {
      const into = await disk.makeFolders(folder, place.slice(0, -1))
      if (disk.liesIn(kept, into)) file = kept
      else {
        file = await disk.copy(kept, into, place.at(-1) ?? 'unnamed', request.signal)
        request.onProgress({ kind: 'in-place', name: shownName(handle), file })
      }
    } else {
      const again = await fetchAgain({ from: record.from, id: record.id }, handle, place, request, options)
      fetchedBytes += again.fetchedBytes
      file = again.file
      await inbox.moved(record.id, root, file)
    }
    files.push({ name: shownName(handle), file, sizeBytes, root })
  }
  const after = await inbox.get(record.id)
  const kept = after?.record.media.filter(({ root }) => roots?.includes(root) ?? true) ?? []
  const receipted = kept.length > 0 && kept.every(({ receipt }) => receipt === 'given')
  return { id: record.id, files, fetchedBytes, receipt: receipted ? await options.receipts(record.id) : 'none' }
}

/** Media named by a link alone: there is no message here, so there is no entry to keep and no receipt to give. */
async function fetchByUrl(url: HandleUrl, request: GetRequest, options: GetOptions): Promise<GetResult> {
  const { handle, messageId } = url
  await options.files.makeFolders(request.args.folder, [])
  const [place = ['unnamed']] = placesOf([handle])
  const { file, fetchedBytes } = await fetchAgain(messageOf(url), handle, place, request, options)
  const { sizeBytes, root } = handle
  return { id: messageId, files: [{ name: shownName(handle), file, sizeBytes, root }], fetchedBytes, receipt: 'none' }
}

async function fetchAgain(
  message: Target['message'],
  handle: Handle,
  place: readonly string[],
  { args, signal, onProgress }: GetRequest,
  { environment, clock }: GetOptions,
): Promise<{ file: string; fetchedBytes: number }> {
  const sum = createSum([{ root: handle.root, sizeBytes: handle.sizeBytes, verifiedBytes: 0 }], undefined, clock)
  const name = shownName(handle)
  let file = ''
  const outcome = await runFetch(
    {
      message,
      shared: false,
      media: [{ handle, place }],
      folder: args.folder,
      ...(args.path !== undefined && { pinned: args.path }),
      noWait: () => args.noWait === true,
      attended: () => true,
      signal,
      on: {
        began: () => {},
        waits: async (_handle, reason) => onProgress({ kind: 'waiting', name, reason }),
        verified(_handle, { verifiedBytes: doneBytes, source, path, sources }) {
          const figures = sum(handle.root, doneBytes)
          if (!figures || path === 'memory') return
          const more = sources > 1 ? { sources } : {}
          onProgress({
            kind: 'fetching',
            name,
            doneBytes,
            sizeBytes: handle.sizeBytes,
            ...figures,
            source,
            path,
            ...more,
          })
        },
        dropped(_handle, fault) {
          onProgress({ kind: 'dropped', name, reason: droppedReason(name, fault) })
        },
        async stored(_handle, path) {
          file = path
          onProgress({ kind: 'in-place', name, file: path })
        },
      },
    },
    environment,
  )
  return { fetchedBytes: bytesOf(outcome), file }
}

function bytesOf(outcome: RunOutcome): number {
  if (outcome.kind === 'stored') return outcome.fetchedBytes
  throw outcome.kind === 'stopped' ? new Trouble('cancelled', 'Stopped. What was fetched is kept.') : outcome.trouble
}

function noSuchMessage(what: string): Trouble {
  const shown = what.replace(/\p{C}/gu, '').slice(0, 40)
  return new Trouble('no-such-message', `There is no message "${shown}" here.`, { todo: 'The inbox shows the ids.' })
}
