// Linking and recovering as the server sees them: slots that carry what it cannot read, and lists put in place without a login.

import { deviceAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { signDeviceList, signRecovered, type DeviceList } from '@doorpost/protocol/device-list'
import { LINK_LIFE_MS, linkKeys, macPart } from '@doorpost/protocol/link'
import type { LinkSlot } from '@doorpost/protocol/messages/links'
import { recoveryBytes } from '@doorpost/protocol/recovery'
import { generateSigningKey, hashOfSigned, sign } from '@doorpost/protocol/signature'
import { describe, expect, test } from 'vitest'
import {
  befriend,
  envelopeFor,
  type InMemoryServer,
  inMemoryServer,
  NOON,
  ORIGIN,
  type Person,
} from '../in-memory-server.ts'

const keys = linkKeys(new Uint8Array(16).fill(7))
const offer = macPart('offer', { v: 1 } as never, keys)
const [request, other, answer] = ['request', 'request', 'answer'].map((role, index) =>
  macPart(role as 'request', { v: 1, index } as never, keys),
)
const TARGET = `/links/${keys.slot}`
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('slots', () => {
  test('[DEV1] carry one word of each side, and show both to whoever can name them', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    expect((await alice.ask('SEND', '/links', { slot: keys.slot, offer })).status).toBe(201)
    const stranger = { token: undefined }
    expect((await alice.ask('SEND', `${TARGET}/request`, { request }, stranger)).status).toBe(204)
    expect((await alice.ask('SEND', `${TARGET}/request`, { request }, stranger)).status).toBe(204)
    expect((await alice.ask('SEND', `${TARGET}/request`, { request: other }, stranger)).status).toBe(409)
    expect((await alice.ask('SEND', `${TARGET}/answer`, { answer })).status).toBe(204)
    const read = (await alice.ask('RETRIEVE', TARGET, undefined, stranger)).json as LinkSlot
    expect(read).toMatchObject({ offer, request, answer })
    expect((await alice.ask('REMOVE', TARGET)).status).toBe(204)
    expect((await alice.ask('RETRIEVE', TARGET, undefined, stranger)).status).toBe(404)
  })

  test('[DEV1] are answered and ended by their user alone', async () => {
    const server = inMemoryServer()
    const [alice, eve] = [await server.join('alice'), await server.join('eve')]
    await alice.ask('SEND', '/links', { slot: keys.slot, offer })
    expect((await eve.ask('SEND', '/links', { slot: keys.slot, offer })).status).toBe(409)
    expect((await eve.ask('SEND', `${TARGET}/answer`, { answer })).status).toBe(404)
    expect((await eve.ask('REMOVE', TARGET)).status).toBe(404)
    expect((await alice.ask('RETRIEVE', TARGET)).json).not.toHaveProperty('answer')
  })

  test('[DEV2] live ten minutes, four a user, and bounded in what they hold', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const names = [1, 2, 3, 4, 5].map((fill) => linkKeys(new Uint8Array(16).fill(fill)).slot)
    for (const slot of names) await alice.ask('SEND', '/links', { slot, offer })
    const statuses = await Promise.all(names.map((name) => alice.ask('RETRIEVE', `/links/${name}`)))
    expect(statuses.map(({ status }) => status)).toEqual([404, 200, 200, 200, 200])
    const large = { body: 'A'.repeat(12_000), mac: offer.mac }
    expect((await alice.ask('SEND', `/links/${names[1]}/request`, { request: large })).status).toBe(413)
    // Together they hold no more than 16 Mi characters, whoever fills them.
    const answer = { body: 'A'.repeat(500_000), mac: offer.mac }
    const filled: number[] = []
    for (const [at, name] of ['ann', 'ben', 'cat', 'dan', 'eva', 'fay', 'gus', 'hal', 'ida'].entries()) {
      const person = await server.join(name)
      for (let nth = 0; nth < 4; nth++) {
        const { slot } = linkKeys(new Uint8Array(16).fill(100 + 4 * at + nth))
        await person.ask('SEND', '/links', { slot, offer })
        filled.push((await person.ask('SEND', `/links/${slot}/answer`, { answer })).status)
      }
    }
    expect([filled.filter((status) => status === 204).length, filled.at(-1)]).toEqual([33, 507])
    server.clock.turn(LINK_LIFE_MS)
    expect((await alice.ask('RETRIEVE', `/links/${names[4]}`)).status).toBe(404)
    expect((await alice.ask('SEND', `/links/${names[4]}/request`, { request })).status).toBe(404)
  })
})

