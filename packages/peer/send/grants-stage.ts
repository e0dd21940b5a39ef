// The room of links of one device that has one film, for tests: its server does what the test says, and browsers come with what they were given.

import { deviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { grantKeys, holderAddress, parseGrantLink, pieceProof, vouchFor } from '@doorpost/protocol/grant'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { createWebPieceCrypto } from '../browser/web-crypto.ts'
import { fakeClock } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { alice, identityOf } from '../identity/people-stage.ts'
import type { LinkStatus } from '../operations.ts'
import type { Caller, Source } from '../paths/path.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { type GrantsOptions, openGrants } from './grants.ts'
import { linkOperations } from './link-operations.ts'
import { memoryMediaFile, testBytes } from './memory-media-file.ts'
import { createSource } from './serve.ts'

export const MiB = 1024 * 1024
const crypto = createWebPieceCrypto()
export const HOUR_MS = 3_600_000
export const { signal } = new AbortController()
export const on = { signal, onProgress() {} }
export const random = (bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes))

interface Asked {
  readonly method: string
  readonly target: string
  readonly body?: unknown
}

/** A device with one film, whose server does what `server` says. */
export async function openRoom(
  store = openMemoryStore(),
  clock = fakeClock(),
  {
    me: other,
    ...more
  }: Partial<Pick<GrantsOptions, 'webrtc' | 'hidesFrom'>> & { readonly me?: Partial<Identity> } = {},
) {
  const file = memoryMediaFile(testBytes(2 * MiB + 99), 'film.mp4')
  const { identity } = await identityOf(alice)
  const me = { ...identity, origin: 'https://example.org', ...other }
  const asked: Asked[] = []
  const server: { says(): Promise<void> } = { says: async () => {} }
  const line = {
    async call(method: string, target: string, { body }: { body?: unknown } = {}) {
      asked.push({ method, target, body })
      await server.says()
      return { status: 201, headers: {}, body: undefined }
    },
  }
  const grants = await openGrants({
    store,
    clock,
    me,
    line,
    random,
    hidesFrom: () => false,
    ...more,
    source: (): Source => source,
    onFault(error) {
      throw error
    },
  })
  const served = createSource({ find: grants.find, open: async () => file, crypto, clock })
  const source = { ...served, offered: grants.offered }
  const files = {
    find: async () => [
      { given: '/film.mp4', path: '/film.mp4', name: 'film.mp4', folder: [], sizeBytes: file.bytes.length },
    ],
    open: async () => file,
  }
  const links = linkOperations({
    me,
    files,
    crypto,
    clock,
    random,
    grants,
    linkHandOver: { ask: () => Promise.reject(new Error('nobody is asked')) },
  })
  return { store, clock, file, me, asked, server, grants, source, links }
}

/** One browser with a link; `via` says how it comes. */
export function holderOf({ link, id }: Pick<LinkStatus, 'link' | 'id'>, via: Caller['via'] = 'tunnel') {
  const parsed = parseGrantLink(link)
  if (!parsed) throw new Error('no link')
  const keys = grantKeys(parsed)
  const browser = generateSigningKey(random)
  const message = { from: deviceAddress(alice, 'first'), id }
  return {
    keys,
    browser,
    caller(me: { address: Caller['address'] }, more: Partial<NonNullable<Caller['grant']>> = {}): Caller {
      const vouched = vouchFor(
        browser.public,
        { ...message, from: me.address as typeof message.from },
        keys.access.secret,
      )
      const address = holderAddress(keys.slot, 'example.org')
      return { address, deviceKey: browser.public, via, grant: { vouched, ...more } }
    },
  }
}

export async function made(room: Awaited<ReturnType<typeof openRoom>>, lifetimeMs = HOUR_MS, opens = false) {
  const link = await room.links['links.make']({ files: ['/film.mp4'], title: 'The wedding', lifetimeMs, opens }, on)
  const [media] = link.media
  if (!media) throw new Error('no media')
  return { link, ref: { messageId: link.id, root: fromBase64url(media.root) }, root: media.root }
}

/** Takes the first piece as a browser does, and shows that it has it. */
export async function own(
  room: Awaited<ReturnType<typeof openRoom>>,
  holder: ReturnType<typeof holderOf>,
  link: LinkStatus,
) {
  const root = link.media[0]?.root ?? ''
  const ref = { messageId: link.id, root: fromBase64url(root) }
  const piece = await room.source.piece(holder.caller(room.me), ref, 0, signal)
  if (piece.state !== 'here') throw new Error(piece.state)
  const hash = pieceProof(holder.browser.public, piece.bytes)
  piece.release()
  return await room.grants.meet(holder.caller(room.me, { proof: { root, hash } }), link.id)
}

export async function stateOf(
  room: Awaited<ReturnType<typeof openRoom>>,
  caller: Caller,
  ref: { messageId: string; root: Uint8Array },
) {
  const states: string[] = []
  for (const index of [0, 1, 2]) {
    const piece = await room.source.piece(caller, ref, index, signal)
    if (piece.state === 'here') piece.release()
    states.push(piece.state)
  }
  return states
}
