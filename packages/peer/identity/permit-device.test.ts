import { beforeEach, describe, expect, test } from 'vitest'
import { type DeviceAddress, deviceAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { systemRandom as random } from '../random.ts'
import { bob, bobsDevice, identityOf, nextList, openStage, type Stage } from './people-stage.ts'

let stage: Stage
let { office, a, b, line, people, troubles } = {} as Stage
beforeEach(async () => {
  stage = await openStage()
  ;({ office, a, b, line, people, troubles } = stage)
})

describe('the direct path', () => {
  const permitted = (address: string, deviceKey: Uint8Array) => people.permitDevice({ address, deviceKey })

  test('[N50] only an active device of an approved person, with its own key, may come', async () => {
    const key = b.identity.deviceKey.public
    expect(await permitted(bobsDevice, key)).toBe(false)
    await people.approve(bob)
    expect(await permitted(bobsDevice, key)).toBe(true)
    stage.pass(60_000)
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    for (const address of ['bob@example.org/phone', 'bob@example.org', 'carol@example.org/laptop', '../bob', '']) {
      stage.pass(60_000)
      expect(await permitted(address, key)).toBe(false)
    }
    expect(await people.deviceKeyOf(bobsDevice)).toEqual(key)
    expect(await people.deviceKeyOf(deviceAddress(bob, 'phone'))).toBeUndefined()
    expect(await people.deviceKeyOf('carol@example.org/laptop' as DeviceAddress)).toBeUndefined()
  })

  test('[N50] a revoked device may not come, from the moment we know', async () => {
    await people.approve(bob)
    const revokedAt = '2026-11-21T12:30:00.000Z'
    office.lists.set(
      bob,
      nextList(b.identity.deviceList, b.accountKey, ({ devices }) => ({
        devices: devices.map((device) => ({ ...device, revokedAt })),
      })),
    )
    await people.resolve(bob, { fresh: true })
    expect(await permitted(bobsDevice, b.identity.deviceKey.public)).toBe(false)
  })

  test('[N51] an unknown device makes us ask the server, but not again within ten seconds, and never for strangers', async () => {
    const unknownKey = generateSigningKey(random).public
    await permitted(bobsDevice, unknownKey)
    expect(stage.fingers()).toBe(0)
    await people.approve(bob)
    const before = stage.fingers()
    expect(await permitted(bobsDevice, unknownKey)).toBe(false)
    expect(await permitted(bobsDevice, unknownKey)).toBe(false)
    expect(stage.fingers()).toBe(before + 1)
    // A new device of his, in a list we have not seen yet.
    const phoneKey = await identityOf(bob, 'second')
    const phone = openDeviceList(phoneKey.identity.deviceList)?.list.devices[0]
    if (!phone) throw new Error('no device')
    office.lists.set(
      bob,
      nextList(b.identity.deviceList, b.accountKey, () => ({ devices: [phone] })),
    )
    expect(await permitted(bobsDevice, fromBase64url(phone.key))).toBe(false)
    stage.pass(10_000)
    expect(await permitted(bobsDevice, fromBase64url(phone.key))).toBe(true)
  })

  test('[N51] no line and a lying server mean no', async () => {
    await people.approve(bob)
    line.become('offline')
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    line.become('online')
    stage.pass(10_000)
    office.lists.set(bob, a.identity.deviceList)
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    expect(troubles).toHaveLength(1)
  })
})

test('[DEV30] a contact who is told that the devices are others asks for the list, and refuses the revoked one', async () => {
  const { identity, accountKey } = b
  await people.approve(bob)
  office.lists.set(
    bob,
    nextList(identity.deviceList, accountKey, ({ devices }) => ({
      devices: devices.map((device) => ({ ...device, revokedAt: '2026-11-21T12:30:00.000Z' })),
    })),
  )
  const heard = new Promise<void>((resolve) => {
    people.onChange((address) => {
      if (address === bob) resolve()
    })
  })
  line.push({ kind: 'presence', address: bob, device: 'laptop' })
  await heard
  expect(await people.permitDevice({ address: bobsDevice, deviceKey: identity.deviceKey.public })).toBe(false)
})
