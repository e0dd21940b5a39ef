// `decrypt`: ciphertext that another program fetched, as the verified plain file. The list is made from the ciphertext itself and must
// match the root that the sender signed; each piece is compared with it again as it is decrypted, so that a file which is changed
// meanwhile gives nothing. Then the media counts as stored, like any other.

import { fromBase64url, sameBytes } from '@doorpost/protocol/bytes'
import type { Handle } from '@doorpost/protocol/handle'
import {
  HASH_BYTES,
  keyCommitment,
  listMatchesRoot,
  pieceCount,
  pieceHash,
  pieceLength,
  pieceRange,
} from '@doorpost/protocol/piece-list'
import type { DeviceFiles } from '../device-files.ts'
import { type Operations, type Progress, Trouble } from '../operations.ts'
import { type MediaFile, SourceAway } from '../send/media-file.ts'
import type { PieceCrypto } from '../send/piece-crypto.ts'
import { shownName } from './fetch-run.ts'
import type { Inbox } from './inbox.ts'
import { placesOf } from './places.ts'

export interface DecryptOptions {
  readonly inbox: Inbox
  readonly files: DeviceFiles
  readonly crypto: PieceCrypto
}

/** `id` is whole. Throws Trouble, or the signal's reason. */
export async function decrypt(
  { file: path, id, folder }: Operations['decrypt']['args'],
  { signal, onProgress }: { readonly signal: AbortSignal; onProgress(progress: Progress): void },
  { inbox, files, crypto }: DecryptOptions,
): Promise<Operations['decrypt']['result']> {
  const found = await inbox.get(id)
  if (!found) throw new Trouble('no-such-message', `There is no message ${id} here.`)
  if (found.record.standing.state === 'request') {
    throw new Trouble('not-mutual', 'Nothing of a stranger is decrypted. Approve them first.')
  }
  const { content } = found
  await using file = await openCiphertext(files, path)
  const { sizeBytes } = await file.stamp()
  const piece = new Uint8Array(pieceLength(sizeBytes))
  const read = async (index: number) => {
    const { offset, length } = pieceRange(sizeBytes, index)
    signal.throwIfAborted()
    if ((await file.read(offset, piece.subarray(0, length))) < length) throw isNone(path)
    return { offset, bytes: piece.subarray(0, length) }
  }
  const count = pieceCount(sizeBytes)
  const list = new Uint8Array(count * HASH_BYTES)
  const name = path
  const candidates = content.media.filter((one) => one.sizeBytes === sizeBytes)
  for (let index = 0; candidates.length > 0 && index < count; index++) {
    const { offset, bytes } = await read(index)
    list.set(await crypto.hash(bytes), index * HASH_BYTES)
    onProgress({ kind: 'reading', name, doneBytes: offset + bytes.length, sizeBytes })
  }
  const handle = candidates.find((one) => isOf(one, list))
  if (!handle) throw isNone(path)

  const index = content.media.indexOf(handle)
  const place = placesOf(content.media)[index] ?? ['unnamed']
  const into = await files.makeFolders(folder, place.slice(0, -1))
  const key = fromBase64url(handle.key)
  const media = { messageId: id, root: fromBase64url(handle.root), sizeBytes, key }
  const opened = await files.openPart({ folder: into, name: place.at(-1) ?? 'unnamed', media })
  if (opened.state === 'busy') throw new Trouble('not-available', 'It is being fetched there in this moment.')
  if (opened.state === 'no-space') throw new Trouble('disk-full', `There is no room for ${shownName(handle)}.`)
  if (opened.state === 'disk') throw new Trouble('cannot-write', opened.cause)
  await using part = opened.part
  await part.keepList(list)
  for (let at = 0; at < count; at++) {
    if (part.has(at)) continue
    const { offset, bytes } = await read(at)
    if (!sameBytes(await crypto.hash(bytes), pieceHash(list, at))) throw isNone(path)
    await crypto.cipher(key, offset, bytes)
    await part.write(at, bytes)
  }
  const placed = await part.finish()
  await keepAsStored(id, handle, { path: placed, list, folder }, inbox)
  await part.forget()
  onProgress({ kind: 'in-place', name: shownName(handle), file: placed })
  return { name: shownName(handle), file: placed, sizeBytes, root: handle.root }
}

/** It is here now: written down with its receipt, as after a fetch. */
async function keepAsStored(
  id: string,
  { root }: Handle,
  { path, list, folder }: { readonly path: string; readonly list: Uint8Array; readonly folder: string },
  inbox: Inbox,
): Promise<void> {
  const record = (await inbox.get(id))?.record
  const state = record?.standing.state
  if (state === 'ready') return await inbox.moved(id, root, path)
  if (state !== 'announced') return
  await inbox.step(id, { kind: 'asked', want: { folder, roots: [root] } })
  await inbox.step(id, { kind: 'began' })
  await inbox.stored(id, root, path, list)
  // Ends the fetching that there was none of, where other media are still to come.
  await inbox.step(id, { kind: 'paused' })
}

function isOf({ root, key, sizeBytes }: Handle, list: Uint8Array): boolean {
  const facts = {
    sizeBytes,
    pieceLength: pieceLength(sizeBytes),
    keyCommitment: keyCommitment(fromBase64url(key)),
    list,
  }
  return listMatchesRoot(facts, fromBase64url(root))
}

async function openCiphertext(files: DeviceFiles, path: string): Promise<MediaFile> {
  try {
    return await files.open(path)
  } catch (error) {
    if (!(error instanceof SourceAway)) throw error
    throw new Trouble('no-such-file', `${path} cannot be read.`, { cause: error })
  }
}

function isNone(path: string): Trouble {
  return new Trouble('bad-pieces', `${path} is not what the sender of this message signed, so none of it was taken.`, {
    todo: 'Fetch it again; perhaps it did not arrive whole.',
  })
}
