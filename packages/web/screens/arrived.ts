// How the reader came to the page: by an invitation or by a link of another device of theirs. Looked at before anything is shown;
// the address loses it at once, so that it is neither shared nor kept by the browser.

import { readDeviceLink, readInvitation, type Invited } from './invited.ts'

interface Arrived {
  invited?: Invited
  deviceLink?: string
}

const arrived: Arrived = {}

/** At the start of the page. */
export function noteArrival(): void {
  const invited = readInvitation(location.href)
  const deviceLink = readDeviceLink(location.href)
  if (invited) arrived.invited = invited
  if (deviceLink !== undefined) arrived.deviceLink = deviceLink
  if (invited || deviceLink !== undefined) history.replaceState(null, '', '/')
}

/** Still to be used, if there is one. */
export function arrivedInvitation(): Invited | undefined {
  return arrived.invited
}

export function arrivedDeviceLink(): string | undefined {
  return arrived.deviceLink
}

export function invitationUsed(): void {
  delete arrived.invited
}
