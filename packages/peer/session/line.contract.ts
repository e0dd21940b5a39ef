// What every line to the server must do. A line's test calls lineContract with a way to open one to the fake server.

import { base64 } from '@scure/base'
import { describe, expect, test } from 'vitest'
import { Refusal } from '@doorpost/protocol/errors'
import { type FakeClock, fakeClock, settle } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import { type FakeServer, openFakeServer } from './fake-server.ts'
import type { Line } from './line.ts'
import type { LoginKey } from './login.ts'

export interface LineUnderTest {
  open(server: FakeServer, clock: FakeClock, as?: LoginKey): Line
}

export function lineContract(name: string, under: LineUnderTest): void {
  describe(`line: ${name}`, () => {
    const openBoth = () => {
      const clock = fakeClock()
      const server = openFakeServer(clock)
      return { clock, server, line: under.open(server, clock) }
    }

    test('[L1] a call is answered with status, headers and JSON, logged in without being asked to', async () => {
      const { server, line } = openBoth()
      server.handlers.set('LIST /messages?after=7', ({ headers, body }) => ({
        status: 202,
        headers: { 'doorpost-pipe': 'xyz' },
        body: { echo: body, message: headers['doorpost-message'] },
      }))
      const answer = await line.call('LIST', '/messages?after=7', {
        headers: { 'doorpost-message': 'a b' },
        body: { deep: [1, null, 'ü'] },
      })
      expect(answer).toMatchObject({ status: 202, body: { echo: { deep: [1, null, 'ü'] }, message: 'a b' } })
      expect(answer.headers['doorpost-pipe']).toBe('xyz')
      expect(line.state).toBe('online')
      expect(line.trouble).toBeUndefined()
      await line.close()
    })

    test('[L1] bytes go as bytes, over a session as base64', async () => {
      const { server, line } = openBoth()
      server.handlers.set('SEND /tunnel/xyz', ({ body }) => {
        const bytes = body instanceof Uint8Array ? body : base64.decode(body as string)
        return { status: 200, body: { heard: [...bytes] } }
      })
      const answer = await line.call('SEND', '/tunnel/xyz', { body: Uint8Array.of(0, 255, 254, 7) })
      expect(answer.body).toEqual({ heard: [0, 255, 254, 7] })
      await line.close()
    })

    test('[L1] an answer without a body has none, and bytes come as bytes', async () => {
      const { server, line } = openBoth()
      server.handlers.set('REMOVE /blocks', () => ({ status: 204 }))
      server.handlers.set('PIPE /tunnel', () => ({
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: Uint8Array.of(0, 255, 7),
      }))
      expect(await line.call('REMOVE', '/blocks')).toMatchObject({ status: 204, body: undefined })
      expect(Uint8Array.from((await line.call('PIPE', '/tunnel')).body as Uint8Array)).toEqual(Uint8Array.of(0, 255, 7))
      await line.close()
    })

    test('[L2] a problem document becomes the refusal it stands for', async () => {
      const { server, line } = openBoth()
      server.handlers.set('SEND /messages', () => ({
        status: 461,
        body: {
          type: 'urn:doorpost:refusal:not-a-contact',
          title: 'Not A Contact',
          status: 461,
          detail: 'Bob takes mail from contacts.',
          about: 'bob@example.org',
        },
      }))
      const refused = await line.call('SEND', '/messages', { body: {} }).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(Refusal)
      expect(refused).toMatchObject({
        code: 'not-a-contact',
        message: 'Bob takes mail from contacts.',
        problem: { about: 'bob@example.org' },
      })
      expect(line.state).toBe('online')
      await line.close()
    })

    test('[L3] a login that ended early is made again, once, and the call is repeated', async () => {
      const { server, line } = openBoth()
      server.handlers.set('LIST /contacts', () => ({ status: 200, body: { contacts: [] } }))
      await line.call('LIST', '/contacts')
      server.forgetLogins()
      server.log.length = 0
      const both = await Promise.all([line.call('LIST', '/contacts'), line.call('LIST', '/contacts')])
      expect(both.map(({ status }) => status)).toEqual([200, 200])
      expect(server.log.filter((asked) => asked.startsWith('AUTHORIZATION'))).toHaveLength(2)
      server.forgetLogins()
      server.isRefusing = true
      await expect(line.call('LIST', '/contacts')).rejects.toMatchObject({ code: 'login-refused' })
      await line.close()
    })

    test('[L4] a call that is given up rejects with the reason, before and while it is under way', async () => {
      const { clock, server, line } = openBoth()
      await clock.pass(0)
      server.handlers.set('PIPE /tunnel', () => undefined)
      const reason = new Error('not wanted any more')
      await expect(line.call('PIPE', '/tunnel', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const giveUp = new AbortController()
      const held = line.call('PIPE', '/tunnel', { signal: giveUp.signal })
      const outcome = held.catch((error: unknown) => error)
      await settle()
      giveUp.abort(reason)
      expect(await outcome).toBe(reason)
      server.handlers.set('LIST /blocks', () => ({ status: 200, body: { blocked: [] } }))
      expect((await line.call('LIST', '/blocks')).status).toBe(200)
      await line.close()
    })

    test('[L4] a call that is never answered ends as unreachable within 45 s', async () => {
      const { clock, server, line } = openBoth()
      await clock.pass(0)
      server.handlers.set('PIPE /tunnel', () => undefined)
      const held = line.call('PIPE', '/tunnel').catch((error: unknown) => error)
      await clock.pass(45_000)
      expect(await held).toMatchObject({ code: 'server-unreachable' })
      await line.close()
    })

    test('[L5] what is no answer of ours is a clear error, not data', async () => {
      const { server, line } = openBoth()
      const answers: [number, unknown, string][] = [
        [302, undefined, 'server-broke-protocol'],
        [418, { type: 'about:blank', title: 'Teapot', status: 418 }, 'server-broke-protocol'],
        [502, undefined, 'server-unreachable'],
        [504, undefined, 'server-unreachable'],
        [504, { type: 'urn:doorpost:refusal:nobody-answered', title: 'x', status: 504 }, 'nobody-answered'],
        [503, undefined, 'draining'],
        [413, { type: 'about:blank', title: 'x', status: 413 }, 'too-large'],
        // A document that names another status than it came with is not believed.
        [429, { type: 'urn:doorpost:refusal:no-such-user', title: 'x', status: 462 }, 'too-many'],
        [400, { type: 'urn:doorpost:refusal:no-such-user', title: 'x', status: 400 }, 'malformed'],
      ]
      for (const [status, body, code] of answers) {
        server.handlers.set('LIST /messages', () => ({ status, ...(body !== undefined && { body }) }))
        const error = await line.call('LIST', '/messages').catch((thrown: unknown) => thrown)
        expect(error, `${status}`).toMatchObject({ code })
        expect(error instanceof Refusal || error instanceof Trouble).toBe(true)
      }
      await line.close()
    })

    test('[L6] an unreachable server is trouble that says so, and over when it is back', async () => {
      const clock = fakeClock()
      const server = openFakeServer(clock)
      server.isUp = false
      const line = under.open(server, clock)
      await clock.pass(0)
      await expect(line.call('LIST', '/blocks')).rejects.toMatchObject({ code: 'server-unreachable' })
      expect(line.state).not.toBe('online')
      expect(line.trouble).toMatchObject({ code: 'server-unreachable' })
      const states: string[] = []
      line.onState((state) => states.push(state))
      server.isUp = true
      server.handlers.set('LIST /blocks', () => ({ status: 200, body: {} }))
      await clock.pass(31_000)
      expect((await line.call('LIST', '/blocks')).status).toBe(200)
      expect(states.at(-1)).toBe('online')
      expect(line.trouble).toBeUndefined()
      await line.close()
    })

    test('[L7] the addresses of this device are said, again when they change, and kept said', async () => {
      const { clock, server, line } = openBoth()
      line.setAddresses(['192.0.2.7:4711'])
      await clock.pass(0)
      expect(server.presence).toEqual({ online: true, addresses: ['192.0.2.7:4711'] })
      line.setAddresses(['192.0.2.8:4711'])
      await clock.pass(0)
      expect(server.presence).toEqual({ online: true, addresses: ['192.0.2.8:4711'] })
      server.log.length = 0
      await clock.pass(60_000)
      expect(server.log.filter((asked) => asked === 'SEND /presence').length).toBeGreaterThanOrEqual(2)
      await line.close()
    })

    test('[L8] closing logs out and ends everything; closing twice is the same', async () => {
      const { clock, server, line } = openBoth()
      server.handlers.set('LIST /blocks', () => ({ status: 200, body: {} }))
      server.handlers.set('PIPE /tunnel', () => undefined)
      line.setAddresses([])
      await line.call('LIST', '/blocks')
      const held = line.call('PIPE', '/tunnel').catch((error: unknown) => error)
      await settle()
      await Promise.all([line.close(), line.close()])
      expect(server.log.at(-1)).toBe('QUIT /')
      expect(await held).toMatchObject({ code: 'server-unreachable' })
      expect(line.state).toBe('offline')
      await expect(line.call('LIST', '/blocks')).rejects.toMatchObject({ code: 'server-unreachable' })
      expect(clock.waiting).toBe(0)
      expect(server.sessions).toBe(0)
    })

    test('[L8] closing does not wait for a server that says nothing', async () => {
      const { clock, server, line } = openBoth()
      server.handlers.set('LIST /blocks', () => ({ status: 200, body: {} }))
      await line.call('LIST', '/blocks')
      server.isMute = true
      const closed = line.close()
      await clock.pass(1_000)
      await closed
      expect(line.state).toBe('offline')
    })
  })
}
