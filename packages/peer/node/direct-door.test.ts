import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { generateSigningKey, sign, verify } from '@doorpost/protocol/signature'
import type { Source } from '../paths/path.ts'
import { systemRandom as random } from '../random.ts'
import { createDirectOpener } from './direct-door.ts'
import { type DirectListener, listenDirect } from './direct-listener.ts'

const alice = { address: 'alice@example.org/laptop' as DeviceAddress, key: generateSigningKey(random) }
const bob = { address: 'bob@example.org/laptop' as DeviceAddress, key: generateSigningKey(random) }
const signAs = (key: typeof alice.key) => (kind: Parameters<typeof sign>[0], body: Uint8Array) =>
  sign(kind, body, key.secret)
const source: Source = {
  list: async () => ({ state: 'refused' }),
  piece: async () => ({ state: 'refused' }),
  have: async () => ({ state: 'refused' }),
  claim: async () => ({ state: 'refused' }),
}
const { open } = createDirectOpener({ address: bob.address, deviceKey: bob.key.public, sign: signAs(bob.key), verify })
const media = { messageId: 'x'.repeat(22), root: new Uint8Array(32) }
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function listen(permit = true): Promise<DirectListener> {
  const listener = await listenDirect({
    host: '127.0.0.1',
    port: 0,
    address: alice.address,
    sign: signAs(alice.key),
    verify,
    permit: async () => permit,
    source,
  })
  closing.push(() => listener.close())
  return listener
}
/** Takes connections and says nothing. */
async function mute(): Promise<string> {
  const server: Server = createServer((socket) => socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return `127.0.0.1:${(server.address() as { port: number }).port}`
}
const door = (...networkAddresses: string[]) => ({
  address: alice.address,
  deviceKey: alice.key.public,
  networkAddresses,
  message: { from: alice.address, id: 'x'.repeat(22) },
})
const never = new AbortController().signal

describe('a door with several addresses', () => {
  test('[I19] the first address that opens is taken, whatever the others do', async () => {
    const { port } = await listen()
    const path = await open(door(await mute(), '127.0.0.1:1', `127.0.0.1:${port}`), never)
    // The race is over and the winner is still open.
    expect(await path.list(media, 1024, never)).toEqual({ state: 'refused' })
    path.close()
  })

  test('[I19] none that opens is an error, as is leaving', async () => {
    await expect(open(door('127.0.0.1:1', '127.0.0.1:2'), never)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(open(door(), never)).rejects.toThrow('it listens nowhere')
    const leave = new AbortController()
    const opening = open(door(await mute()), leave.signal)
    leave.abort(new Error('left'))
    await expect(opening).rejects.toThrow('left')
    const { port } = await listen(false)
    await expect(open(door(`127.0.0.1:${port}`), never)).rejects.toMatchObject({ name: 'DirectRefused' })
  })
})
