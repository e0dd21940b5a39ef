// The contract of doors, asked as others would: by Node's own clients of HTTP/1.1 and HTTP/2, and by calls of a session.

import http from 'node:http'
import http2 from 'node:http2'
import { WebSocket } from 'ws'
import { describeDoor, type DoorAnswer } from './doors.contract.ts'

describeDoor('http/1.1', async (port) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ended = Promise.withResolvers<void>()
  const requests = new Set<http.ClientRequest>()
  return {
    ask({ method, target, headers, body }) {
      return new Promise<DoorAnswer>((resolve, reject) => {
        const request = http.request(
          { port, host: '127.0.0.1', method, path: target, agent, headers: headers ?? {} },
          (response) => {
            const parts: Buffer[] = []
            response.on('data', (part: Buffer) => parts.push(part))
            response.on('end', () => {
              const answer = { status: response.statusCode ?? 0, headers: response.headers as Record<string, string> }
              resolve({ ...answer, body: bodyText(Buffer.concat(parts), answer.headers) })
            })
            response.on('error', reject)
          },
        )
        requests.add(request)
        request.on('socket', (socket) => socket.once('close', () => ended.resolve()))
        request.on('error', reject)
        request.end(body)
      })
    },
    ended: ended.promise,
    vanish() {
      for (const request of requests) request.destroy()
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
    },
  }
})

describeDoor('h2', async (port) => {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const ended = Promise.withResolvers<void>()
  session.on('close', () => ended.resolve())
  session.on('error', () => ended.resolve())
  return {
    ask({ method, target, headers, body }) {
      return new Promise<DoorAnswer>((resolve, reject) => {
        const stream = session.request(
          { ...headers, ':method': method, ':path': target },
          { endStream: body === undefined },
        )
        let answer: Omit<DoorAnswer, 'body'> | undefined
        const parts: Buffer[] = []
        stream.on('response', (fields) => {
          answer = { status: fields[':status'] ?? 0, headers: fields as Record<string, string> }
        })
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('end', () => {
          if (answer) resolve({ ...answer, body: bodyText(Buffer.concat(parts), answer.headers) })
        })
        stream.on('error', reject)
        stream.on('close', () => reject(new Error('The stream ended without an answer.')))
        if (body !== undefined) stream.end(body)
      })
    },
    ended: ended.promise,
    vanish: () => session.destroy(),
    async [Symbol.asyncDispose]() {
      session.destroy()
    },
  }
})

describeDoor('session', async (port) => {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/session`, 'doorpost.v1')
  const ended = Promise.withResolvers<void>()
  const answers = new Map<number, { resolve: (answer: DoorAnswer) => void; reject: (error: Error) => void }>()
  webSocket.on('close', () => {
    ended.resolve()
    for (const { reject } of answers.values()) reject(new Error('The session ended without an answer.'))
  })
  webSocket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      id: number
      status: number
      headers?: Record<string, string>
      body?: unknown
    }
    const { body } = message
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    answers.get(message.id)?.resolve({ status: message.status, headers: message.headers ?? {}, body: text })
  })
  await new Promise((resolve) => webSocket.once('open', resolve))
  let id = 0
  return {
    ask({ body, ...call }) {
      return new Promise((resolve, reject) => {
        answers.set(++id, { resolve, reject })
        webSocket.send(
          JSON.stringify({ id, ...call, ...(body === undefined ? {} : { body: JSON.parse(body) as unknown }) }),
        )
      })
    },
    ended: ended.promise,
    vanish: () => webSocket.terminate(),
    async [Symbol.asyncDispose]() {
      webSocket.terminate()
    },
  }
})

/** Where a session has base64 for bytes of no type, the other doors have the bytes. */
function bodyText(body: Buffer, headers: Record<string, string>): string {
  return headers['content-type'] === undefined && body.length > 2 ? body.toString('base64') : body.toString()
}
