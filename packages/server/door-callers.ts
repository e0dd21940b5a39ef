// For tests: callers on real sockets, one for each door, that ask in the same words.

import http from 'node:http'
import http2 from 'node:http2'
import { WebSocket } from 'ws'
import { newPerson, type Person, type Question, type Reply } from './in-memory-server.ts'

interface Dialled {
  readonly port: number
}

/** One connection of one kind. */
export interface Caller {
  ask(question: Question): Promise<Reply>
  /** Resolves when the server has ended the connection; with the close code of a session. */
  readonly ended: Promise<number | undefined>
  end(): void
}

const fieldsOf = ({ headers, token }: Question) => ({
  ...headers,
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
})
const bytesOf = ({ body }: Question) =>
  body === undefined ? undefined : body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))

function replyOf(status: number, headers: Record<string, string>, bytes: Buffer): Reply {
  const text = bytes.toString()
  const json = headers['content-type']?.includes('json') ? (JSON.parse(text) as unknown) : undefined
  return { status, headers, text, bytes, json, close: false }
}

/** Somebody with an account and a login at a running server. */
export async function enrolled(
  caller: Caller,
  { domain, origin }: { readonly domain: string; readonly origin: string },
  name: string,
): Promise<Person> {
  const person = newPerson(caller, name, 'laptop', domain)
  await caller.ask({ method: 'SEND', target: '/accounts', body: { deviceList: person.list } })
  await person.logIn({ origin })
  return person
}

export function overHttp1({ port }: Dialled): Caller {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  let isFirst = true
  const ended = Promise.withResolvers<undefined>()
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const { method, target: path } = question
        const request = http.request({ port, host: '127.0.0.1', method, path, agent, headers: fieldsOf(question) })
        // One connection: its first request is enough to learn of its end.
        if (isFirst) request.on('socket', (socket) => socket.once('close', () => ended.resolve(undefined)))
        isFirst = false
        request.on('error', reject)
        request.on('response', (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('end', () =>
            resolve(
              replyOf(response.statusCode ?? 0, response.headers as Record<string, string>, Buffer.concat(parts)),
            ),
          )
        })
        request.end(bytesOf(question))
      }),
    ended: ended.promise,
    end: () => agent.destroy(),
  }
}

export function overHttp2({ port }: Dialled): Caller {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const ended = Promise.withResolvers<undefined>()
  session.on('close', () => ended.resolve(undefined))
  session.on('error', () => ended.resolve(undefined))
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const fields = { ...fieldsOf(question), ':method': question.method, ':path': question.target }
        const body = bytesOf(question)
        const stream = session.request(fields, { endStream: body === undefined })
        const parts: Buffer[] = []
        let headers: Record<string, string> = {}
        stream.on('response', (given) => (headers = given as never))
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('close', () => {
          if (headers[':status'] === undefined) reject(new Error('The stream ended without an answer.'))
          else resolve(replyOf(Number(headers[':status']), headers, Buffer.concat(parts)))
        })
        stream.on('error', reject)
        if (body !== undefined) stream.end(body)
      }),
    ended: ended.promise,
    end: () => session.destroy(),
  }
}

export async function overSession({ port }: Dialled): Promise<Caller & { readonly pushed: unknown[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/session`, 'doorpost.v1')
  const ended = Promise.withResolvers<number>()
  const waiting = new Map<number, (reply: Reply) => void>()
  const pushed: unknown[] = []
  socket.on('close', (code) => ended.resolve(code))
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      id: number
      status: number
      headers?: Record<string, string>
      body?: unknown
      push?: unknown
    }
    if (message.push !== undefined) pushed.push(message.push)
    const bytes = Buffer.from(message.body === undefined ? '' : JSON.stringify(message.body))
    waiting.get(message.id)?.(replyOf(message.status, message.headers ?? {}, bytes))
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  let id = 0
  return {
    pushed,
    ask: ({ method, target, headers, body }) =>
      new Promise((resolve) => {
        waiting.set(++id, resolve)
        socket.send(JSON.stringify({ id, method, target, headers, body }))
      }),
    ended: ended.promise,
    end: () => socket.terminate(),
  }
}
