// Somebody is put out, whatever else happens at that moment: the server is away, they are just being let in, or their connection just opens.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import { expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import { systemRandom } from '../random.ts'
import type { LineState } from '../session/line.ts'
import { listeners } from '../session/listeners.ts'
import { createBroadcast } from './broadcast.ts'
import { ALICE, BOB, BOB_USER, FAKE_FORMAT, FAKE_WATCH, fakeLiveServer } from './fake-live-server.ts'

/** A broadcast, what it told the server about people, whom it told which key, and a server that can be away. */
async function stage() {
  const server = fakeLiveServer(ALICE)
  const states = listeners<LineState>()
  const decided: string[] = []
  const keys: string[] = []
  let isAway = false
  let tellKey: () => Promise<void> = async () => {}
  const broadcast = createBroadcast({
    line: {
      async call(method, target, options) {
        const { user, decision } = (options?.body ?? {}) as { user?: string; decision?: string }
        if (isAway) throw new Trouble('server-unreachable', 'The server is away.')
        if (decision !== undefined) decided.push(`${decision} ${user}`)
        return await server.call(method, target, options)
      },
      onState: states.add,
    },
    origin: 'http://a.example',
    clock: fakeClock(),
    random: systemRandom,
    connect: server.connect.broadcaster,
    source: { start() {}, wantKeyFrame() {}, [Symbol.asyncDispose]: async () => {} },
    format: FAKE_FORMAT,
    asks: 'anybody',
    async tellKey(user, _id, { epoch }) {
      keys.push(`${epoch} ${user}`)
      await tellKey()
    },
    decide: () => 'ask',
    onChange() {},
    onFault: (error) => expect.fail(String(error)),
  })
  await broadcast.start()
  return {
    server,
    broadcast,
    decided,
    keys,
    goAway: () => void (isAway = true),
    comeBack() {
      isAway = false
      states.tell('online')
    },
    tellSlowly(until: Promise<void>) {
      tellKey = () => until
    },
  }
}

const CAROL = 'carol@a.example' as UserAddress

test('[SEC7] put out while the server is away: the peer-to-peer connection ends and the key changes at once, and the server hears of it when it is back', async () => {
  const { server, broadcast, decided, keys, goAway, comeBack } = await stage()
  await broadcast.decide(BOB_USER, 'approve')
  await broadcast.decide(CAROL, 'approve')
  const [here, theirs] = server.join().ends
  let ended = 0
  theirs.onEnd = () => ended++
  broadcast.attach(BOB as DeviceAddress, here)
  goAway()
  await expect(broadcast.decide(BOB_USER, 'kick')).rejects.toMatchObject({ code: 'server-unreachable' })
  expect([ended, keys]).toEqual([1, [`0 ${BOB_USER}`, `0 ${CAROL}`, `1 ${CAROL}`]])
  comeBack()
  await settle()
  expect(decided.slice(2)).toEqual([`approve ${CAROL}`, `kick ${BOB_USER}`])
})

test('[SEC7] put out while being let in: the word that lets in is not said any more', async () => {
  const { broadcast, decided, keys, tellSlowly } = await stage()
  const { promise, resolve } = Promise.withResolvers<void>()
  tellSlowly(promise)
  const letIn = broadcast.decide(BOB_USER, 'approve')
  await broadcast.decide(BOB_USER, 'kick')
  resolve()
  await letIn
  expect(decided).toEqual([`kick ${BOB_USER}`])
  expect([keys, broadcast.isApproved(BOB_USER)]).toEqual([[`0 ${BOB_USER}`], false])
})

test('[SEC7] a peer-to-peer connection that opens after its viewer was put out ends at once', async () => {
  const { server, broadcast } = await stage()
  await broadcast.decide(BOB_USER, 'approve')
  await broadcast.decide(BOB_USER, 'kick')
  const [here, theirs] = server.join().ends
  let ended = 0
  theirs.onEnd = () => ended++
  broadcast.attach(BOB as DeviceAddress, here)
  expect([ended, server.pathUp]).toEqual([1, undefined])
})

test('[SEC8] of those who ask a hundred are remembered, however many there are', async () => {
  const { broadcast } = await stage()
  for (let number = 0; number < 500; number++) {
    const viewer = `v${number}@a.example/phone` as DeviceAddress
    broadcast.take({ kind: 'live-ask', broadcast: broadcast.id, watch: FAKE_WATCH, viewer, contact: false })
  }
  expect(broadcast.state.asking.length).toBe(100)
})
