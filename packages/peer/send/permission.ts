// Whether this device lets another reach it, and by which way: puts together what is remembered of people, this user's preferences and
// the others' own words, and asks permitted.ts. Every path's answering side and every source ask here; fetching asks `between`.

import { isDeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Caller } from '../paths/path.ts'
import { type Between, betweenUs, mayCome } from '../paths/permitted.ts'

export interface Permission {
  /** `named`: both are parties of the message in question. */
  between(user: UserAddress, named: boolean): Promise<Between>
  /** Whether a proved caller may reach this device this way, before any media is asked for: a listener, or an offer of a path. */
  admits(caller: Caller): Promise<boolean>
  /**
   * Whether a proved caller may have what it is named for, by the way it came: its device must stand in the pinned list of its
   * user. `account`: the fingerprint that the message names that user by, where it is known.
   */
  mayHave(caller: Caller, account?: string): Promise<boolean>
  /** Called when this user's wishes changed, or somebody's word about their address. The returned function ends it. */
  onChange(listener: () => void): () => void
}

export function createPermission(options: {
  readonly me: Pick<Identity, 'user'>
  readonly people: Pick<People, 'recall' | 'permitDevice' | 'ownerOf'>
  preferences(): Pick<Preferences, 'openTo' | 'tunnelOnly'>
  /** Whether this user said that we may see their network address. */
  opensToMe(user: UserAddress): Promise<boolean>
  onChange(listener: () => void): () => void
}): Permission {
  const { me, people } = options

  async function between(user: UserAddress, named: boolean): Promise<Between> {
    const person = await people.recall(user)
    const opensToMe = await options.opensToMe(user)
    return betweenUs(user, { me: me.user, person, named, opensToMe, preferences: options.preferences() })
  }

  async function allows(caller: Caller, named: boolean, account?: string): Promise<boolean> {
    if (!isDeviceAddress(caller.address)) return false
    const { user } = splitDevice(caller.address)
    const found = await between(user, named)
    if (!mayCome(found, caller.via)) return false
    if (found.tie === 'own') return await people.permitDevice(caller)
    const owner = await people.ownerOf(caller)
    return owner !== undefined && !owner.blocked && (account === undefined || owner.fingerprint === account)
  }

  return {
    between,
    admits: (caller) => allows(caller, false),
    mayHave: (caller, account) => allows(caller, true, account),
    onChange: options.onChange,
  }
}
