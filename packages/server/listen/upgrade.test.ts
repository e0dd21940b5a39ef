import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { answerPing } from './upgrade.ts'

test('[SEC18] a ping is answered; whoever pings and reads nothing has no answers kept for it', async () => {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const doors = new WebSocketServer({ server: http, autoPong: false })
  const { port } = http.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}/`)
  const [[served, { socket }]] = (await Promise.all([once(doors, 'connection'), once(client, 'open')])) as unknown as [
    [WebSocket, { socket: Socket }],
  ]
  served.on('ping', answerPing)
  client.ping('one')
  expect(String((await once(client, 'pong'))[0])).toBe('one')
  // From here on nothing is read, and the system's own buffers are soon full.
  client.pause()
  let kept = 0
  let heard = 0
  served.on('ping', () => {
    heard++
    kept = Math.max(kept, socket.writableLength)
  })
  const payload = Buffer.alloc(125)
  for (let rounds = 0; rounds < 200; rounds++) {
    for (let pings = 0; pings < 500; pings++) client.ping(payload)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => heard, { timeout: 80_000 }).toBe(100_000)
  expect(kept).toBeLessThan(128 * 1024)
  client.terminate()
  doors.close()
  http.close()
}, 90_000)
