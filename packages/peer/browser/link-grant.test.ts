// What a browser with a link believes, with a server that gives it whatever the test says.

import { toBase64url } from '@doorpost/protocol/bytes'
import { type Grant, grantKeys, sealGrant, signGrant } from '@doorpost/protocol/grant'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { fingerprintOf, type Signed, signJson } from '@doorpost/protocol/signature'
import { describe, expect, test } from 'vitest'
import { alice, bob, identityOf, nextList } from '../identity/people-stage.ts'
import { Trouble } from '../operations.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { holdLink } from './link-grant.ts'

const random = (bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes))
const origin = 'https://example.org'
const EXPIRES = '2026-11-28T12:00:00.000Z'

/** A link of alice's; `change`: what the sealed grant says otherwise; `by`: who signs it, and whose list stands beside it. */
async function linkOf(change: Partial<Grant> = {}, by = alice) {
  const { identity: maker } = await identityOf(alice)
  const { identity: signer } = await identityOf(by)
  const link = { origin, secret: random(16), fingerprint: maker.fingerprint }
  const keys = grantKeys(link)
  const grant: Grant = {
    v: 1,
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    from: signer.address,
    fromAccount: signer.fingerprint,
    accessKey: toBase64url(keys.access.public),
    date: '2026-11-21T12:00:00.000Z',
    expires: EXPIRES,
    head: signer.opened.head,
    content: { title: 'The wedding', media: [] },
    ...change,
  }
  const content = { grant: signGrant(grant, signer.deviceKey), deviceList: signer.deviceList }
  return { link, keys, sealed: sealGrant(keys, content) }
}

/** Answers as a server would; `retrieve` is what it keeps. */
function serverOf(retrieve: () => Response) {
  const urls: string[] = []
  const json = (status: number, body: object) =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  const nonce = toBase64url(new Uint8Array(32))
  return {
    urls,
    async fetch(url: string, { method, body }: RequestInit) {
      urls.push(`${method} ${url}`)
      if (method === 'FINGER')
        return json(200, { doorpost: 1, domain: 'example.org', origins: [origin], registration: 'closed' })
      if (method === 'RETRIEVE') return retrieve()
      if (method === 'QUIT') return new Response(null, { status: 204 })
      return body === undefined
        ? json(401, { nonce, expiresAt: EXPIRES })
        : json(200, { token: nonce, expiresAt: EXPIRES })
    },
    gives: (sealed: string | null, from: string) => () => json(200, { expires: EXPIRES, sealed, from }),
  }
}

async function held(
  made: Awaited<ReturnType<typeof linkOf>>,
  sealed: string | null = made.sealed,
  store = openMemoryStore(),
  from: string = `${alice}/laptop`,
) {
  const { gives } = serverOf(() => new Response())
  const server = serverOf(gives(sealed, from))
  const hold = holdLink({ link: made.link, store, random, fetch: server.fetch })
  return { server, store, hold }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'held'
  } catch (error) {
    return error instanceof Trouble ? error.code : String(error)
  }
}

