// Why nothing can be fetched now, and whom it waits for: sentences for a person.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'

export const noLine = 'The server cannot be reached. It goes on by itself when the server is back.'

/** It is on-line, and there is no way to it. */
export function hiddenReason(address: DeviceAddress): string {
  const { user, device } = splitDevice(address)
  return `${possessive(nameOf(user))} ${device} is on-line, but does not tell where it can be reached directly.`
}

/** Those who have it are contacts, and not there. */
export function awayReason(away: readonly DeviceAddress[]): string {
  const [first, ...others] = away
  if (!first) return 'Nobody has it now. It goes on by itself when somebody comes.'
  if (others.length > 0) {
    const who = [...new Set(away.map((one) => nameOf(splitDevice(one).user)))]
    return `No device of ${listed(who)} that has it is on-line. It goes on by itself when one is back.`
  }
  const { user, device } = splitDevice(first)
  return `${possessive(nameOf(user))} ${device} is not on-line. It goes on by itself when it is back.`
}

/** Those who have it are no contacts of ours, and cannot be asked. */
export function strangerReason(strangers: readonly UserAddress[]): string {
  const who = listed([...new Set(strangers.map(nameOf))]) || 'the sender'
  return `You and ${who} are not contacts of each other yet. It goes on when you are.`
}

/** Those who had it are devices that their users have no more. */
export function revokedReason(revoked: readonly DeviceAddress[]): string {
  const [first] = revoked
  if (!first) return awayReason([])
  const { user, device } = splitDevice(first)
  const name = nameOf(user)
  return `${possessive(name)} ${device}, which has it, is not ${possessive(name)} device any more. Ask for it to be sent again from another.`
}

/** What people call a user among their own. */
function nameOf(user: string): string {
  return user.slice(0, user.indexOf('@'))
}

function possessive(name: string): string {
  return name.endsWith('s') ? `${name}'` : `${name}'s`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
