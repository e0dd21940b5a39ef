// What a browser with a link believes, with a server that gives it whatever the test says.

import { toBase64url } from '@doorpost/protocol/bytes'
import { type Grant, grantKeys, sealGrant, signGrant } from '@doorpost/protocol/grant'
import { describe, expect, test } from 'vitest'
import { alice, bob, identityOf } from '../identity/people-stage.ts'
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
