import { activeDevices, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import {
  formatLinkCode,
  hashOfPart,
  LINK_LIFE_MS,
  type LinkPart,
  linkKeys,
  linkUrl,
  macPart,
  parseLinkCode,
  parseLinkUrl,
} from '@doorpost/protocol/link'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { systemRandom as random } from '../random.ts'
import { unreachable } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { type FakeLine, type FakePostOffice, openFakePostOffice } from './fake-post-office.ts'
import { keepIdentity, readIdentity } from './identity-record.ts'
import { linkDevice } from './link-accept.ts'
import { answerRequest, awaitRequest, type LinkOptions, offerLink } from './link-offer.ts'
import { createListSigner } from './next-list.ts'
import { keepOwnList } from './own-list.ts'
import { alice, bob, identityOf, nextList, startMs } from './people-stage.ts'

interface Slot {
  offer: LinkPart
  request?: LinkPart
  answer?: LinkPart
}

let office: FakePostOffice
let slots: Map<string, Slot>
/** What a lying server makes of a slot when it is read. */
let lie: (slot: Slot, by: 'primary' | 'new') => Slot
let store: Store
let primary: LinkOptions
let nowMs: number
/** Calls that fail once: `SEND /devices`. */
let cut: Set<string>
const signal = AbortSignal.timeout(20_000)
const clock: Clock = {
  nowMs: () => nowMs,
  after(_ms, then) {
    const timer = setImmediate(then)
    return () => clearImmediate(timer)
  },
}

/** The post office with slots, as one side sees it. */
function withSlots(inner: FakeLine, by: 'primary' | 'new'): Line {
  const call: Line['call'] = async (method, target, options = {}) => {
    const asked = `${method} ${target.replace(/^\/links\/[^/]+/, '/links/SLOT')}`
    const lost = cut.delete(`${by} ${asked}`)
    const answer = await handled(asked, target, method, options)
    if (lost) throw unreachable('the answer was lost')
    return answer
  }
  async function handled(asked: string, target: string, method: string, options: { body?: unknown }) {
    if (asked === 'FINGER /') {
      const body = { doorpost: 1, domain: 'example.org', origins: ['https://example.org'], registration: 'open' }
      return { status: 200, headers: {}, body }
    }
    if (!target.startsWith('/links')) return inner.call(method, target, options)
    const name = target.split('/')[2] ?? ''
    const sent = options.body as { slot: string; offer: LinkPart; request: LinkPart; answer: LinkPart }
    if (asked === 'SEND /links') slots.set(sent.slot, { offer: sent.offer })
    else {
      const slot = slots.get(name)
      if (!slot) throw new Refusal('not-found')
      if (asked.endsWith('/request')) {
        if (slot.request && slot.request.mac !== sent.request.mac) throw new Refusal('conflict')
        slot.request = sent.request
      }
      if (asked.endsWith('/answer')) slot.answer = sent.answer
      if (method === 'RETRIEVE') {
        const body = { ...lie(slot, by), expiresAt: new Date(startMs + LINK_LIFE_MS).toISOString() }
        return { status: 200, headers: {}, body }
      }
    }
    return { status: 204, headers: {}, body: undefined }
  }
  return { ...inner, call }
}

async function primaryOf(itsStore: Store): Promise<LinkOptions> {
  const identity = await readIdentity(itsStore)
  if (!identity) throw new Error('nobody')
  const own = keepOwnList(itsStore, identity)
  const line = withSlots(office.lineOf(alice), 'primary')
  return { me: own.me, line, signer: createListSigner({ store: itsStore, line, own, clock }), clock, random }
}

beforeEach(async () => {
  nowMs = startMs
  office = openFakePostOffice()
  slots = new Map()
  cut = new Set()
  lie = (slot) => slot
  const made = await identityOf(alice)
  office.lists.set(alice, made.identity.deviceList)
  store = openMemoryStore()
  await store.write(keepIdentity(made.identity, made.accountKey))
  primary = await primaryOf(store)
})

const link = (code: string, itsStore = openMemoryStore(), device = 'tower') =>
  linkDevice({
    store: itsStore,
    origin: 'https://example.org',
    code: parseLinkCode(code) ?? new Uint8Array(),
    device,
    signal,
    clock,
    random,
    onWaiting: () => {},
    openLine: () => withSlots(office.lineOf(alice), 'new'),
  })

async function confirm(code: string, yes = true): Promise<string> {
  const { fingerprint } = await awaitRequest(code, signal, primary)
  await answerRequest({ code, fingerprint, yes }, signal, primary)
  return fingerprint
}

/** Both sides at once; answers what each came to. */
async function linking(code: string): Promise<PromiseSettledResult<unknown>[]> {
  return await Promise.allSettled([link(code), confirm(code)])
}

const codesOf = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'fine'))

