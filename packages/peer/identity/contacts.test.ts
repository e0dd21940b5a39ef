import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Refusal } from '@doorpost/protocol/errors'
import { alice, bob, bobsDevice, carol, identityOf, startMs, openStage, type Stage } from './people-stage.ts'

let stage: Stage
let { office, a, b, store, line, people, troubles } = {} as Stage
beforeEach(async () => {
  stage = await openStage()
  ;({ office, a, b, store, line, people, troubles } = stage)
})

describe('agreeing', () => {
  const bobsPeople = () => stage.openFor(b)

  test("[N30] approval is local; mutual takes both it and the server's word", async () => {
    const his = await bobsPeople()
    expect(await people.approve(bob)).toMatchObject({ kind: 'known', person: { approved: true, mutual: false } })
    line.push({ kind: 'contact', address: carol, mutual: true })
    expect(await his.approve(alice)).toMatchObject({ person: { approved: true, mutual: true } })
    await vi.waitFor(async () => expect((await people.recall(bob))?.mutual).toBe(true))
  })

  test('[N30] nothing a server says makes anybody approved', async () => {
    await people.resolve(bob)
    line.push({ kind: 'contact', address: bob, mutual: true })
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: ['192.0.2.7:4711'] }])
    await vi.waitFor(async () => expect(await store.get('people', `person/${bob}`)).toMatchObject({ mutual: true }))
    await people.refresh()
    expect(await people.recall(bob)).toMatchObject({ approved: false, mutual: false })
    expect(await people.permitDevice({ address: bobsDevice, deviceKey: b.identity.deviceKey.public })).toBe(false)
  })

  test('[N31] wishes made without a line are kept, also across a restart, and carried out when it is back', async () => {
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(bob)
    await people.resolve(carol)
    line.become('offline')
    expect(await people.approve(bob)).toMatchObject({ kind: 'known', person: { approved: true } })
    expect(await people.block(carol)).toMatchObject({ kind: 'known', person: { blocked: true } })
    expect(office.approvals(alice)).toEqual([])
    await people[Symbol.asyncDispose]()
    const again = await stage.openFor(a, store, line)
    line.become('online')
    await vi.waitFor(() => {
      expect(office.approvals(alice)).toEqual([bob])
      expect(office.blocks(alice)).toEqual([carol])
    })
    line.become('offline')
    await again.withdraw(bob)
    await again.unblock(carol)
    await again.approve(bob)
    await again.withdraw(bob)
    line.become('online')
    await vi.waitFor(() => {
      expect(office.approvals(alice)).toEqual([])
      expect(office.blocks(alice)).toEqual([])
    })
    await vi.waitFor(async () => expect(await store.all('people', 'wish/')).toEqual([]))
  })

  test('[N31] a mind that changes while the server is being told is told as well', async () => {
    const call = line.call.bind(line)
    let withdrawn: Promise<void> | undefined
    line.call = async (method, target, options) => {
      const answer = await call(method, target, options)
      if (`${method} ${target}` === 'SEND /contacts') withdrawn ??= people.withdraw(bob)
      return answer
    }
    await people.approve(bob)
    await withdrawn
    expect(office.approvals(alice)).toEqual([])
    expect(await people.recall(bob)).toMatchObject({ approved: false })
  })

  test('[N31] a wish the server refuses for good is dropped and told, one refused for now stays', async () => {
    office.refuse.set('SEND /contacts', new Refusal('too-many'))
    await people.approve(bob)
    expect(await store.all('people', 'wish/')).toHaveLength(1)
    office.refuse.set('SEND /contacts', new Refusal('no-such-user'))
    await people.approve(bob)
    expect(await store.all('people', 'wish/')).toEqual([])
    expect(troubles.map((error) => (error as Refusal).code)).toEqual(['too-many', 'no-such-user'])
  })

  test('[N32] a blocked contact is no longer mutual, and withdrawing forgets presence', async () => {
    const his = await bobsPeople()
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: [] }])
    await his.approve(alice)
    await people.approve(bob)
    expect(await people.resolve(bob, { fresh: true })).toMatchObject({ person: { mutual: true, presence: [{}] } })
    await people.block(bob)
    expect(await people.recall(bob)).toMatchObject({ blocked: true, mutual: false })
    expect((await people.recall(bob))?.presence).toBeUndefined()
    expect(await people.permitDevice({ address: bobsDevice, deviceKey: b.identity.deviceKey.public })).toBe(false)
    await people.unblock(bob)
    expect(await people.recall(bob)).toMatchObject({ blocked: false, mutual: true })
  })

  test('[N33] a presence push makes us ask who is there, and listeners hear of what changed', async () => {
    const his = await bobsPeople()
    await his.approve(alice)
    await people.approve(bob)
    const heard: string[] = []
    people.onChange((address) => heard.push(address))
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: ['[2001:db8::7]:4711'] }])
    line.push({ kind: 'presence', address: bob, device: 'laptop' })
    await vi.waitFor(async () => {
      expect((await people.recall(bob))?.presence).toEqual(office.presence.get(bob))
      expect(heard).toContain(bob)
    })
  })

  test('[N33] asked to, it tells and asks the server without waiting for the line to come on', async () => {
    const his = await bobsPeople()
    line.become('offline')
    await people.resolve(bob)
    await expect(people.refresh()).rejects.toMatchObject({ code: 'server-unreachable' })
    line.become('online')
    await people.approve(bob)
    await his.approve(alice)
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: [] }])
    await people.refresh()
    expect(await people.recall(bob)).toMatchObject({ mutual: true, presence: [{ device: 'laptop' }] })
  })

  test('[N20] strangers are remembered but not listed, and forgotten before anybody who matters', async () => {
    await people.resolve(bob)
    expect(await people.list()).toEqual([])
    await people.acceptContactNote(await stage.remembered(bob), undefined)
    expect(await people.list()).toMatchObject([{ address: bob, theyAsked: true, approved: false }])
    await people.approve(bob)
    expect(await people.list()).toMatchObject([{ address: bob, theyAsked: false, approved: true }])
    const { deviceList } = b.identity
    const crowd = Array.from({ length: 2000 }, (_, i) => {
      const address = `stranger${i}@example.org`
      const metAt = new Date(startMs - i - 1).toISOString()
      return { put: 'people', key: `person/${address}`, value: { v: 1, address, metAt, deviceList } } as const
    })
    await store.write(crowd)
    const crowded = await stage.openFor(a, store, line)
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await crowded.resolve(carol)
    const left = (await store.all('people', 'person/')).map(({ key }) => key)
    expect(left).toHaveLength(2000 - 250 + 2 + 1)
    expect(left).toContain('person/alice@example.org')
    expect(left).toContain('person/bob@example.org')
    expect(left).toContain('person/carol@example.org')
    expect(left).not.toContain('person/stranger1999@example.org')
  })
})
