import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { iceSchema } from '@doorpost/protocol/messages/ice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Login } from '../accounts/logins.ts'
import { inMemoryServer } from '../in-memory-server.ts'
import { PolicyFault, parsePolicy, readPolicyFile } from '../policy/policy-file.ts'
import { policyOf } from '../policy/policy.ts'
import type { Call } from '../rooms.ts'
import { listIce } from './requests.ts'
import { readTurn, turnCredentials } from './turn.ts'

const SECRET = 'c29tZSBzZWNyZXQgYnl0ZXM'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-turn-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const written = async (secret: string | undefined, turn: unknown) => {
  const file = join(folder, 'policy.json')
  if (secret !== undefined) await writeFile(join(folder, 'secret'), secret)
  await writeFile(file, JSON.stringify({ turn }))
  return await readTurn(policyOf(await readPolicyFile(file), false), file)
}
const urls = ['turn:turn.example.org:3478?transport=udp', 'turns:[2001:db8::7]:5349?transport=tcp']

describe('relays', () => {
  test('[RTC5] the secret is read from the file beside the policy; without relays there is none', async () => {
    expect(await written(`${SECRET}\n`, { urls, secretFile: 'secret' })).toEqual({
      urls,
      secret: SECRET,
      ttlSeconds: 86_400,
    })
    expect(await written(undefined, null)).toBeUndefined()
  })

  test.each([
    ['no file', undefined, 'nowhere'],
    ['a short secret', 'short', 'secret'],
    ['two words', 'two words that are long enough', 'secret'],
  ])('[RTC5] %s is a fault that names the policy', async (_, secret, secretFile) => {
    await expect(written(secret, { urls, secretFile })).rejects.toThrow(PolicyFault)
    await expect(written(secret, { urls, secretFile })).rejects.toThrow('turn.secretFile')
  })

  test.each([['stun:a.example:3478'], ['turn:a b'], ['http://turn.example.org'], ['turn:a.example:99?transport=sctp']])(
    '[RTC5] %s is no relay',
    (url) => {
      expect(() => parsePolicy('policy.json', JSON.stringify({ turn: { urls: [url], secretFile: 's' } }))).toThrow(
        'turn.urls',
      )
    },
  )

  test('[RTC6] credentials end in time, are the HMAC-SHA1 that coturn checks, and name nobody', () => {
    const turn = { urls, secret: SECRET, ttlSeconds: 600 }
    const nowMs = Date.parse('2026-11-21T12:00:00.000Z')
    const given = turnCredentials(turn, 'alice@example.org', nowMs)
    expect(given.expires).toBe('2026-11-21T12:10:00.000Z')
    expect(given.username).toMatch(/^1795263000:[\w-]{16}$/)
    expect(given.credential).toBe(createHmac('sha1', SECRET).update(given.username).digest('base64'))
    expect(turnCredentials(turn, 'bob@example.org', nowMs).username).not.toBe(given.username)
  })

  test('[RTC6] LIST /ice tells devices of this server and nobody else', async () => {
    const server = inMemoryServer()
    const alice = await server.join('alice')
    const { status, json } = await alice.ask('LIST', '/ice')
    expect([status, iceSchema.parse(json)]).toEqual([200, { stunPort: null, turn: null }])
    expect((await server.ask({ method: 'LIST', target: '/ice' })).status).toBe(401)
  })

  test('[LNK5] link holders hear of STUN, and of no relay', async () => {
    const { rooms } = inMemoryServer()
    const asked = { ...rooms, stunPort: 3478, turn: () => ({ urls, secret: SECRET, ttlSeconds: 600 }) }
    const told = async (user: string) => {
      const { body } = await listIce(asked, {} as Call, { user } as Login)
      return iceSchema.parse(JSON.parse(body as string))
    }
    expect(await told('alice@example.org')).toMatchObject({ stunPort: 3478, turn: { urls } })
    expect(await told(`link.${'0'.repeat(32)}@example.org`)).toEqual({ stunPort: 3478, turn: null })
  })
})
