// `links.make`: from a draft to a link for somebody without an account. Reads the files as `send` does; record, keys and lists are one
// write; then the sealed grant goes to the server.

import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import {
  GRANT_BYTES_MAX,
  GRANT_LIFETIME_DEFAULT_MS,
  GRANT_SECRET_BYTES,
  grantKeys,
  sealGrant,
  signGrant,
} from '@doorpost/protocol/grant'
import type { Handle } from '@doorpost/protocol/handle'
import { type LinkStatus, type Operations, type Progress, Trouble } from '../operations.ts'
import type { Change } from '../store/store.ts'
import { contentOf, handleOf, lifetimeOf, newMessageId, wordsOf } from './compose.ts'
import type { GrantRecord } from './grant-record.ts'
import { type Grants, GRANTS_MAX } from './grants.ts'
import { offerChanges } from './offered.ts'
import { findFiles, readOffer, type SendOptions } from './send.ts'

type MakeLinkOptions = Pick<SendOptions, 'me' | 'files' | 'crypto' | 'clock' | 'random'> & { readonly grants: Grants }

/** Throws Trouble, and what the server refuses for good. */
export async function makeLink(
  { opens: isOpen, ...args }: Operations['links.make']['args'],
  on: { readonly signal: AbortSignal; onProgress(progress: Progress): void },
  options: MakeLinkOptions,
): Promise<LinkStatus> {
  const { me, clock, random, grants } = options
  const draft = { ...args, to: [] }
  const words = wordsOf(draft)
  const lifetimeMs = lifetimeOf({ lifetimeMs: GRANT_LIFETIME_DEFAULT_MS, ...draft })
  if (draft.files.length === 0) throw new Trouble('nothing-to-send', 'A link needs a file: it is for media.')
  if (grants.size >= GRANTS_MAX) {
    throw new Trouble('not-available', 'There are too many links already.', { todo: 'Take some back first.' })
  }
  const id = newMessageId(random)
  const handles: Handle[] = []
  const offers: Change[] = []
  for (const file of await findFiles(draft, on, options)) {
    const offer = await readOffer(file, on, options)
    handles.push(handleOf(file, offer, draft, me.address))
    offers.push(...offerChanges(id, file, offer))
  }
  const content = contentOf(words, handles)
  on.signal.throwIfAborted()
  const secret = random(GRANT_SECRET_BYTES)
  const keys = grantKeys({ secret, fingerprint: me.fingerprint })
  const nowMs = clock.nowMs()
  const date = new Date(nowMs).toISOString()
  const expires = new Date(nowMs + lifetimeMs).toISOString()
  const accessKey = toBase64url(keys.access.public)
  const { fingerprint } = me
  const opens = isOpen ? { opens: true as const } : {}
  const grant = signGrant(
    {
      v: 1,
      id,
      from: me.address,
      fromAccount: fingerprint,
      accessKey,
      date,
      expires,
      head: me.opened.head,
      ...opens,
      content,
    },
    me.deviceKey,
  )
  const sealed = sealGrant(keys, { grant, deviceList: me.deviceList })
  if (fromBase64url(sealed).length > GRANT_BYTES_MAX) {
    throw new Trouble('too-large', 'These are more files, or longer names and texts, than one link holds.', {
      todo: 'Put them into an archive, or make several links.',
    })
  }
  const record: GrantRecord = {
    id,
    secret: toBase64url(secret),
    fingerprint,
    slot: keys.slot,
    accessKey,
    ...(words.title !== undefined && { title: words.title }),
    ...opens,
    date,
    expires,
    media: handles.map(({ root, name, sizeBytes }) => ({ root, name, sizeBytes })),
    sealed,
    told: 'nothing',
    stored: [],
  }
  await grants.create(record, offers)
  await grants.deposit(id)
  return grants.status(id)
}
