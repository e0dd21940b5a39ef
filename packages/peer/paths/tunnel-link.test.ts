// Requests of link holders as the tunnel brings them: answered, refused or met with silence, as the room of links says.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { concat } from '@doorpost/protocol/bytes'
import { createWireReader, encodeFrame } from '@doorpost/protocol/piece-wire'
import type { Push } from '@doorpost/protocol/messages/session'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { encodeTunnelRequest } from '@doorpost/protocol/tunnel-request'
import { base64 } from '@scure/base'
import { expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import type { Grants, Welcome } from '../send/grants.ts'
import type { Caller, Source } from './path.ts'
import { serveTunnel } from './tunnel-serve.ts'
import type { TunnelHttp } from './tunnel-http.ts'

const random = (bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes))
const alice = 'alice@example.org/laptop' as DeviceAddress
const holder = `link.${'a'.repeat(32)}@example.org/browser` as DeviceAddress
const id = 'AAAAAAAAAAAAAAAAAAAAAA'
const root = new Uint8Array(32).fill(7)
const browser = generateSigningKey(random)

/** What a holder's question for a list is answered, as the types of frames; empty for silence. */
async function answerTo(welcome: Welcome | undefined, from: DeviceAddress = alice) {
  const clock = fakeClock()
  const met: Caller[] = []
  const grants: Pick<Grants, 'meet'> = {
    async meet(caller) {
      met.push(caller)
      return welcome
    },
  }
  const source: Source = {
    list: async () => (welcome === 'serve' ? { state: 'here', list: new Uint8Array(32) } : { state: 'refused' }),
    piece: async () => ({ state: 'refused' }),
    have: async () => ({ state: 'refused' }),
    claim: async () => ({ state: 'refused' }),
  }
  const written: Uint8Array[] = []
  const done = Promise.withResolvers<void>()
  let readied = 0
  const http = {
    ready: () => void readied++,
    answer: () => ({
      write(bytes: Uint8Array, onGone?: () => void) {
        written.push(bytes.slice())
        onGone?.()
      },
      end: () => done.resolve(),
      abort: () => done.resolve(),
      done: done.promise,
    }),
  } as Partial<TunnelHttp> as TunnelHttp
  let push: (push: Push) => void = () => {}
  const line = {
    onPush(listener: (push: Push) => void) {
      push = listener
      return () => {}
    },
  }
  const serving = serveTunnel({
    http,
    line,
    address: alice,
    source,
    grants,
    clock,
    onFault(error) {
      throw error
    },
  })
  const ask = encodeFrame({ type: 'want-list', seq: 0, maxBytes: 32, messageId: id, root })
  const grant = { vouched: 'A'.repeat(86) }
  const time = new Date(clock.nowMs()).toISOString()
  const request = encodeTunnelRequest(
    { from: holder, to: alice, message: { from, id }, path: 'AAAAAAAAAAAAAAAAAAAAAA', number: 0, time, grant, ask },
    browser,
  )
  push({ kind: 'pipe', id: 'BBBBBBBBBBBBBBBBBBBBBA', requester: holder, request: base64.encode(request) })
  await settle()
  await serving.close()
  const events = written.length === 0 ? [] : createWireReader().push(concat(...written))
  return {
    met,
    readied,
    answered: [...events].flatMap((event) =>
      'frame' in event ? [event.frame.type === 'fault' ? event.frame.code : event.frame.type] : [],
    ),
  }
}

test('[LNK8] who may is answered, who has lost it is refused, and whom nobody knows meets silence', async () => {
  const [serve, refuse, silent] = [await answerTo('serve'), await answerTo('refuse'), await answerTo('silent')]
  expect(serve.answered).toEqual(['list'])
  expect(refuse.answered).toEqual(['refused'])
  expect(silent.answered).toEqual([])
  expect(serve.met).toMatchObject([{ address: holder, via: 'tunnel', deviceKey: browser.public, grant: {} }])
})

test('[PLY43] whoever is asked logs in while it looks at the request', async () => {
  expect((await answerTo('serve')).readied).toBe(1)
})

test('[LNK7] nobody is a link holder of a message that somebody else sent', async () => {
  const other = await answerTo('serve', 'bob@example.org/laptop' as DeviceAddress)
  expect(other.met).toEqual([])
})