describe('a link is believed', () => {
  test('[LNK13] when the account that it names signed it for this link', async () => {
    const { hold, server } = await held(await linkOf())
    await using link = await hold
    expect(link.sender).toMatchObject({ address: alice, approved: true, mutual: false })
    expect(link.grant.content.title).toBe('The wedding')
    expect(server.urls).toContain(`RETRIEVE ${origin}/grant`)
  })

  test('[LNK13] and by no other account, for no other link, under no other name', async () => {
    const other = grantKeys({ secret: random(16), fingerprint: toBase64url(random(32)) })
    const { identity: bobs } = await identityOf(bob)
    const wrong = {
      'another account': await linkOf({}, bob),
      'another account under her name': await linkOf({ from: (await identityOf(alice)).identity.address }, bob),
      'her name and account, another signer': await linkOf(
        {
          from: (await identityOf(alice)).identity.address,
          fromAccount: (await identityOf(alice)).identity.fingerprint,
        },
        bob,
      ),
      'another link’s access key': await linkOf({ accessKey: toBase64url(other.access.public) }),
      'a device that is not on her list': await linkOf({ from: bobs.address }),
    }
    for (const [name, made] of Object.entries(wrong)) {
      const { hold } = await held(made)
      expect([name, await codeOf(hold)]).toEqual([name, 'malformed'])
    }
    const good = await linkOf()
    const { hold } = await held(good, (await linkOf()).sealed)
    expect(await codeOf(hold)).toBe('malformed')
  })

  test('[LNK4] taken back is told as such, and nothing is kept of it', async () => {
    const { hold, store } = await held(await linkOf(), null)
    expect(await codeOf(hold)).toBe('gone')
    expect(await store.all('grants')).toEqual([])
  })

  test('[LNK14] once held it is known without a server, by the same key', async () => {
    const made = await linkOf()
    const { hold, store } = await held(made)
    const first = await hold
    await first[Symbol.asyncDispose]()
    const off = () => Promise.reject(new TypeError('no network'))
    await using second = await holdLink({ link: made.link, store, random, fetch: off })
    expect(second.browser).toEqual(first.browser)
    expect(second.grant).toEqual(first.grant)
    expect(await codeOf(second.standing())).toBe('server-unreachable')
  })

  test('[LNK30] whoever gives it out is one of its sender’s own devices, whatever the server says', async () => {
    const { identity } = await identityOf(alice)
    const { identity: bobs } = await identityOf(bob)
    const serving = async (from: string) => {
      const { hold } = await held(await linkOf(), undefined, openMemoryStore(), from)
      await using link = await hold
      return link.serving
    }
    const own = { address: identity.address, deviceKey: identity.deviceKey.public }
    expect(await serving(identity.address)).toEqual(own)
    expect(await serving(bobs.address)).toEqual(own)
    expect(await serving(`${alice}/nowhere`)).toEqual(own)
  })
})

test('[GON7] what a device gave out that its user revoked is taken back, by a list that is theirs', async () => {
  const { identity, accountKey } = await identityOf(alice)
  const { identity: bobs, accountKey: bobsKey } = await identityOf(bob)
  const revokedAt = '2026-11-22T08:00:00.000Z'
  const revoked = (signed: Signed, key: typeof accountKey) =>
    nextList(signed, key, ({ devices }) => ({ devices: devices.map((one) => ({ ...one, revokedAt })) }))
  const made = await linkOf()
  const server = serverOf(serverOf(() => new Response()).gives(made.sealed, identity.address))
  let shown = identity.deviceList
  const fetch = async (url: string, init: RequestInit) => {
    if (init.method !== 'FINGER' || !url.endsWith('/users/alice')) return await server.fetch(url, init)
    const { accountKey: key } = openDeviceList(shown)?.list ?? identity.opened.list
    return Response.json({ address: alice, accountKey: key, fingerprint: fingerprintOf(key), deviceList: shown })
  }
  await using link = await holdLink({ link: made.link, store: openMemoryStore(), random, fetch })
  expect(await link.standing()).toBe('open')
  shown = revoked(bobs.deviceList, bobsKey)
  expect(await link.standing()).toBe('open')
  shown = nextList(identity.deviceList, accountKey)
  expect(await link.standing()).toBe('open')
  shown = revoked(identity.deviceList, accountKey)
  expect(await link.standing()).toBe('revoked')
})

