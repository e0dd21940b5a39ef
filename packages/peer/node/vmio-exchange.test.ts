import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { vmioExchange } from './vmio-exchange.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** Answers the first bytes of each connection, and keeps what came. */
async function answering(answer: string): Promise<{ origin: string; received: () => string }> {
  let received = ''
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      received += bytes.toString('latin1')
      socket.end(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => received }
}

test('[L31] one exchange is shown byte by byte as it goes over the wire', async () => {
  const answer = 'HTTP/1.1 461 Not A Contact\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
  const { origin, received } = await answering(answer)
  const shown: [string, string][] = []
  const status = await vmioExchange({
    origin,
    method: 'SEND',
    target: '/messages?x=1',
    headers: { Authorization: 'Bearer abc' },
    body: Buffer.from('{"a":1}'),
    show: (direction, bytes) => shown.push([direction, Buffer.from(bytes).toString('latin1')]),
  })
  expect(status).toBe(461)
  const sent = `SEND /messages?x=1 HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nAuthorization: Bearer abc\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}`
  expect(shown).toEqual([
    ['sent', sent],
    ['received', answer],
  ])
  expect(received()).toBe(sent)
})

test('[L31] nothing can be smuggled into a line of it', async () => {
  const exchange = (more: object) =>
    vmioExchange({ origin: 'http://127.0.0.1:1', method: 'LIST', target: '/', show: () => {}, ...more })
  const hostile = [
    { method: 'LIST /x HTTP/1.1\r\nX:' },
    { method: '' },
    { target: '/ HTTP/1.1' },
    { target: '/\r\nX: y' },
    { target: 'messages' },
    { target: '/\u{1f3a5}' },
    { headers: { 'X\r\nY': 'z' } },
    { headers: { X: 'z\r\nY: q' } },
    { headers: { '': 'z' } },
  ]
  for (const more of hostile) await expect(exchange(more), JSON.stringify(more)).rejects.toThrow(RangeError)
})

test('[L31] no server, and one that speaks something else, are told apart', async () => {
  const { origin } = await answering('SSH-2.0-OpenSSH_9.2\r\n')
  const show = () => {}
  await expect(vmioExchange({ origin, method: 'LIST', target: '/', show })).rejects.toMatchObject({
    code: 'server-broke-protocol',
  })
  server?.close()
  await expect(vmioExchange({ origin, method: 'LIST', target: '/', show })).rejects.toMatchObject({
    code: 'server-unreachable',
  })
})

test('[L31] an exchange that is given up ends', async () => {
  server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const giveUp = new AbortController()
  const reason = new Error('enough')
  const show = (direction: string) => {
    if (direction === 'sent') giveUp.abort(reason)
  }
  await expect(vmioExchange({ origin, method: 'PIPE', target: '/tunnel', show, signal: giveUp.signal })).rejects.toBe(
    reason,
  )
})
