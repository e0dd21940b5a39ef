// Fetches a media that is played and not kept: its pieces lie in a folder of their own while somebody reads, and are cleared away when
// nobody does. No receipt, and nobody is told of a copy.

import { fromBase64url } from '@doorpost/protocol/bytes'
import type { Handle } from '@doorpost/protocol/handle'
import type { DeviceFiles } from '../device-files.ts'
import { runFetch, type RunEnvironment, type RunOutcome } from './fetch-run.ts'
import type { InboxRecord } from './inbox-record.ts'

export interface PlayOnlyOptions {
  readonly handle: Handle
  readonly place: readonly string[]
  /** Absolute. */
  readonly folder: string
  readonly files: Pick<DeviceFiles, 'dropPart'>
  readonly environment: RunEnvironment
  /** Aborted when nobody reads it: what came is cleared away. */
  readonly signal: AbortSignal
  /** All of it is here. */
  onStored(path: string): void
}

/** Resolves when it is whole, stopped, or cannot go on. */
export async function playOnly(record: InboxRecord, options: PlayOnlyOptions): Promise<RunOutcome> {
  const { handle, folder, signal } = options
  const name = options.place.at(-1) ?? 'unnamed'
  try {
    return await runFetch(
      {
        message: { from: record.from, id: record.id },
        shared: false,
        media: [{ handle, place: [name] }],
        folder,
        noWait: () => false,
        attended: () => true,
        signal,
        on: {
          began: () => {},
          waits: async () => {},
          verified: () => {},
          dropped: () => {},
          async stored(_handle, path) {
            options.onStored(path)
          },
        },
      },
      options.environment,
    )
  } finally {
    if (signal.aborted) {
      const { root, sizeBytes, key } = handle
      const media = { root: fromBase64url(root), sizeBytes, key: fromBase64url(key) }
      await options.files.dropPart({ folder, below: [], name, media })
    }
  }
}
