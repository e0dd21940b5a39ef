// Links for people without an account, as the server keeps them: deposits, link holders' logins, and what they may ask.

import type { UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { grantKeys, holderAddress } from '@doorpost/protocol/grant'
import { LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { loginBytes } from '@doorpost/protocol/login'
import { sign } from '@doorpost/protocol/signature'
import { describe, expect, test } from 'vitest'
import { isReserved } from '../accounts/names.ts'
import {
  DOMAIN,
  type InMemoryServer,
  inMemoryServer,
  MESSAGE_ID,
  newPerson,
  ORIGIN,
  type Person,
  type Reply,
  triedSession,
} from '../in-memory-server.ts'
import { table } from '../table.ts'

const FINGERPRINT = toBase64url(new Uint8Array(32).fill(7))
const keys = grantKeys({ secret: new Uint8Array(16).fill(1), fingerprint: FINGERPRINT })
const others = grantKeys({ secret: new Uint8Array(16).fill(2), fingerprint: FINGERPRINT })
const HOUR_MS = 3_600_000

function depositAt(nowMs: number, change: object = {}): object {
  return {
    slot: keys.slot,
    accessKey: toBase64url(keys.access.public),
    messageId: MESSAGE_ID,
    expires: new Date(nowMs + HOUR_MS).toISOString(),
    sealed: 'AAAA',
    ...change,
  }
}

/** The answer to a link holder's proof; `by`: who signs it. */
async function proveTo(server: InMemoryServer, slot: string, by = keys, more: object = {}): Promise<Reply> {
  const target = `/users/link.${slot}/browser`
  const { nonce } = (await server.ask({ method: 'AUTHORIZATION', target, ...more })).json as { nonce: string }
  const deviceNonce = toBase64url(crypto.getRandomValues(new Uint8Array(32)))
  const proof = { origin: ORIGIN, device: holderAddress(slot, DOMAIN), serverNonce: nonce, deviceNonce }
  const signature = toBase64url(sign('login', loginBytes(proof), by.access.secret))
  const body = { origin: ORIGIN, serverNonce: nonce, deviceNonce, signature }
  return await server.ask({ method: 'AUTHORIZATION', target, body, ...more })
}

async function tokenOf(server: InMemoryServer): Promise<string> {
  return ((await proveTo(server, keys.slot)).json as { token: string }).token
}

async function linked(): Promise<{ server: InMemoryServer; alice: Person }> {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  expect((await alice.ask('SEND', '/grants', depositAt(server.clock.wallMs()))).status).toBe(201)
  return { server, alice }
}

describe('deposits', () => {
  test('[LNK3] the same again is kept once; something else in its place is a conflict, whoever brings it', async () => {
    const { server, alice } = await linked()
    const bob = await server.join('bob')
    const again = depositAt(server.clock.wallMs())
    expect((await alice.ask('SEND', '/grants', again)).status).toBe(201)
    expect((await bob.ask('SEND', '/grants', again)).status).toBe(409)
    expect((await alice.ask('SEND', '/grants', { ...again, sealed: 'AAAB' })).status).toBe(409)
  })

  test('[LNK3] a deposit is bounded in time, size and number', async () => {
    const { server, alice } = await linked()
    const nowMs = server.clock.wallMs()
    const at = async (change: object) => (await alice.ask('SEND', '/grants', depositAt(nowMs, change))).status
    const slotOf = (number: number) => number.toString(16).padStart(32, '0')
    expect(await at({ slot: slotOf(1), expires: new Date(nowMs).toISOString() })).toBe(469)
    expect(await at({ slot: slotOf(1), expires: new Date(nowMs + LIFETIME_MAX_MS + HOUR_MS).toISOString() })).toBe(400)
    expect(await at({ slot: slotOf(1), sealed: 'A'.repeat(350_000) })).toBe(400)
    expect(await at({ slot: slotOf(1), sealed: 'A'.repeat(400_000) })).toBe(413)
    for (let number = 1; number < 200; number++) expect(await at({ slot: slotOf(number) })).toBe(201)
    expect(await at({ slot: slotOf(200) })).toBe(464)
    server.clock.turn(HOUR_MS + 1)
    await alice.logIn()
    expect(await at({ slot: slotOf(200), expires: new Date(server.clock.wallMs() + 1).toISOString() })).toBe(201)
  })

  test('[LNK3] only its maker takes a link back, and nobody learns by trying whose links there are', async () => {
    const { server, alice } = await linked()
    const bob = await server.join('bob')
    const tries = [keys.slot, others.slot, 'nonsense'].map((slot) => bob.ask('REMOVE', `/grants/${slot}`))
    expect(new Set((await Promise.all(tries)).map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    const token = await tokenOf(server)
    const sealed = async () => (await server.ask({ method: 'RETRIEVE', target: '/grant', token })).json
    expect(await sealed()).toMatchObject({ sealed: 'AAAA' })
    await alice.ask('REMOVE', `/grants/${keys.slot}`)
    expect(await sealed()).toMatchObject({ sealed: null })
  })
})

describe('link holders', () => {
  test('[LNK4] unknown, over and wrongly proved links are one answer after the same steps', async () => {
    const { server } = await linked()
    const seen = async (slot: string, by = keys) => {
      server.calls.length = 0
      const { status, headers, text } = await proveTo(server, slot, by)
      // What the server counts for its own figures comes by the clock.
      const steps = server.calls.filter((call) => !call.startsWith('figures.'))
      return JSON.stringify([status, headers, text, steps])
    }
    const [unknown, wrong] = [await seen(others.slot, others), await seen(keys.slot, others)]
    expect(wrong).toBe(unknown)
    expect(unknown).toContain('login-refused')
    expect((await proveTo(server, keys.slot)).status).toBe(200)
    server.clock.turn(HOUR_MS)
    expect(await seen(keys.slot)).toBe(unknown)
  })

  test('[LNK4] guessing at links is counted by address, and asking by link', async () => {
    const policy = { rates: { authorization: { perAddress: { requests: 4, seconds: 60 } } } }
    const server = inMemoryServer({ policy })
    const target = `/users/link.${others.slot}/browser`
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries++) {
      statuses.push((await server.ask({ method: 'AUTHORIZATION', target })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    const { server: linkedServer } = await linked()
    const token = await tokenOf(linkedServer)
    linkedServer.follow({ rates: { other: { perUser: { requests: 1, seconds: 60 } } } })
    const ask = async (remoteAddress: string) =>
      (await linkedServer.ask({ method: 'RETRIEVE', target: '/grant', token, remoteAddress })).status
    expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([200, 429])
  })

  test('[LNK4] a login outlives its link by nothing', async () => {
    const { server } = await linked()
    server.clock.turn(HOUR_MS - 1000)
    const token = await tokenOf(server)
    server.clock.turn(1000)
    expect((await server.ask({ method: 'RETRIEVE', target: '/grant', token })).status).toBe(401)
  })

  test('[LNK4] a link holder binds no session, and its name is nobody else to register', async () => {
    const { server } = await linked()
    expect((await proveTo(server, keys.slot, keys, { session: triedSession() })).status).toBe(403)
    expect(isReserved(`link.${keys.slot}`)).toBe(true)
    expect(isReserved('link.larkin')).toBe(false)
    const body = { deviceList: newPerson(server, `link.${keys.slot}`).list }
    expect((await server.ask({ method: 'SEND', target: '/accounts', body })).status).not.toBe(201)
  })

  test('[LNK5] a link holder may ask what its rows say; everything else is as for anybody without a login', async () => {
    const { server, alice } = await linked()
    const token = await tokenOf(server)
    expect(
      table.filter((row) => row.who === 'login' && row.holders).map(({ method, target }) => method + target),
    ).toEqual(['QUIT/', 'LIST/ice', 'PIPE/tunnels/NAME/DEVICE', 'RETRIEVE/grant'])
    for (const { method, target, who, ...row } of table) {
      if (who === 'anyone' || 'holders' in row) continue
      const question = { method, target: target.replace(/[A-Z]+/g, 'x') }
      const [held, none] = [await server.ask({ ...question, token }), await server.ask(question)]
      expect([method, target, held.status, held.text]).toEqual([method, target, 401, none.text])
    }
    expect((await alice.ask('RETRIEVE', '/grant')).status).toBe(401)
  })

  test('[LNK5] FINGER tells a link holder what it tells strangers', async () => {
    const { server, alice } = await linked()
    await alice.comeOnline(['192.0.2.7:4711'])
    const token = await tokenOf(server)
    const [held, none] = await Promise.all(
      [{ token }, {}].map((more) => server.ask({ method: 'FINGER', target: '/users/alice', ...more })),
    )
    expect(held?.text).toBe(none?.text)
  })

  test('[LNK5] a link holder asks the device that made the link, about its message, and nobody else', async () => {
    const { server, alice } = await linked()
    const bob = await server.join('bob')
    await Promise.all([alice.comeOnline(), bob.comeOnline()])
    const token = await tokenOf(server)
    const ask = async (target: string, message: string) =>
      await server.ask({
        method: 'PIPE',
        target,
        token,
        headers: { 'doorpost-message': message },
        body: Buffer.from('?'),
      })
    const other = MESSAGE_ID.replace(/^A/, 'B')
    for (const [target, message] of [
      ['/tunnels/bob/laptop', `${alice.device} ${MESSAGE_ID}`],
      ['/tunnels/bob/laptop', `${bob.device} ${MESSAGE_ID}`],
      ['/tunnels/alice/laptop', `${alice.device} ${other}`],
      ['/tunnels/alice/phone', `${alice.device} ${MESSAGE_ID}`],
      ['/tunnels/alice/laptop', `${bob.device} ${MESSAGE_ID}`],
    ] as const) {
      expect([target, message, (await ask(target, message)).status]).toEqual([target, message, 467])
    }
  })

  test('[LNK5] [LNK6] what is asked reaches that device under the link’s name, and counts for the link’s maker', async () => {
    const { server, alice } = await linked()
    server.follow({ tunnel: { userTunnels: 1 } })
    const session = await alice.comeOnline()
    const token = await tokenOf(server)
    const message = { 'doorpost-message': `${alice.device} ${MESSAGE_ID}` }
    const question = {
      method: 'PIPE',
      target: '/tunnels/alice/laptop',
      token,
      headers: message,
      body: Buffer.from('?'),
    }
    const held = server.ask(question)
    for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate)
    const [push] = session.pushed as { id: string; requester: string }[]
    expect(push?.requester).toBe(holderAddress(keys.slot, DOMAIN))
    expect((await server.ask(question)).status).toBe(429)
    const answered = alice.ask('SEND', `/tunnel/${push?.id}`, Buffer.from('pieces'))
    expect((await held).text).toBe('pieces')
    await answered
    await alice.ask('REMOVE', `/grants/${keys.slot}`)
    expect((await server.ask(question)).status).toBe(467)
  })
})

test('[LNK3] what stands in a deposit is given back as it was', async () => {
  const server = inMemoryServer()
  const alice = await server.join('alice')
  const sealed = toBase64url(fromBase64url('A'.repeat(4000)).map((_, index) => index & 255))
  await alice.ask('SEND', '/grants', depositAt(server.clock.wallMs(), { sealed }))
  const reply = await server.ask({ method: 'RETRIEVE', target: '/grant', token: await tokenOf(server) })
  expect(reply.json).toEqual({
    expires: new Date(server.clock.wallMs() + HOUR_MS).toISOString(),
    sealed,
    from: alice.device,
  })
})

test('[LNK32] only a device of its maker’s user takes a link over, and nobody learns by trying whose links there are', async () => {
  const { server, alice } = await linked()
  const bob = await server.join('bob')
  const token = await tokenOf(server)
  const from = async () =>
    ((await server.ask({ method: 'RETRIEVE', target: '/grant', token })).json as { from: string }).from
  const tries = [keys.slot, others.slot, 'nonsense'].map((slot) => bob.ask('SEND', `/grants/${slot}`))
  expect(new Set((await Promise.all(tries)).map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(await from()).toBe(alice.device)
  await server.rooms.storage.grants.move(keys.slot, `alice@${DOMAIN}` as UserAddress, bob.device)
  expect(await from()).toBe(bob.device)
  await alice.ask('SEND', `/grants/${keys.slot}`)
  expect(await from()).toBe(alice.device)
})