/** A list that the recovery key signs, of another account key and one device; and the proof to hand it in with. */
async function recovering(server: InMemoryServer, alice: Person, change: { origin?: string; wrongKey?: true } = {}) {
  const account = generateSigningKey((bytes) => new Uint8Array(bytes).fill(9))
  const known = JSON.parse(Buffer.from(alice.list.body, 'base64url').toString()) as DeviceList
  const recovery = change.wrongKey ? account : alice.recoveryKey
  const named = { user: alice.address, accountKey: toBase64url(account.public) }
  const list: DeviceList = {
    ...known,
    ...named,
    sequence: known.sequence + 1,
    previous: hashOfSigned(alice.list),
    devices: [alice.newDevice('third')],
    signedAt: NOON,
    recovered: signRecovered(named, known.sequence + 1, alice.recoveryKey.secret),
  }
  const deviceList = signDeviceList(list, alice.recoveryKey)
  const { nonce } = (await server.ask({ method: 'AUTHORIZATION', target: '/recoveries/alice' })).json as {
    nonce: string
  }
  const deviceNonce = toBase64url(new Uint8Array(32).fill(3))
  const origin = change.origin ?? ORIGIN
  const proof = { origin, user: alice.address, list: hashOfSigned(deviceList), serverNonce: nonce, deviceNonce }
  const signature = toBase64url(sign('recovery', recoveryBytes(proof), recovery.secret))
  return { deviceList, origin, serverNonce: nonce, deviceNonce, signature }
}

describe('recovery', () => {
  const ask = (server: InMemoryServer, body: object, name = 'alice') =>
    server.ask({ method: 'AUTHORIZATION', target: `/recoveries/${name}`, body })

  test('[DEV10] the recovery key puts another account key in place; logins of before end with their devices', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const session = await alice.comeOnline()
    const body = await recovering(server, alice)
    expect((await ask(server, body)).status).toBe(200)
    expect(session.closedWith).toMatchObject({ code: 1008 })
    expect((await alice.ask('LIST', '/messages')).status).toBe(401)
    const finger = (await server.ask({ method: 'FINGER', target: '/users/alice' })).json as { accountKey: string }
    expect(finger.accountKey).not.toBe(
      (JSON.parse(Buffer.from(alice.list.body, 'base64url').toString()) as DeviceList).accountKey,
    )
    await expect(alice.logIn({ device: 'third' })).resolves.toHaveLength(43)
  })

  test('[DEV11] a proof is for this server, now, once, and by that key; unknown names are refused alike', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const good = await recovering(server, alice)
    const refused = async (body: object, name?: string) => {
      const { status, text } = await ask(server, body, name)
      return [status, text]
    }
    const wrong = await refused(await recovering(server, alice, { wrongKey: true }))
    expect(wrong[0]).toBe(401)
    expect(await refused(await recovering(server, alice, { origin: 'https://evil.example' }))).toEqual(wrong)
    expect(await refused(good, 'nobody-here')).toEqual(wrong)
    expect(await refused({ ...good, deviceList: alice.list })).toEqual(wrong)
    const late = await recovering(server, alice)
    server.clock.turn(61_000)
    expect(await refused(late)).toEqual(wrong)
    expect(await refused({ ...late, serverNonce: toBase64url(new Uint8Array(32)) })).toEqual(wrong)
    const fresh = await recovering(server, alice)
    expect((await ask(server, fresh)).status).toBe(200)
    expect(await refused(fresh)).toEqual(wrong)
    expect((await server.ask({ method: 'AUTHORIZATION', target: '/recoveries/nobody-here' })).status).toBe(200)
    const insecure = { method: 'AUTHORIZATION', target: '/recoveries/alice', secure: false }
    expect((await server.ask(insecure)).status).toBe(403)
  })
})

