// How a browser becomes a device: of a new account, of one that exists (by a link), or of one whose devices are lost (by words).
// What each means is session/join.ts's, identity/link-accept.ts's and identity/recover.ts's.

import { parseInvitation } from '@doorpost/protocol/invitation-link'
import { parseLinkCode, parseLinkUrl } from '@doorpost/protocol/link'
import { linkDevice } from '../identity/link-accept.ts'
import { recoverAccount } from '../identity/recover.ts'
import { Trouble } from '../operations.ts'
import { join } from '../session/join.ts'
import type { Store } from '../store/store.ts'
import type { Calls } from './page-messages.ts'

/** What a browser is called where its user said nothing. */
const DEVICE = 'browser'
/** Room `identity`: the words made here, until their user has them on paper. */
const WORDS = 'recovery-words'
/** `https://example.org/join#v1.TOKEN`, as an administrator gives it, or the token alone. */
const REGISTRATION = /^(?:https?:\/\/[^/?#@\\\s]+\/join#v1\.)?([A-Za-z0-9_-]{22})$/

export interface SignUpOptions {
  readonly store: Store
  /** The server that gave this page. */
  readonly origin: string
}

/** Answers the link by which whoever invited becomes a contact, to be opened once the device is there. */
export async function signUp(
  { name, invitation, device = DEVICE }: Calls['signUp']['args'],
  { store, origin }: SignUpOptions,
): Promise<string | undefined> {
  const written = invitation?.trim() ?? ''
  const contact = parseInvitation(written)
  const token = contact?.token ?? REGISTRATION.exec(written)?.[1]
  if (written !== '' && token === undefined) throw new Trouble('malformed', 'This invitation is not whole.')
  if (contact && contact.origin !== origin) {
    throw new Trouble('bad-address', `This invitation is for ${contact.origin}. Open it there.`)
  }
  await join({
    store,
    origin,
    user: name,
    device,
    ...(token !== undefined && { invitation: token }),
    showRecoveryWords: (words) => store.write([{ put: 'identity', key: WORDS, value: words }]),
  })
  return contact && written
}

export async function joinByLink(
  { code, device = DEVICE }: Calls['joinByLink']['args'],
  on: { readonly signal: AbortSignal; onFingerprint(fingerprint: string): void },
  { store, origin }: SignUpOptions,
): Promise<void> {
  const whole = parseLinkUrl(code)
  if (whole && whole.origin !== origin)
    throw new Trouble('bad-address', `This link is for ${whole.origin}. Open it there.`)
  const bytes = whole?.code ?? parseLinkCode(code)
  if (!bytes) {
    throw new Trouble('malformed', 'This code is not whole, or has a slip in it.', {
      todo: 'Compare it with the screen of the other device.',
    })
  }
  const { signal } = on
  await linkDevice({
    store,
    origin,
    code: bytes,
    device,
    signal,
    onWaiting: ({ fingerprint }) => on.onFingerprint(fingerprint),
  })
  await forgetWords(store)
}

export async function recover(
  { address, words, device = DEVICE }: Calls['recover']['args'],
  { store, origin }: SignUpOptions,
): Promise<void> {
  await recoverAccount({ store, origin, user: address, device, words: words.trim().toLowerCase().split(/\s+/) })
  await forgetWords(store)
}

export async function readWords(store: Store): Promise<readonly string[] | undefined> {
  return await store.get<string[]>('identity', WORDS)
}

export async function forgetWords(store: Store): Promise<void> {
  await store.write([{ drop: 'identity', key: WORDS }])
}