describe('a code', () => {
  test('[DEV6] reads back however it is typed, and a slip is noticed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (code) => {
        const written = formatLinkCode(code)
        expect(written).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/)
        const typed = written.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
        expect(parseLinkCode(typed)).toEqual(code)
        expect(parseLinkUrl(linkUrl('https://example.org', code))).toEqual({ origin: 'https://example.org', code })
      }),
      { numRuns: 50 },
    )
    const good = formatLinkCode(new Uint8Array(16).fill(5))
    let noticed = 0
    for (let at = 0; at < good.length; at++) {
      if (good[at] === '-') continue
      const other = good[at] === 'A' ? 'B' : 'A'
      if (parseLinkCode(good.slice(0, at) + other + good.slice(at + 1)) === undefined) noticed++
    }
    // One in 256 slips fits by chance.
    expect(noticed).toBeGreaterThanOrEqual(26)
    for (const text of ['', good.slice(1), `${good}A`, 'ÄÖÜ', good.replace(/.{4}/, 'UUUU')]) {
      expect(parseLinkCode(text)).toBeUndefined()
    }
  })

  test('[DEV3] gives four different values, of which the slot’s name leads to none', () => {
    const { slot, offer, request, answer } = linkKeys(new Uint8Array(16).fill(5))
    const texts = [slot, ...[offer, request, answer].map((key) => Buffer.from(key).toString('base64url'))]
    expect(new Set(texts).size).toBe(4)
  })
})