describe('devices of one user', () => {
  async function twoOfAlice(): Promise<{ server: InMemoryServer; alice: Person; bob: Person }> {
    const server = inMemoryServer()
    const [alice, bob] = [await server.join('alice'), await server.join('bob')]
    const list = alice.signNext(({ devices }) => ({ devices: [...devices, alice.newDevice('tower')] }))
    expect((await alice.ask('SEND', '/devices', { deviceList: list })).status).toBe(200)
    // What was told within a second is told once.
    server.clock.turn(2_000)
    await turn()
    return { server, alice, bob }
  }

  test('[DEV20] each is pushed and listed where the others are, whatever contacts may see', async () => {
    const { alice } = await twoOfAlice()
    const laptop = await alice.comeOnline()
    await alice.ask('SEND', '/presence', { online: true, share: 'nothing' })
    laptop.pushed.length = 0
    await alice.comeOnline(['192.0.2.7:4711'], 'tower')
    await turn()
    expect(laptop.pushed).toEqual([{ kind: 'presence', address: alice.address, device: 'tower' }])
    const { contacts } = (await alice.ask('LIST', '/presence')).json as { contacts: unknown[] }
    const tower = { device: 'tower', online: true, addresses: ['192.0.2.7:4711'] }
    expect(contacts).toEqual([{ address: alice.address, presence: [expect.anything(), tower] }])
    const seen = (await alice.ask('FINGER', '/users/alice')).json as { presence: unknown[] }
    expect(seen.presence).toContainEqual(tower)
  })

  test('[DEV21] contacts and own devices are told at once that the list is another', async () => {
    const { server, alice, bob } = await twoOfAlice()
    await befriend(alice, bob)
    const [laptop, tower] = [await alice.comeOnline(), await alice.comeOnline([], 'tower')]
    const ofBob = await bob.comeOnline()
    await turn()
    for (const session of [laptop, ofBob]) session.pushed.length = 0
    server.clock.turn(2_000)
    await turn()
    for (const session of [laptop, ofBob]) session.pushed.length = 0
    const list = alice.signNext(({ devices }) => ({
      devices: devices.map((one) => (one.name === 'tower' ? { ...one, revokedAt: NOON } : one)),
    }))
    expect((await alice.ask('SEND', '/devices', { deviceList: list })).status).toBe(200)
    await turn()
    expect(tower.closedWith).toMatchObject({ code: 1008 })
    const push = { kind: 'presence', address: alice.address, device: 'tower' }
    expect(ofBob.pushed[0]).toEqual(push)
    expect(laptop.pushed[0]).toEqual(push)
  })

  test('[DEV22] mail to oneself is for the other devices, and one device is that device alone', async () => {
    const { alice, bob } = await twoOfAlice()
    const tower = deviceAddress(alice.address, 'tower')
    const toSelf = envelopeFor(alice, [alice], { sealed: { keys: [{ device: tower, key: 'AAAA' }], body: 'AAAA' } })
    expect((await alice.ask('SEND', '/messages', toSelf)).status).toBe(202)
    const token = await alice.logIn({ device: 'tower' })
    const listed = async (more?: object) =>
      ((await alice.ask('LIST', '/messages', undefined, more)).json as { messages: { id: string }[] }).messages
    expect(await listed()).toEqual([])
    expect(await listed({ token })).toHaveLength(1)
    const toTower = envelopeFor(bob, [alice], { to: [tower], sealed: toSelf.sealed })
    expect((await bob.ask('SEND', '/messages', toTower)).status).toBe(202)
    expect(await listed()).toEqual([])
    expect(await listed({ token })).toHaveLength(2)
  })

  test('[DEV22] a device alone has nobody to write to but others', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    expect((await alice.ask('SEND', '/messages', envelopeFor(alice, [alice]))).status).toBe(409)
  })

  test('[DEV23] rules on who may write to whom do not stand between own devices', async () => {
    const { server, alice } = await twoOfAlice()
    server.follow({ send: [{ rule: 'deny', from: '*', to: '*' }] })
    const tower = deviceAddress(alice.address, 'tower')
    const toSelf = envelopeFor(alice, [alice], { sealed: { keys: [{ device: tower, key: 'AAAA' }], body: 'AAAA' } })
    expect((await alice.ask('SEND', '/messages', toSelf)).status).toBe(202)
  })
})