describe('of a sender who signs what they like', () => {
  const handle = {
    root: 'A'.repeat(43),
    sizeBytes: 1000,
    pieceLength: 1024 * 1024,
    key: 'A'.repeat(43),
    name: 'a.mp4',
    type: 'video/mp4',
    sources: [`${alice}/laptop`],
  }

  /** A link whose grant is signed and sealed as it should be, and says what no program of ours would. */
  async function signedAsItIs(content: unknown) {
    const { identity } = await identityOf(alice)
    const link = { origin, secret: random(16), fingerprint: identity.fingerprint }
    const keys = grantKeys(link)
    const grant = {
      v: 1,
      id: 'AAAAAAAAAAAAAAAAAAAAAA',
      from: identity.address,
      fromAccount: identity.fingerprint,
      accessKey: toBase64url(keys.access.public),
      date: '2026-11-21T12:00:00.000Z',
      expires: EXPIRES,
      head: identity.opened.head,
      content,
    }
    const sealed = { grant: signJson('grant', grant, identity.deviceKey), deviceList: identity.deviceList }
    return { link, keys, sealed: sealGrant(keys, sealed) }
  }
  const told = async (content: unknown) => {
    const { hold, store } = await held(await signedAsItIs(content))
    const code = await codeOf(hold)
    if (code === 'held') await (await hold)[Symbol.asyncDispose]()
    return [code, (await store.all('grants')).length]
  }

  test('[HDR8] what is as it should be is held', async () => {
    expect(await told({ title: 'The wedding', media: [handle] })).toEqual(['held', 1])
  })

  test.each<[string, object]>([
    ['2^53 bytes', { sizeBytes: 2 ** 53 }],
    ['2^53 - 1 bytes in pieces of as many', { sizeBytes: 2 ** 53 - 1, pieceLength: 2 ** 53 - 1 }],
    ['less than nothing', { sizeBytes: -1 }],
    ['half a byte', { sizeBytes: 0.5 }],
    ['a size in words', { sizeBytes: '1000' }],
    ['no size', { sizeBytes: null }],
    ['pieces of one byte', { pieceLength: 1 }],
    ['pieces of nothing', { pieceLength: 0 }],
    ['a type with a line end', { type: 'video/mp4\r\nset-cookie: a=b' }],
    ['a type with a document', { type: 'text/html;charset=utf-8' }],
    ['a name that is no text', { name: { toString: 'x' } }],
    ['a name without an end', { name: 'x'.repeat(5000) }],
    ['folders without an end', { folder: Array.from({ length: 40 }, () => 'a') }],
    ['a root that is none', { root: '../../x' }],
    ['sources without an end', { sources: Array.from({ length: 17 }, () => `${alice}/laptop`) }],
    ['a source that is an address', { sources: ['https://evil.example/'] }],
    ['a preview that draws', { preview: { type: 'image/svg+xml', bytes: 'AAAA', width: 1, height: 1 } }],
    ['a preview from elsewhere', { preview: { type: 'image/png', url: 'https://evil.example/x.png' } }],
  ])('[HDR8] %s ends the reading of all of it, and nothing is kept', async (_name, change) => {
    expect(await told({ media: [handle, { ...handle, ...change }] })).toEqual(['malformed', 0])
  })

  test('[HDR8] keys of objects change no object', async () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const dirt: unknown = JSON.parse(`{ "${key}": { "polluted": 1, "sizeBytes": 1 } }`)
      for (const content of [
        Object.assign(JSON.parse(`{ "media": [], "${key}": { "polluted": 1 } }`) as object, {}),
        JSON.parse(`{ "media": [${JSON.stringify(handle).replace(/}$/, `,"${key}":{"polluted":1}}`)}] }`) as unknown,
        { media: [dirt] },
      ]) {
        expect([key, JSON.stringify(content).includes('polluted')]).toEqual([key, true])
        expect([key, await told(content)]).toEqual([key, ['malformed', 0]])
      }
    }
    expect('polluted' in {}).toBe(false)
  })

  test('[HDR8] more files than a message has are too many', async () => {
    expect((await told({ media: Array.from({ length: 3000 }, () => handle) }))[1]).toBe(0)
  })
})

test('[HDR8] an answer that does not end is left at its bound, and its server told apart from one that is away', async () => {
  const made = await linkOf()
  let given = 0
  let isLeft = false
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          given += 1024 * 1024
          controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20))
        },
        cancel: () => void (isLeft = true),
      }),
      { headers: { 'content-type': 'application/json' } },
    )
  const server = serverOf(endless)
  expect(await codeOf(holdLink({ link: made.link, store: openMemoryStore(), random, fetch: server.fetch }))).toBe(
    'server-broke-protocol',
  )
  expect([isLeft, given < 32 * 1024 * 1024]).toEqual([true, true])
})
