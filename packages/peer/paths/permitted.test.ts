import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { PathKind } from './path.ts'
import { type Between, betweenUs, isNamed, mayCome, permittedKinds } from './permitted.ts'

const me = 'alice@example.org' as UserAddress
const bob = 'bob@example.org' as UserAddress
const every: PathKind[] = ['direct', 'webrtc', 'tunnel']
const tunnel: PathKind[] = ['tunnel']

/** tie, blocked, tunnelOnly, bothOpened, and what is permitted. */
const table: [Between['tie'], boolean, boolean, boolean, PathKind[]][] = [
  ['own', false, false, false, every],
  ['own', false, true, false, every],
  ['mutual', false, false, false, every],
  ['mutual', false, false, true, every],
  ['mutual', false, true, false, tunnel],
  ['mutual', false, true, true, tunnel],
  ['mutual', true, false, true, []],
  ['named', false, false, false, tunnel],
  ['named', false, false, true, every],
  ['named', false, true, true, tunnel],
  ['named', true, false, false, []],
  ['named', true, false, true, []],
  ['none', false, false, false, []],
  ['none', false, false, true, []],
  ['none', true, false, false, []],
]

describe('who may use which path', () => {
  test.each(table)('[SRC1] %s, blocked %s, tunnel alone %s, both opened %s: %j', (...row) => {
    const [tie, blocked, tunnelOnly, bothOpened, kinds] = row
    const between = { tie, blocked, tunnelOnly, bothOpened }
    expect(permittedKinds(between)).toEqual(kinds)
    for (const via of every) expect(mayCome(between, via)).toBe(kinds.includes(via))
    expect(mayCome(between, 'memory')).toBe(kinds.length > 0)
  })

  const known = (more: Partial<Parameters<typeof betweenUs>[1]>) =>
    betweenUs(bob, {
      me,
      person: undefined,
      named: false,
      opensToMe: false,
      preferences: { openTo: [], tunnelOnly: [] },
      ...more,
    })

  test('[SRC1] one side alone opens nothing: neither our yes without theirs nor theirs without ours', () => {
    const ours = { openTo: [bob], tunnelOnly: [] }
    expect(permittedKinds(known({ named: true, preferences: ours }))).toEqual(tunnel)
    expect(permittedKinds(known({ named: true, opensToMe: true }))).toEqual(tunnel)
    expect(permittedKinds(known({ named: true, opensToMe: true, preferences: ours }))).toEqual(every)
    // Before a message is named: the direct listener decides at the hello.
    expect(permittedKinds(known({ opensToMe: true, preferences: ours }))).toEqual(every)
    expect(
      permittedKinds(known({ opensToMe: true, preferences: { openTo: ['example.org'], tunnelOnly: [] } })),
    ).toEqual(every)
  })

  test('[SRC1] a user is what the closest tie says: own devices, contacts, named, nobody', () => {
    const mutual = { mutual: true, blocked: false }
    const oneSided = { mutual: false, blocked: false }
    expect(known({ person: mutual, named: true })).toMatchObject({ tie: 'mutual', blocked: false })
    expect(known({ person: oneSided, named: true })).toMatchObject({ tie: 'named' })
    expect(known({ person: oneSided })).toMatchObject({ tie: 'none' })
    expect(known({ named: true })).toMatchObject({ tie: 'named' })
    expect(known({ person: { mutual: false, blocked: true }, named: true })).toMatchObject({ blocked: true })
    const to = { openTo: [], tunnelOnly: [] }
    const own = betweenUs(me, { me, person: undefined, named: false, opensToMe: false, preferences: to })
    expect(own.tie).toBe('own')
    expect(known({ person: mutual, preferences: { openTo: [], tunnelOnly: ['example.org'] } }).tunnelOnly).toBe(true)
  })

  test('[SRC2] a device is named by its user or as itself, and no other device of a user named by one', () => {
    const laptop = 'bob@example.org/laptop' as DeviceAddress
    expect(isNamed(laptop, ['carol@example.org', bob])).toBe(true)
    expect(isNamed(laptop, ['bob@example.org/laptop'])).toBe(true)
    expect(isNamed(laptop, ['bob@example.org/phone', 'carol@example.org'])).toBe(false)
    expect(isNamed(laptop, [])).toBe(false)
  })
})
