// What of received media lies in this browser: told for the storage page, and cleared away from there.

import type { InboxEntry, Peer } from '../operations.ts'
import { Trouble } from '../operations.ts'
import type { KeptMedia, StorageState } from './contract.ts'
import type { OpfsFiles } from './opfs-files.ts'
import { folderOf, type OpfsTree } from './opfs-tree.ts'
import { originStorage } from './origin-storage.ts'
import { KEPT } from './running-device.ts'

export interface KeptOptions {
  readonly inbox: Pick<Peer, 'do'>
  readonly files: Pick<OpfsFiles, 'sizeOf'>
  readonly tree: OpfsTree
  /** A copy was cleared away. */
  cleared?(id: string, root: string): Promise<void>
  readonly storage?: Pick<StorageManager, 'estimate' | 'persisted'>
}

export async function storageState(options: KeptOptions): Promise<StorageState> {
  const { inbox, storage = originStorage() } = options
  const [{ usage = 0, quota = 0 }, persisted, entries] = await Promise.all([
    storage.estimate(),
    storage.persisted(),
    inbox.do('inbox', { show: 'all' }),
  ])
  const kept = await Promise.all(entries.flatMap((entry) => entry.media.map((media) => keptOf(entry, media, options))))
  return { usedBytes: usage, quotaBytes: quota, persisted, kept: kept.filter((one) => one !== undefined) }
}

/** States of a message in which something of it may have been fetched, and its record not have heard of it: pages go without a word. */
const UNDER_WAY: readonly InboxEntry['state'][] = ['fetching', 'scheduled']

async function keptOf(
  { id, state }: InboxEntry,
  { root, name, type, sizeBytes, verifiedBytes, path }: InboxEntry['media'][number],
  { files, tree }: KeptOptions,
): Promise<KeptMedia | undefined> {
  const about = { id, root, name, type, sizeBytes }
  if (path !== undefined && (await files.sizeOf(path)) === sizeBytes) return { ...about, hereBytes: sizeBytes, path }
  if (verifiedBytes === 0 && !UNDER_WAY.includes(state)) return undefined
  const part = await partOf(root, KEPT, tree)
  const hereBytes = part !== undefined && verifiedBytes === 0 ? await roomOf(part, tree) : verifiedBytes
  return part !== undefined && hereBytes > 0 ? { ...about, hereBytes: Math.min(hereBytes, sizeBytes) } : undefined
}

/** What the files of a part take, bytes. */
async function roomOf(part: string, tree: OpfsTree): Promise<number> {
  let bytes = 0
  for await (const [, handle] of (await tree.folder(part))?.entries() ?? []) {
    // One that is being written need not be shown; its fetch will say what there is.
    if ('getFile' in handle) bytes += (await handle.getFile().catch(() => undefined))?.size ?? 0
  }
  return bytes
}

/** Throws Trouble `no-such-file`; `not-available` while it is being fetched. */
export async function dropKept(
  what: { readonly id: string; readonly root: string },
  options: KeptOptions,
): Promise<void> {
  const { inbox, tree, files } = options
  const entries = await inbox.do('inbox', { show: 'all' })
  const media = entries.find(({ id }) => id === what.id)?.media.find(({ root }) => root === what.root)
  if (!media) throw new Trouble('no-such-file', 'There is nothing of it here.')
  const { path } = media
  const here = path !== undefined && (await files.sizeOf(path)) !== undefined
  const folder = here ? folderOf(path) : await partOf(what.root, KEPT, tree)
  if (folder === undefined) return
  try {
    await tree.remove(folder)
  } catch (cause) {
    throw new Trouble('not-available', 'It is being fetched, or somebody is being given it. Stop that first.', {
      cause,
    })
  }
  await options.cleared?.(what.id, what.root)
}

/** The folder of a root's own, wherever it lies below that one. */
async function partOf(root: string, below: string, tree: OpfsTree): Promise<string | undefined> {
  const folder = await tree.folder(below)
  if (!folder) return undefined
  for await (const [name, { kind }] of folder.entries()) {
    if (name === `.${root}`) return `${below}/${name}`
    if (kind !== 'directory' || name.startsWith('.')) continue
    const found = await partOf(root, `${below}/${name}`, tree)
    if (found !== undefined) return found
  }
  return undefined
}
