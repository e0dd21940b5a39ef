// `get --stream`: one media of a message goes to whoever reads it, in order and verified, straight from its sources, or from the
// copy that is here. It leaves nothing behind: no file, no receipt, no state of the inbox; the sender keeps what it would have kept.

import type { Handle } from '@doorpost/protocol/handle'
import type { DeviceFiles } from '../device-files.ts'
import { type Operations, Trouble } from '../operations.ts'
import { runFetch, shownName } from './fetch-run.ts'
import { cannotFetch, createSum } from './fetches.ts'
import { findWanted, type GetOptions, type GetRequest } from './get.ts'
import type { Part } from './partial.ts'
import { createStreamPart, type Sink } from './stream-part.ts'
import { droppedReason } from './verdict.ts'

type StreamArgs = Operations['get.stream']['args']
type StreamResult = Operations['get.stream']['result']

/** A copy that is here is read in pieces of so many bytes. */
const READ_BYTES = 1024 * 1024

/**
 * Throws Trouble; `cancelled` when the signal ended it. That the reader has gone before the end is no trouble: `whole` says whether
 * it took everything.
 */
export async function stream(
  args: StreamArgs,
  { signal, onProgress }: Omit<GetRequest, 'args'>,
  options: GetOptions & { readonly files: DeviceFiles },
): Promise<StreamResult> {
  const { what, path } = args
  const found = await findWanted(what, signal, options)
  const [handle, place] = pick(found.media, args.media)
  const name = shownName(handle)
  const { sizeBytes } = handle
  const kept = found.record?.media.find(({ root }) => root === handle.root)?.path
  const state = found.record?.standing.state
  if (state === 'request' || state === 'expired' || state === 'refused') throw cannotFetch(state)
  await using sink = await options.files.openSink(args.socket)
  let part: Part | undefined
  const until = AbortSignal.any([signal, sink.gone])
  const result = (fetchedBytes: number, whole: boolean): StreamResult => ({
    id: found.message.id,
    name,
    sizeBytes,
    fetchedBytes,
    whole,
  })
  try {
    if (kept !== undefined && (await options.files.sizeOf(kept)) === sizeBytes) {
      await copyOut(kept, sizeBytes, sink, options.files, until)
      await sink.end()
      return result(0, true)
    }
    const { environment, clock } = options
    const sum = createSum([{ root: handle.root, sizeBytes, verifiedBytes: 0 }], undefined, clock)
    const outcome = await runFetch(
      {
        message: found.message,
        shared: false,
        media: [{ handle, place }],
        folder: '',
        into: (media) => (part ??= createStreamPart(media, sink)),
        ...(path !== undefined && { pinned: path }),
        noWait: () => args.noWait === true,
        attended: () => true,
        signal: until,
        on: {
          began: () => {},
          waits: async (_handle, reason) => onProgress({ kind: 'waiting', name, reason }),
          verified(_handle, { verifiedBytes: doneBytes, source, path: kind, sources }) {
            const figures = sum(handle.root, doneBytes)
            if (!figures || kind === 'memory') return
            const more = sources > 1 ? { sources } : {}
            onProgress({ kind: 'fetching', name, doneBytes, sizeBytes, ...figures, source, path: kind, ...more })
          },
          dropped: (_handle, fault) => onProgress({ kind: 'dropped', name, reason: droppedReason(name, fault) }),
          stored: async () => {},
        },
      },
      environment,
    )
    if (outcome.kind === 'stored') {
      await sink.end()
      return result(outcome.fetchedBytes, true)
    }
    if (sink.gone.aborted && !signal.aborted) return result(0, false)
    throw outcome.kind === 'stopped' ? new Trouble('cancelled', 'Stopped.') : outcome.trouble
  } catch (error) {
    if (sink.gone.aborted && !signal.aborted) return result(0, false)
    throw error
  }
}

/** By number from 1, or by name; the only one where nothing is said. */
function pick(
  media: readonly (readonly [Handle, readonly string[]])[],
  wanted: string | undefined,
): readonly [Handle, readonly string[]] {
  const [first] = media
  if (!first) throw new Trouble('not-available', 'There is nothing to fetch in this message.')
  const names = media.map(([handle], at) => `${at + 1} ${shownName(handle)}`).join(', ')
  if (wanted === undefined) {
    if (media.length === 1) return first
    throw new Trouble('no-such-file', `The message has ${media.length} media: ${names.slice(0, 400)}.`, {
      todo: 'Say which: --media NUMBER or --media NAME',
    })
  }
  const one =
    media.find(([{ name }]) => name === wanted) ?? media[/^[1-9]\d{0,5}$/.test(wanted) ? Number(wanted) - 1 : -1]
  if (!one) throw new Trouble('no-such-file', `There is no such media in this message. It has: ${names.slice(0, 400)}.`)
  return one
}

async function copyOut(
  path: string,
  sizeBytes: number,
  sink: Sink,
  files: DeviceFiles,
  signal: AbortSignal,
): Promise<void> {
  await using file = await files.open(path)
  const buffer = new Uint8Array(READ_BYTES)
  for (let at = 0; at < sizeBytes; ) {
    signal.throwIfAborted()
    const read = await file.read(at, buffer.subarray(0, Math.min(READ_BYTES, sizeBytes - at)))
    if (read === 0) throw new Trouble('file-changed', 'The copy that is here became shorter while it was read.')
    await sink.write(buffer.subarray(0, read))
    at += read
  }
}
