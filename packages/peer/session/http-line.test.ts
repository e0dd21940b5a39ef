import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { laptop, openFakeServer, ORIGIN } from './fake-server.ts'
import { openHttpLine } from './http-line.ts'
import { lineContract } from './line.contract.ts'
import { CALL_TIMEOUT_MS } from './session-socket.ts'

lineContract('HTTP', {
  open: (server, clock, as = laptop) => openHttpLine({ origin: ORIGIN, as, clock, fetch: server.fetch }),
})

function openBoth() {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  server.handlers.set('LIST /blocks', () => ({ status: 200, body: {} }))
  return { clock, server, line: openHttpLine({ origin: ORIGIN, as: laptop, clock, fetch: server.fetch }) }
}

const logins = (log: readonly string[]) => log.filter((asked) => asked.startsWith('AUTHORIZATION')).length / 2

test('[L10] a token is used until near its end, by all calls at once, and then renewed', async () => {
  const { clock, server, line } = openBoth()
  await Promise.all([line.call('LIST', '/blocks'), line.call('LIST', '/blocks'), line.token()])
  expect(logins(server.log)).toBe(1)
  const first = await line.token()
  await clock.pass(11 * 60_000)
  await line.call('LIST', '/blocks')
  expect(await line.token()).toBe(first)
  await clock.pass(2 * 60_000)
  expect(await line.token()).not.toBe(first)
  expect(logins(server.log)).toBe(2)
})

test('[L10] a token whose end makes no sense here is used for a while all the same', async () => {
  const { clock, server, line } = openBoth()
  server.tokenLifeMs = -3600_000
  await line.call('LIST', '/blocks')
  await clock.pass(10_000)
  await line.call('LIST', '/blocks')
  expect(logins(server.log)).toBe(1)
})

test('[L10] without keys only what anybody may ask is asked, and no login', async () => {
  const clock = fakeClock()
  const server = openFakeServer(clock)
  await using line = openHttpLine({ origin: ORIGIN, clock, fetch: server.fetch })
  expect((await line.call('FINGER', '/')).body).toEqual({ anybody: true })
  await expect(line.call('LIST', '/blocks')).rejects.toMatchObject({ code: 'not-logged-in' })
  await expect(line.token()).rejects.toMatchObject({ code: 'not-logged-in' })
  expect(server.log).toEqual(['FINGER /', 'LIST /blocks'])
})

test("[L5] an answer beyond 16 MiB, or JSON that is none, is the server's fault and not kept", async () => {
  const clock = fakeClock()
  const bodies: [string, BodyInit][] = [
    ['application/octet-stream', new Uint8Array(16 * 1024 * 1024 + 1)],
    ['application/json', '{"half":'],
    ['application/problem+json', Uint8Array.of(0x22, 0xff, 0x22)],
  ]
  for (const [type, body] of bodies) {
    const fetch = async () => new Response(body, { headers: { 'content-type': type } })
    await using line = openHttpLine({ origin: ORIGIN, clock, fetch })
    await expect(line.call('FINGER', '/')).rejects.toMatchObject({ code: 'server-broke-protocol' })
    expect(line.trouble).toMatchObject({ code: 'server-broke-protocol' })
  }
})

test('[L2] a wait in seconds is told as milliseconds, whoever gave it', async () => {
  const clock = fakeClock()
  const fetch = async () => new Response(null, { status: 429, headers: { 'retry-after': '7' } })
  await using line = openHttpLine({ origin: ORIGIN, clock, fetch })
  await expect(line.call('FINGER', '/')).rejects.toMatchObject({ code: 'too-many', problem: { retryAfterMs: 7000 } })
})

test("[L10] requests carry no cookies, follow no redirect and name their body's type", async () => {
  const seen: RequestInit[] = []
  const fetch = async (_url: string, init: RequestInit) => {
    seen.push(init)
    return new Response(null, { status: 204 })
  }
  await using line = openHttpLine({ origin: ORIGIN, clock: fakeClock(), fetch })
  await line.call('SEND', '/accounts', { body: { a: 1 } })
  await line.call('SEND', '/tunnel/x', { body: Uint8Array.of(1) })
  expect(seen[0]).toMatchObject({
    method: 'SEND',
    redirect: 'error',
    credentials: 'omit',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  })
  expect(seen[1]).toMatchObject({ headers: { 'content-type': 'application/octet-stream' }, body: Uint8Array.of(1) })
})

test('[HDR8] a server that gives its answer drop by drop is waited for as long as one that gives none', async () => {
  const clock = fakeClock()
  let drops = 0
  const fetch = async (_url: string, { signal }: RequestInit) => {
    const body = new ReadableStream({
      start(controller) {
        // As a browser's fetch does: what is aborted ends its body.
        signal?.addEventListener('abort', () => controller.error(signal.reason))
        const drip = () => {
          if (signal?.aborted) return
          drops += 1
          controller.enqueue(Uint8Array.of(0x20))
          clock.after(1000, drip)
        }
        drip()
      },
    })
    return new Response(body, { headers: { 'content-type': 'application/json' } })
  }
  await using line = openHttpLine({ origin: ORIGIN, clock, fetch })
  const answer = line.call('FINGER', '/').catch((error: unknown) => error)
  await clock.pass(CALL_TIMEOUT_MS)
  expect(await answer).toMatchObject({ code: 'server-unreachable' })
  expect(drops).toBeGreaterThan(CALL_TIMEOUT_MS / 1000 - 2)
  expect(line.state).toBe('offline')
})
