// What this device alone keeps of a conversation beside its messages: words that were not sent yet, and whether nothing rings for it.

import type { UserAddress } from '@doorpost/protocol/address'
import { TEXT_LENGTH_MAX } from '@doorpost/protocol/limits'
import { Trouble } from '../operations.ts'
import type { Store } from '../store/store.ts'

/** Room `talk`, key `draft CONVERSATION`. */
interface KeptDraft {
  readonly text: string
  readonly members: readonly UserAddress[]
}
const DRAFT = 'draft '
/** Room `talk`, key `muted CONVERSATION`: true, or nothing. */
const MUTED = 'muted '

export interface Asides {
  /** Undefined: nothing is begun there. */
  draft(conversation: string): Promise<string | undefined>
  /** Conversations in which something is begun. */
  drafts(): Promise<{ readonly conversation: string; readonly members: readonly UserAddress[] }[]>
  /** Empty text drops it. Answers whether it is another than before. Throws Trouble `too-large`. */
  keepDraft(conversation: string, members: readonly UserAddress[], text: string): Promise<boolean>
  isMuted(conversation: string): Promise<boolean>
  mute(conversation: string, muted: boolean): Promise<void>
}

export function createAsides(store: Store): Asides {
  const draft = async (conversation: string) => (await store.get<KeptDraft>('talk', DRAFT + conversation))?.text
  return {
    draft,
    async drafts() {
      const kept = await store.all<KeptDraft>('talk', DRAFT)
      return kept.map(({ key, value }) => ({ conversation: key.slice(DRAFT.length), members: value.members }))
    },
    async keepDraft(conversation, members, text) {
      if (text.length > TEXT_LENGTH_MAX) throw new Trouble('too-large', 'This is longer than one message holds.')
      if (((await draft(conversation)) ?? '') === text) return false
      const key = DRAFT + conversation
      const value: KeptDraft = { text, members }
      await store.write([text === '' ? { drop: 'talk', key } : { put: 'talk', key, value }])
      return true
    },
    isMuted: async (conversation) => (await store.get<boolean>('talk', MUTED + conversation)) === true,
    async mute(conversation, muted) {
      const key = MUTED + conversation
      await store.write([muted ? { put: 'talk', key, value: true } : { drop: 'talk', key }])
    },
  }
}
