// Link holders: callers without an account who proved the access key of a link. To the server each link is one made-up user with
// one device; all that they may do is get their grant and ask the device that gives it out.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { holderAddress, slotOfHolder } from '@doorpost/protocol/grant'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import type { Login } from '../accounts/logins.ts'
import type { Storage } from '../storage/storage.ts'
import type { Standing } from '../tunnel/admission.ts'

export function isHolder({ user }: Pick<Login, 'user'>): boolean {
  return slotOfHolder(user) !== undefined
}

/** The access key behind a link holder's address, base64url; undefined where there is no such link, or not any more. */
export async function accessKeyOf(
  storage: Pick<Storage, 'grants'>,
  device: DeviceAddress,
  domain: string,
  nowMs: number,
): Promise<string | undefined> {
  const slot = slotOfHolder(device)
  if (slot === undefined || device !== holderAddress(slot, domain)) return undefined
  return (await storage.grants.get(slot, nowMs))?.accessKey
}

/**
 * Lets a link holder ask the device that deposited its grant, or took it over since, about that message alone. `login` is whom the tunnel is counted
 * for: the link's maker, so that links are no way around what one user may carry. Throws Refusal `not-in-envelope`.
 */
export async function admitHolder(
  storage: Pick<Storage, 'grants'>,
  asking: Login,
  target: DeviceAddress,
  message: MailKey,
  nowMs: number,
): Promise<{ readonly standing: Standing; readonly login: Login }> {
  const grant = await storage.grants.get(slotOfHolder(asking.user) ?? '', nowMs)
  const isOpen = grant !== undefined && grant.sealed !== null
  if (!isOpen || grant.from !== target || message.from !== target || message.id !== grant.messageId) {
    throw new Refusal('not-in-envelope')
  }
  return { standing: { muted: false, mutual: false }, login: { ...asking, user: grant.user } }
}