describe('linking', () => {
  test('[DEV3] [DEV4] the new device is in the list that the account key signed, and knows the account', async () => {
    const { code } = await offerLink(primary)
    const [linked, fingerprint] = await linking(code)
    expect(codesOf([linked as PromiseSettledResult<unknown>, fingerprint as PromiseSettledResult<unknown>])).toEqual([
      'fine',
      'fine',
    ])
    const opened = openDeviceList(office.lists.get(alice) as never)
    expect(opened?.list.sequence).toBe(2)
    expect(activeDevices(opened?.list as never).map(({ name }) => name)).toEqual(['laptop', 'tower'])
    expect(primary.me.opened.head).toEqual(opened?.head)
  })

  test('[DEV3] a server that exchanges the new device’s keys for its own gets nothing signed', async () => {
    const { code } = await offerLink(primary)
    // It knows no code: all it can do is to make a part under a key of its own.
    const forged = linkKeys(new Uint8Array(16).fill(9))
    const evil = (await identityOf(bob)).identity.opened.list.devices[0] as never
    lie = (slot, by) =>
      by === 'primary' && slot.request
        ? { ...slot, request: macPart('request', { v: 1, offer: 'A'.repeat(43), device: evil }, forged) }
        : slot
    const stop = new AbortController()
    const linked = linkDevice({
      store: openMemoryStore(),
      origin: 'https://example.org',
      code: parseLinkCode(code) ?? new Uint8Array(),
      device: 'tower',
      signal: stop.signal,
      clock,
      random,
      onWaiting: () => {},
      openLine: () => withSlots(office.lineOf(alice), 'new'),
    })
    linked.catch(() => {})
    await expect(confirm(code)).rejects.toThrow(/does not know it whole/)
    stop.abort(new Error('enough'))
    await expect(linked).rejects.toThrow('enough')
    expect(openDeviceList(office.lists.get(alice) as never)?.list.sequence).toBe(1)
  })

  test('[DEV3] a server that offers another account, or answers for the primary, links nothing', async () => {
    const other = await identityOf(bob)
    const forged = linkKeys(new Uint8Array(16).fill(9))
    const offer = macPart(
      'offer',
      {
        v: 1,
        user: bob,
        accountKey: other.identity.accountKey,
        head: other.identity.opened.head,
        expiresAt: new Date(startMs + LINK_LIFE_MS).toISOString(),
      },
      forged,
    )
    const { code } = await offerLink(primary)
    lie = (slot, by) => (by === 'new' ? { ...slot, offer } : slot)
    await expect(link(code)).rejects.toMatchObject({ code: 'server-broke-protocol' })
    const said = {
      v: 1,
      said: 'yes',
      request: 'A'.repeat(43),
      deviceList: other.identity.deviceList,
      primary: 'laptop',
    } as const
    lie = (slot, by) => (by === 'new' && slot.request ? { ...slot, answer: macPart('answer', said, forged) } : slot)
    await expect(link(code)).rejects.toMatchObject({ code: 'server-broke-protocol' })
  })

  test('[DEV3] an answer to another request, or with a list that has other keys, is not believed', async () => {
    const { code } = await offerLink(primary)
    const keys = linkKeys(parseLinkCode(code) as Uint8Array)
    // Not even somebody who knew the code gets a device in by a list without it.
    for (const request of ['A'.repeat(43), undefined]) {
      lie = (slot, by) => {
        if (by !== 'new' || !slot.request) return slot
        const named = request ?? hashOfPart(slot.request)
        const said = {
          v: 1,
          said: 'yes',
          request: named,
          deviceList: primary.me.deviceList,
          primary: 'laptop',
        } as const
        return { ...slot, answer: macPart('answer', said, keys) }
      }
      await expect(link(code)).rejects.toMatchObject({ code: 'server-broke-protocol' })
      delete slots.get(keys.slot)?.request
    }
  })

  test('[DEV4] no is told, signs nothing, and forgets the keys', async () => {
    const { code } = await offerLink(primary)
    const itsStore = openMemoryStore()
    const [linked] = await Promise.allSettled([link(code, itsStore), confirm(code, false)])
    expect(codesOf([linked])).toEqual(['not-available'])
    expect(primary.me.opened.head.sequence).toBe(1)
    expect(await itsStore.all('identity')).toEqual([])
  })

  test('[DEV4] another device than the one that was shown is not signed in', async () => {
    const { code } = await offerLink(primary)
    const linked = link(code)
    linked.catch(() => {})
    await awaitRequest(code, signal, primary)
    const wrong = answerRequest({ code, fingerprint: 'A'.repeat(43), yes: true }, signal, primary)
    await expect(wrong).rejects.toThrow(/not the one that was shown/)
    expect(primary.me.opened.head.sequence).toBe(1)
    await confirm(code)
    await linked
  })

  test('[DEV6] a second device with the same code is told that it was used', async () => {
    const { code } = await offerLink(primary)
    await linking(code)
    await expect(link(code, openMemoryStore(), 'thief')).rejects.toThrow(/used this code already/)
  })

  test('[DEV2] a code whose time is over signs nothing, though the server keeps its slot', async () => {
    const { code } = await offerLink(primary)
    const linked = link(code)
    linked.catch(() => {})
    await awaitRequest(code, signal, primary)
    nowMs += LINK_LIFE_MS + 1
    await expect(confirm(code)).rejects.toMatchObject({ code: 'expired' })
    nowMs = startMs
    await confirm(code)
    await linked
    nowMs += 2 * LINK_LIFE_MS
    await expect(link(code, openMemoryStore(), 'late')).rejects.toThrow(/not in use/)
  })

  test('[DEV7] a device without the account key offers no code, and names the one that can', async () => {
    const { code } = await offerLink(primary)
    const towerStore = openMemoryStore()
    await Promise.all([link(code, towerStore), confirm(code)])
    const tower = await primaryOf(towerStore)
    await expect(offerLink(tower)).rejects.toThrow(/your device laptop alone/)
    await expect(tower.signer.next((devices) => devices)).rejects.toThrow(/your device laptop alone/)
  })

  test('[DEV5] whichever answer is lost, the same code goes on, and one list is signed', async () => {
    for (const lost of ['primary SEND /devices', 'primary SEND /links/SLOT/answer', 'new SEND /links/SLOT/request']) {
      cut.add(lost)
      const { code } = await offerLink(primary)
      const itsStore = openMemoryStore()
      const before = primary.me.opened.head.sequence
      const device = `d${before}`
      const linked = link(code, itsStore, device).catch(() => link(code, itsStore, device))
      const confirmed = confirm(code).catch(() => confirm(code))
      const [identity] = await Promise.all([linked, confirmed])
      expect([lost, identity.device, cut.size]).toEqual([lost, device, 0])
      expect(primary.me.opened.head.sequence).toBe(before + 1)
      expect(identity.opened.head).toEqual(openDeviceList(office.lists.get(alice) as never)?.head)
    }
  })

  test('[DEV5] a new device that died takes its keys to the next code, and is not signed in twice', async () => {
    const itsStore = openMemoryStore()
    const first = await offerLink(primary)
    cut.add('primary SEND /links/SLOT/answer')
    const waiting = link(first.code, itsStore)
    waiting.catch(() => {})
    await expect(confirm(first.code)).rejects.toMatchObject({ code: 'server-unreachable' })
    const [kept] = (await itsStore.all<{ entry: { key: string } }>('identity')).map(({ value }) => value.entry.key)
    slots.clear()
    await expect(waiting).rejects.toMatchObject({ code: 'not-available' })
    const second = await offerLink(primary)
    const [identity] = await Promise.all([link(second.code, itsStore), confirm(second.code)])
    expect(activeDevices(identity.opened.list).find(({ name }) => name === 'tower')?.key).toBe(kept)
    expect(identity.opened.head.sequence).toBe(2)
  })

  test('[DEV8] a list that was signed before the device died is the one that is handed in', async () => {
    office.refuse.set('SEND /devices', new Refusal('draining'))
    const revokedAt = new Date(startMs).toISOString()
    await expect(primary.signer.next((devices) => devices.map((one) => ({ ...one, revokedAt })))).rejects.toMatchObject(
      {
        code: 'draining',
      },
    )
    const [signed] = (await store.all('identity', 'next-list')).map(({ value }) => value)
    office.refuse.clear()
    nowMs += 60_000
    const again = await primaryOf(store)
    await again.signer.carryOut()
    expect(office.lists.get(alice)).toEqual(signed)
    expect(await store.get('identity', 'next-list')).toBeUndefined()
  })

  test('[GON6] a server that was put back to a time before the newest list is told it again, by the device that signs', async () => {
    const before = office.lists.get(alice)
    if (!before) throw new Error('no list')
    await primary.signer.next((devices) => devices)
    const newest = office.lists.get(alice)
    office.calls.length = 0
    await primary.signer.carryOut()
    expect(office.calls.filter((call) => call.includes('SEND /devices'))).toEqual([])
    office.lists.set(alice, before)
    await primary.signer.carryOut()
    expect(office.lists.get(alice)).toEqual(newest)
    // Another account under that name is nobody it has to tell.
    const { identity } = await identityOf(alice, 'another')
    office.lists.set(alice, identity.deviceList)
    await primary.signer.carryOut()
    expect(office.lists.get(alice)).toEqual(identity.deviceList)
  })

  test('[DEV8] where the server has another list of that number, nothing is signed over it', async () => {
    office.refuse.set('SEND /devices', new Refusal('list-refused'))
    await expect(primary.signer.next((devices) => devices)).rejects.toMatchObject({ code: 'list-refused' })
    expect(await store.get('identity', 'next-list')).toBeUndefined()
    expect(primary.me.opened.head.sequence).toBe(1)
  })

  test('[DEV30] a device that is shown a list without it knows that it was revoked, and keeps its own', async () => {
    const { code } = await offerLink(primary)
    const towerStore = openMemoryStore()
    const [identity] = await Promise.all([link(code, towerStore), confirm(code)])
    const own = keepOwnList(towerStore, identity)
    const made = await identityOf(alice)
    const without = nextList(primary.me.deviceList, made.accountKey, ({ devices }) => ({
      devices: devices.slice(0, 1),
    }))
    const opened = openDeviceList(without)
    if (!opened) throw new Error('no list')
    expect(await own.follow(without, opened)).toBe('revoked')
    expect(own.me.opened.head.sequence).toBe(2)
    expect((await readIdentity(towerStore))?.address).toBe(identity.address)
  })
})
