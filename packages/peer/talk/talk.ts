// Conversations of this device: operations of contract.ts.

import { type Operations, type Progress, Trouble } from '../operations.ts'
import type { TalkOperations } from './contract.ts'

interface Context {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

type Table = {
  [Name in keyof TalkOperations]: (
    args: Operations[Name]['args'],
    context: Context,
  ) => Promise<Operations[Name]['result']>
}

export interface Talk {
  readonly operations: Table
}

export function createTalk(): Talk {
  const notYet = async () => {
    throw new Trouble('not-available', 'Conversations are not kept here yet.')
  }
  return {
    operations: {
      conversations: async () => [],
      conversation: notYet,
      'talk.send': notYet,
      'talk.mark': notYet,
      'talk.typing': notYet,
      'talk.draft': notYet,
      'talk.mute': notYet,
      'talk.search': notYet,
      'talk.forget': notYet,
      'talk.recall': notYet,
      'talk.watch': notYet,
    },
  }
}
