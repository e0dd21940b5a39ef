// Slots for linking a device (protocol/link.ts): named by a hash of a code this server never sees, ten minutes, one word of
// each side. In memory: a server that starts anew forgets them, and people make another code.

import type { UserAddress } from '@doorpost/protocol/address'
import type { LinkPart } from '@doorpost/protocol/link'
import { LINK_LIFE_MS } from '@doorpost/protocol/link'
import type { Clock } from '../listen/clock.ts'

/** Slots of one user at once: a code that was mistyped and a few more. The oldest goes. */
const SLOTS_PER_USER_MAX = 4
/** Slots at once: people who link a device within the same ten minutes. */
const SLOTS_MAX = 1_000
/** What stands in all slots together, characters: some 10,000 each, were all in use. One part may have half a million. */
const LENGTH_MAX = 16 * 1024 * 1024

export interface Slot {
  readonly user: UserAddress
  readonly offer: LinkPart
  readonly expiresAtMs: number
  readonly request?: LinkPart
  readonly answer?: LinkPart
}

export interface LinkSlots {
  /** `taken`: somebody else's slot has that name. `full`: too many are open. The same user's is made anew. */
  open(name: string, user: UserAddress, offer: LinkPart): Slot | 'taken' | 'full'
  /** Undefined when there is none, or its time is over. */
  get(name: string): Slot | undefined
  /** Puts a part into a slot that is there. False: there is no room for it. */
  say(name: string, role: 'request' | 'answer', part: LinkPart): boolean
  close(name: string): void
}

export function openLinkSlots(clock: Clock): LinkSlots {
  /** In the order they were opened, which is the order they end. */
  const slots = new Map<string, Slot>()

  function forget(): void {
    const nowMs = clock.wallMs()
    for (const [name, { expiresAtMs }] of slots) {
      if (expiresAtMs > nowMs) break
      slots.delete(name)
    }
  }

  /** Counted anew: linking is rare, and slots are few. */
  function length(): number {
    let sum = 0
    for (const { offer, request, answer } of slots.values()) {
      sum += offer.body.length + (request?.body.length ?? 0) + (answer?.body.length ?? 0)
    }
    return sum
  }

  return {
    open(name, user, offer) {
      forget()
      const before = slots.get(name)
      if (before && before.user !== user) return 'taken'
      slots.delete(name)
      const [oldest, ...others] = [...slots].filter(([, slot]) => slot.user === user)
      if (oldest && others.length + 1 >= SLOTS_PER_USER_MAX) slots.delete(oldest[0])
      if (slots.size >= SLOTS_MAX || length() + offer.body.length > LENGTH_MAX) return 'full'
      const slot: Slot = { user, offer, expiresAtMs: clock.wallMs() + LINK_LIFE_MS }
      slots.set(name, slot)
      return slot
    },
    get(name) {
      forget()
      return slots.get(name)
    },
    say(name, role, part) {
      const slot = slots.get(name)
      const before = slot?.[role]?.body.length ?? 0
      if (!slot || length() - before + part.body.length > LENGTH_MAX) return false
      // Keeps its place in the order.
      slots.set(name, { ...slot, [role]: part })
      return true
    },
    close: (name) => void slots.delete(name),
  }
}
