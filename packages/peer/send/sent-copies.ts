// Copies that Doorpost itself owns: what the account's rule may archive or delete. node/sent-copies.ts keeps them in the home.

import type { FoundFile } from '../device-files.ts'
import { Trouble, type Draft } from '../operations.ts'
import type { CopyWish } from './retention.ts'

export interface SentCopies {
  /** Where the copies of this message lie. */
  folder(messageId: string): string
  /** Copies a file there, synced; answers its path. Throws Trouble `cannot-write`, `disk-full`, or the signal's reason. */
  make(messageId: string, file: FoundFile, signal: AbortSignal): Promise<string>
  /** The message did not come to be: its copies are of no use. */
  drop(messageId: string): Promise<void>
  /** Clears away copies of messages that never came to be. `isSent`: whether there is such a message. */
  tidy(isSent: (messageId: string) => Promise<boolean>): Promise<void>
}

/** What is to become of every file of a draft. Throws Trouble where a user's own files would be touched unasked. */
export function wishOf(
  { copy, whenFetched, confirmed }: Pick<Draft, 'copy' | 'whenFetched' | 'confirmed'>,
  take: CopyWish['take'],
): CopyWish {
  const touches = whenFetched !== undefined && whenFetched.do !== 'keep'
  if (touches && copy !== true && take === undefined && confirmed !== true) {
    throw new Trouble('malformed', 'Your own files would be moved or deleted. That has to be confirmed.', {
      todo: 'Confirm it with --yes, or give out a copy with --copy.',
    })
  }
  return {
    ...(copy === true && { own: true }),
    ...(whenFetched !== undefined && { asked: whenFetched }),
    ...(take !== undefined && { take }),
  }
}
