// Where messages stand in conversations: from what is kept of each to a line of the index. Pure.

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { InboxRecord } from '../receive/inbox-record.ts'
import type { SentRecord } from '../send/sent.ts'
import { membersOf } from './conversation-id.ts'
import { acceptedAtOf, placeOf, waitingPlace } from './order.ts'
import type { OwnMessage } from './own-messages.ts'
import type { Line } from './talk-index.ts'

export interface Placed {
  readonly line: Omit<Line, 'conversation'>
  readonly members: readonly UserAddress[]
}

/** `message` absent: the sent record says the rest. */
export interface KnownPlace {
  readonly message?: Pick<OwnMessage, 'to' | 'date'>
  readonly acceptedAt: string | undefined
}

/** Of this user's own: sent from here (`record`), from another device of theirs, or before words were kept (`known` undefined). */
export function placeOwn(
  me: UserAddress,
  id: string,
  known: KnownPlace | undefined,
  record: SentRecord | undefined,
): Placed | undefined {
  const to = known?.message?.to ?? record?.recipients.map(({ address }) => address)
  const date = known?.message?.date ?? record?.date
  if (!to || date === undefined) return undefined
  const acceptedAt = known?.acceptedAt ?? record?.acceptedAt
  const place = acceptedAt === undefined ? waitingPlace(date, id) : placeOf(acceptedAt, id)
  return { line: { id, place, from: me }, members: membersOf([me, ...to]) }
}

export function placeReceived(me: UserAddress, record: InboxRecord): Placed {
  const { id, from, receivedAt, standing } = record
  const declined = standing.state === 'refused' && standing.request === true
  const hidden = record.quiet === true || (record.capped === true && standing.state === 'request')
  return {
    line: {
      id,
      place: placeOf(acceptedAtOf(record.acceptedAt, receivedAt), id),
      from: splitDevice(from).user,
      state: standing.state,
      ...(declined && { declined: true as const }),
      ...(hidden && { hidden: true as const }),
    },
    // They were checked when the message was opened.
    members: membersOf([me, from, ...(record.to as UserAddress[])]),
  }
}
