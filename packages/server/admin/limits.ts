// Limits as they hold now: the operator's policy file, and over it what an administrator set, which is kept in the storage and holds at
// once. A restart or another policy file changes nothing of what was set.

import type { AdminLimit } from '@doorpost/protocol/messages/admin'
import { checkLimits, limitsOf, policyWith, type SetLimits } from '../policy/limits.ts'
import type { Policy, PolicyFile } from '../policy/policy.ts'
import type { LimitStore } from '../storage/storage.ts'

export interface Limits {
  readonly policy: Policy
  list(): AdminLimit[]
  /** The policy file reads otherwise now. */
  follow(file: PolicyFile): Policy
  /** Null puts one back. Resolves when it is kept. Throws Refusal `malformed`, and then nothing has changed. */
  change(changes: Readonly<Record<string, number | string | null>>): Promise<Policy>
}

export interface LimitsOptions {
  readonly store: LimitStore
  /** What the store held. */
  readonly set: SetLimits
  readonly file: PolicyFile
  readonly onLoopback: boolean
}

export function openLimits({ store, onLoopback, ...first }: LimitsOptions): Limits {
  let { file, set } = first
  return {
    get policy() {
      return policyWith(file, set, onLoopback)
    },
    list: () => limitsOf(file, set, onLoopback),
    follow(next) {
      file = next
      return policyWith(file, set, onLoopback)
    },
    async change(changes) {
      checkLimits(changes)
      await store.change(changes)
      set = await store.all()
      return policyWith(file, set, onLoopback)
    },
  }
}
