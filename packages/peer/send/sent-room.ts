// The sent records of this device: changed one step at a time, each written before watchers hear of it.

import type { Clock } from '../clock.ts'
import type { SentStatus } from '../operations.ts'
import { recordsOf } from '../records.ts'
import type { Change, Store } from '../store/store.ts'
import type { Listeners } from '../session/listeners.ts'
import { nextSent, type SentEvent, type SentRecord, statusOf } from './sent.ts'

export interface SentRoom {
  get(id: string): Promise<SentRecord | undefined>
  /** In order of date. */
  all(): Promise<SentRecord[]>
  /** The write in which a message comes to be. */
  create(record: SentRecord, also: readonly Change[]): Promise<void>
  /** One write of what the event makes of the record, and `also` in any case. Undefined: no such message. */
  step(id: string, event: SentEvent, also?: readonly Change[]): Promise<SentRecord | undefined>
}

export function createSentRoom(store: Store, clock: Clock, watchers: Pick<Listeners<SentStatus>, 'tell'>): SentRoom {
  const records = recordsOf<SentRecord>(store, 'sent')
  /** As they were written last; all of them once somebody asked for all, which is often from then on. */
  let known: Promise<Map<string, SentRecord>> | undefined
  const load = async () => new Map((await records.all()).map(({ key, value }) => [key, value]))
  async function remember(record: SentRecord): Promise<void> {
    const all = await known?.catch(() => undefined)
    all?.set(record.id, record)
  }
  const tell = (record: SentRecord) => watchers.tell(statusOf(record, clock.nowMs()))
  return {
    get: async (id) => (await known)?.get(id) ?? (await records.get(id)),
    async all() {
      const loading = (known ??= load())
      // Whoever asks next tries again.
      loading.catch(() => {
        if (known === loading) known = undefined
      })
      return [...(await loading).values()].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
    },
    async create(record, also) {
      await records.change(record.id, () => ({ value: record, also }))
      await remember(record)
      tell(record)
    },
    async step(id, event, also = []) {
      let changed = false
      let isHere = false
      const after = await records.change(id, (current) => {
        if (!current) return undefined
        isHere = true
        const value = nextSent(current, event)
        changed = value !== current
        return changed || also.length > 0 ? { value, also } : undefined
      })
      if (after && changed) await remember(after)
      // Nothing to change, but what goes along is to be written all the same.
      if (!isHere && also.length > 0) await store.write(also)
      if (after && changed) tell(after)
      return after
    },
  }
}
