// People with real keys for the mail benchmarks: they register, log in over a session or for a token, and write
// envelopes that are sealed as a device seals them.

import { randomBytes } from 'node:crypto'
import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { countersign, signDeviceList } from '@doorpost/protocol/device-list'
import type { Envelope } from '@doorpost/protocol/envelope'
import { loginBytes } from '@doorpost/protocol/login'
import { pieceLength } from '@doorpost/protocol/piece-list'
import { fingerprintOf, generateSigningKey, sign } from '@doorpost/protocol/signature'
import { signMessage } from '@doorpost/protocol/signed-message'
import { createIdentity } from '@doorpost/peer/identity/keys'
import type { Identity } from '@doorpost/peer/identity/identity-record'
import { sealMessage } from '@doorpost/peer/identity/seal'
import { WebSocket } from 'ws'

/** Life of a message as it usually is, ms. */
const LIFETIME_MS = 30 * 24 * 3600_000

const random = (bytes: number) => new Uint8Array(randomBytes(bytes))

/** Registers somebody under this name. */
export async function join(origin: string, domain: string, name: string): Promise<Identity> {
  const user = `${name}@${domain}` as UserAddress
  const { identity } = await createIdentity({ user, device: 'laptop', origin, random, nowMs: Date.now() })
  await ask(origin, 'SEND', '/accounts', { deviceList: identity.deviceList })
  return identity
}

let sharedKeys: Promise<Identity> | undefined

/** Registers somebody with the device keys of the first one: making ten thousand sets of keys would take minutes. */
export async function joinQuickly(
  origin: string,
  domain: string,
  name: string,
  first = 'first-of-all',
): Promise<Identity> {
  sharedKeys ??= join(origin, domain, first)
  const shared = await sharedKeys
  const user = `${name}@${domain}` as UserAddress
  const accountKey = generateSigningKey(random)
  const { device, deviceKey, opened } = shared
  const [{ recipient, createdAt } = { recipient: '', createdAt: '' }] = opened.list.devices
  const entry = countersign(
    user,
    { name: device, key: toBase64url(deviceKey.public), recipient, createdAt },
    deviceKey.secret,
  )
  const list = { ...opened.list, user, accountKey: toBase64url(accountKey.public), devices: [entry] }
  const deviceList = signDeviceList(list, accountKey)
  await ask(origin, 'SEND', '/accounts', { deviceList })
  return { ...shared, user, address: deviceAddress(user, device), deviceList }
}

export async function logInForToken(identity: Identity): Promise<string> {
  const { origin, user, device } = identity
  const target = `/users/${user.slice(0, user.indexOf('@'))}/${device}`
  const { nonce } = (await ask(origin, 'AUTHORIZATION', target)) as { nonce: string }
  const { token } = (await ask(origin, 'AUTHORIZATION', target, proofOf(identity, nonce))) as { token: string }
  return token
}

/** A session of this device, logged in. The caller reads its messages. */
export async function openSession(identity: Identity): Promise<WebSocket> {
  const { origin, user, device } = identity
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/session`, 'doorpost.v1', { perMessageDeflate: false })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const target = `/users/${user.slice(0, user.indexOf('@'))}/${device}`
  const challenge = await callOnce(socket, 'AUTHORIZATION', target)
  const { nonce } = challenge.body as { nonce: string }
  const { status } = await callOnce(socket, 'AUTHORIZATION', target, proofOf(identity, nonce))
  if (status !== 200) throw new Error(`${identity.address} could not log in: ${status}`)
  return socket
}

interface SessionAnswer {
  readonly status: number
  readonly body?: unknown
}

/** One call on a session that is otherwise silent. */
export async function callOnce(
  socket: WebSocket,
  method: string,
  target: string,
  body?: unknown,
): Promise<SessionAnswer> {
  const answer = new Promise<SessionAnswer>((resolve, reject) => {
    socket.once('message', (data) => resolve(JSON.parse((data as Buffer).toString()) as SessionAnswer))
    socket.once('close', () => reject(new Error('the session was closed')))
  })
  socket.send(JSON.stringify({ id: 0, method, target, ...(body !== undefined && { body }) }))
  const received = await answer
  socket.removeAllListeners('close')
  return received
}

/** A message about one film from `from` to `to`, signed and sealed for its device. */
export async function envelopeBetween(from: Identity, to: Identity): Promise<Envelope> {
  const id = toBase64url(random(16))
  const nowMs = Date.now()
  const dates = { date: new Date(nowMs).toISOString(), expires: new Date(nowMs + LIFETIME_MS).toISOString() }
  const sizeBytes = 2 ** 31
  const handle = {
    root: toBase64url(random(32)),
    sizeBytes,
    pieceLength: pieceLength(sizeBytes),
    key: toBase64url(random(32)),
    name: 'wedding.mp4',
    type: 'video/mp4',
    sources: [from.address],
  }
  const signed = signMessage(
    {
      v: 1,
      id,
      from: from.address,
      fromAccount: from.fingerprint,
      to: [{ address: to.user, accountKey: fingerprintOf(to.accountKey), seen: to.opened.head }],
      ...dates,
      head: from.opened.head,
      content: { title: 'The wedding', text: 'Sunday cut', media: [handle] },
    },
    from.deviceKey,
  )
  const { recipient = '' } = to.opened.list.devices[0] ?? {}
  const sealed = await sealMessage({ signed, id, devices: [{ device: to.address, recipient }] })
  return { v: 1, id, class: 'message', from: from.address, to: [to.user], ...dates, heads: [to.opened.head], sealed }
}

function proofOf({ origin, address, deviceKey }: Identity, serverNonce: string): object {
  const deviceNonce = toBase64url(random(32))
  const proof = { origin, device: address, serverNonce, deviceNonce }
  return {
    origin,
    serverNonce,
    deviceNonce,
    signature: toBase64url(sign('login', loginBytes(proof), deviceKey.secret)),
  }
}

/** The answer's JSON, undefined where there is none; 401 is the answer to a first AUTHORIZATION. */
export async function ask(
  origin: string,
  method: string,
  target: string,
  body?: unknown,
  token?: string,
): Promise<unknown> {
  const response = await fetch(`${origin}${target}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok && response.status !== 401) throw new Error(`${method} ${target}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
