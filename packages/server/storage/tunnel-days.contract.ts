// What every storage keeps to of what users took through the tunnel in a day. Part of storage.contract.ts.

import { expect, test } from 'vitest'
import { user } from './sample-mail.ts'
import type { OpenStorage } from './storage.contract.ts'

const alice = user('alice')
const bob = user('bob')

export function tunnelDaysContract(open: OpenStorage): void {
  test('[TUN11] what users took of a day adds up by user, and earlier days are forgotten', async () => {
    await using storage = await open()
    const { tunnelDays } = storage
    expect(await tunnelDays.of(20_000)).toEqual({})
    await Promise.all([tunnelDays.add(20_000, { [alice]: 5, [bob]: 2 ** 45 }), tunnelDays.add(20_000, { [alice]: 7 })])
    expect(await tunnelDays.of(20_000)).toEqual({ [alice]: 12, [bob]: 2 ** 45 })
    await tunnelDays.add(20_001, { [bob]: 1 })
    expect([await tunnelDays.of(20_000), await tunnelDays.of(20_001)]).toEqual([{}, { [bob]: 1 }])
  })
}
