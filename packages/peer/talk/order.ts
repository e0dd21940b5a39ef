// The order of a conversation: by the instant at which the server accepted a message, then by id, so that it is the same on
// every device. As text that compares so. Pure.

import { CLOCK_SKEW_MS } from '@doorpost/protocol/limits'

/** `at`: RFC 3339. */
export function placeOf(at: string, id: string): string {
  return `${new Date(at).toISOString()} ${id}`
}

/** A message that waits to be accepted stands behind all others. */
export function waitingPlace(date: string, id: string): string {
  return `~${placeOf(date, id)}`
}

export function isWaitingPlace(place: string): boolean {
  return place.startsWith('~')
}

/** The id and the instant of a place that is not a waiting one. */
export function readPlace(place: string): { readonly at: string; readonly id: string } {
  const end = place.indexOf(' ')
  return { at: place.slice(0, end), id: place.slice(end + 1) }
}

/** When a message that came counts as accepted: what the server said, unless that lies after its coming. */
export function acceptedAtOf(said: string | undefined, receivedAt: string): string {
  if (said === undefined) return receivedAt
  return Date.parse(said) <= Date.parse(receivedAt) + CLOCK_SKEW_MS ? said : receivedAt
}
