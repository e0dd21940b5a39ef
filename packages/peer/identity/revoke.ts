// Taking a device off the list: its logins, sessions and waiting mail end at the server, contacts learn it by the new list.

import { activeDevices } from '@doorpost/protocol/device-list'
import type { Clock } from '../clock.ts'
import { Trouble } from '../operations.ts'
import type { Identity } from './identity-record.ts'
import { cannotSign, type ListSigner } from './next-list.ts'

/** Throws Trouble `not-available` where this device cannot sign or is meant itself, `bad-address` where there is none. */
export async function revokeDevice(
  name: string,
  signal: AbortSignal,
  { me, signer, clock }: { readonly me: Identity; readonly signer: ListSigner; readonly clock: Clock },
): Promise<void> {
  const primary = await signer.primary()
  if (primary !== me.device) throw cannotSign(primary)
  if (name === me.device) {
    throw new Trouble('not-available', 'This device holds the account key: it cannot revoke itself.', {
      todo: 'If it is lost or to be given away, take the account over on another with doorpost recover.',
    })
  }
  const listed = me.opened.list.devices.find((device) => device.name === name)
  if (!listed)
    throw new Trouble('bad-address', `You have no device called "${name.replace(/\p{C}/gu, '').slice(0, 64)}".`, {
      todo: 'doorpost devices lists them.',
    })
  if (!activeDevices(me.opened.list).includes(listed)) return
  const revokedAt = new Date(clock.nowMs()).toISOString()
  await signer.next((devices) => devices.map((one) => (one.name === name ? { ...one, revokedAt } : one)), signal)
}
