// Receipts: making one when media is verified, synced and in place; and believing one only when everything in it is right.
// Writing them down is inbox.ts's (given) and notes.ts's (taken).

import { type DeviceAddress, splitDevice } from '@doorpost/protocol/address'
import { type Receipt, signReceipt } from '@doorpost/protocol/receipt'
import type { Signed } from '@doorpost/protocol/signature'
import type { Identity } from '../identity/identity-record.ts'
import { recipientOf, type SentRecord } from '../send/sent.ts'
import type { InboxRecord, KeptMedia } from './inbox-record.ts'

/** How the keys of receipts begin that this device signed. */
export const GIVEN = 'given '

/** Keys in the room `receipts`. */
export function givenReceiptKey(messageId: string, root: string): string {
  return `${GIVEN}${messageId} ${root}`
}

export function takenReceiptKey(messageId: string, root: string, device: DeviceAddress): string {
  return `taken ${messageId} ${root} ${device}`
}

/** Only for media that is verified, synced and in place. */
export function makeReceipt(
  me: Identity,
  record: Pick<InboxRecord, 'id' | 'messageHash' | 'from'>,
  media: Pick<KeptMedia, 'root' | 'sizeBytes'>,
  storedAt: string,
): Signed {
  const receipt: Receipt = {
    v: 1,
    messageId: record.id,
    messageHash: record.messageHash,
    root: media.root,
    sizeBytes: media.sizeBytes,
    sender: splitDevice(record.from).user,
    device: me.address,
    head: me.opened.head,
    storedAt,
  }
  return signReceipt(receipt, me.deviceKey)
}

/** Whether a receipt that `device` signed is for this message, one of its media in full, and by one of its recipients. */
export function fitsSent(
  receipt: Receipt,
  device: DeviceAddress,
  sent: SentRecord,
  me: Pick<Identity, 'user'>,
): boolean {
  const media = sent.media.find(({ root }) => root === receipt.root)
  return (
    receipt.device === device &&
    receipt.sender === me.user &&
    receipt.messageId === sent.id &&
    receipt.messageHash === sent.messageHash &&
    media?.sizeBytes === receipt.sizeBytes &&
    recipientOf(sent, device) !== undefined
  )
}
