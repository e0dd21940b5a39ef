// Who may reach whom by which kind of path (DESIGN section 6). Pure: what one side knows of the two in, kinds of path out. Both sides
// ask it: the one who fetches (what to try, whether to tell an address), and the one who answers (what a caller may have who
// came this way). Each knows its own wishes for certain; the other's refusal is the other's to enforce.
//
//   between                                   | direct | webrtc | tunnel
//   ------------------------------------------+--------+--------+-------
//   devices of one user                       |  yes   |  yes   |  yes
//   mutual contacts                           |  yes   |  yes   |  yes
//   mutual contacts, tunnel alone was wished  |   -    |   -    |  yes
//   named in one message, both opened         |  yes   |  yes   |  yes
//   named in one message                      |   -    |   -    |  yes
//   anybody else, and whoever is blocked      |   -    |   -    |   -

import { splitDevice, type DeviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { isAmong, type Preferences } from '@doorpost/protocol/preferences'
import type { Person } from '../identity/person.ts'
import type { PathKind } from './path.ts'

/** What one side knows of itself and another, when a path is to be opened or was. */
export interface Between {
  /** The closest that holds. `named`: both are sender or recipient of the message in question. */
  readonly tie: 'own' | 'mutual' | 'named' | 'none'
  /** By this side. */
  readonly blocked: boolean
  /** This side wishes the tunnel alone. */
  readonly tunnelOnly: boolean
  /** Each said that the other may see its network address. */
  readonly bothOpened: boolean
}

/** In order of preference; empty: nothing is asked, answered or told. */
export function permittedKinds({ tie, blocked, tunnelOnly, bothOpened }: Between): readonly PathKind[] {
  if (tie === 'own') return EVERY_KIND
  if (blocked || tie === 'none') return []
  const seesAddresses = !tunnelOnly && (tie === 'mutual' || bothOpened)
  return seesAddresses ? EVERY_KIND : ['tunnel']
}

/** Whether one who came by this kind of path may. A path within one process shows no address. */
export function mayCome(between: Between, via: PathKind): boolean {
  const kinds = permittedKinds(between)
  return via === 'memory' ? kinds.length > 0 : kinds.includes(via)
}

/** Whether an address is one of these recipients: by its user, or as that one device. */
export function isNamed(device: DeviceAddress, parties: readonly string[]): boolean {
  return parties.includes(device) || parties.includes(splitDevice(device).user)
}

/** What `me` knows of another user. `person`: as remembered; `opensToMe`: they said that we may see their address. */
export function betweenUs(
  other: UserAddress,
  known: {
    readonly me: UserAddress
    readonly person: Pick<Person, 'mutual' | 'blocked'> | undefined
    /** Both are parties of the message in question; false where there is none. */
    readonly named: boolean
    readonly opensToMe: boolean
    readonly preferences: Pick<Preferences, 'openTo' | 'tunnelOnly'>
  },
): Between {
  const { person, preferences } = known
  const bothOpened = known.opensToMe && isAmong(preferences.openTo, other)
  const tie = person?.mutual ? 'mutual' : known.named || bothOpened ? 'named' : 'none'
  return {
    tie: other === known.me ? 'own' : tie,
    blocked: person?.blocked ?? false,
    tunnelOnly: isAmong(preferences.tunnelOnly, other),
    bothOpened,
  }
}

const EVERY_KIND: readonly PathKind[] = ['direct', 'webrtc', 'tunnel']
