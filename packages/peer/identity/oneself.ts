// This user as a person this device knows: approved, mutual, and with one's own newest list, so that mail, notes, sources
// and paths treat one's other devices as they treat a contact's. Never listed as a contact; nothing can be decided about it.

import type { KnownPeople } from './known-people.ts'
import type { OwnList } from './own-list.ts'

/** From now on the person and `own` follow each other; call what is returned to end that. */
export async function knowOneself(known: KnownPeople, own: OwnList, now: () => string): Promise<() => void> {
  const { me } = own

  async function remember(): Promise<void> {
    const stored = await known.recall(me.user)
    // Nothing to write: a brief command opens a device for every line that is typed.
    if (stored?.deviceList.signature === me.deviceList.signature && stored.mutual === true) return
    const shown = { signed: me.deviceList, opened: me.opened, presence: known.presences.get(me.user) }
    await known.take(me.user, shown)
    await known.change(me.user, (stored) =>
      stored.approvedAt !== undefined && stored.mutual === true
        ? undefined
        : { ...stored, approvedAt: now(), mutual: true },
    )
  }

  await remember()
  const stored = await known.recall(me.user)
  // It was shown a list just before the process died.
  if (stored) await own.follow(stored.deviceList, known.openedOf(stored))
  // What could not be written now is written at the next start.
  return own.onFollow(() => void remember().catch(() => {}))
}
