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
  /** By conversation; read once: every list of conversations asks for all of them. */
  interface Kept {
    readonly drafts: Map<string, KeptDraft>
    readonly muted: Set<string>
  }
  let known: Promise<Kept> | undefined
  async function load(): Promise<Kept> {
    const [drafts, muted] = await Promise.all([store.all<KeptDraft>('talk', DRAFT), store.all<boolean>('talk', MUTED)])
    return {
      drafts: new Map(drafts.map(({ key, value }) => [key.slice(DRAFT.length), value])),
      muted: new Set(muted.map(({ key }) => key.slice(MUTED.length))),
    }
  }
  const kept = async () => {
    known ??= load()
    // Whoever asks next tries again.
    known.catch(() => (known = undefined))
    return await known
  }
  const draft = async (conversation: string) => (await kept()).drafts.get(conversation)?.text
  return {
    draft,
    async drafts() {
      return [...(await kept()).drafts].map(([conversation, { members }]) => ({ conversation, members }))
    },
    async keepDraft(conversation, members, text) {
      if (text.length > TEXT_LENGTH_MAX) throw new Trouble('too-large', 'This is longer than one message holds.')
      if (((await draft(conversation)) ?? '') === text) return false
      const key = DRAFT + conversation
      const value: KeptDraft = { text, members }
      await store.write([text === '' ? { drop: 'talk', key } : { put: 'talk', key, value }])
      const { drafts } = await kept()
      if (text === '') drafts.delete(conversation)
      else drafts.set(conversation, value)
      return true
    },
    isMuted: async (conversation) => (await kept()).muted.has(conversation),
    async mute(conversation, muted) {
      const key = MUTED + conversation
      await store.write([muted ? { put: 'talk', key, value: true } : { drop: 'talk', key }])
      const { muted: all } = await kept()
      if (muted) all.add(conversation)
      else all.delete(conversation)
    },
  }
}
