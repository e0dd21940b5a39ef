// The agent's end of the control socket: takes one operation a connection, tells its progress, answers. The socket lies in a
// private folder; whoever can connect is this user. Even so every line, wait and number of connections is bounded.

import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { type Peer, type Progress, Trouble } from '../operations.ts'
import {
  CONTROL_VERSION,
  type ControlAnswer,
  type ControlHello,
  FINISHES,
  REQUEST_LINE_BYTES_MAX,
} from './control-wire.ts'
import { checkRequest } from './operation-args.ts'

/** Commands that may be connected at once: more than a person or a script starts side by side. */
const CONNECTIONS_MAX = 64
/** Time to send the request after connecting, ms: a command sends it at once, but may first ask its user something. */
const REQUEST_MS = 120_000
/** Answer bytes that may wait for a slow command; progress that only shows a bar is left out beyond the first, the rest ends it. */
const SKIP_AFTER_BYTES = 256 * 1024
const DROP_AFTER_BYTES = 64 * 1024 * 1024
/** Time for answers to leave when the agent closes, ms. */
const CLOSE_MS = 1_000

export interface ControlServer {
  /** Ends every connection; operations are cancelled by their signals. */
  close(): Promise<void>
  readonly connections: number
}

/** `path`: free to be taken; whatever an earlier process left there is removed. */
export async function listenControl(options: {
  readonly path: string
  readonly peer: Pick<Peer, 'do'>
  onFault(error: unknown): void
}): Promise<ControlServer> {
  const { path, peer, onFault } = options
  const sockets = new Set<Socket>()
  /** Those whose request has not come yet. */
  const silent = new Set<Socket>()
  const operations = new Set<Promise<void>>()
  await rm(path, { force: true })

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sockets.size >= CONNECTIONS_MAX) return void socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // The command went away: closing is all there is to do, and `close` follows.
    socket.on('error', () => {})
    const hello: ControlHello = { doorpost: 'control', version: CONTROL_VERSION }
    socket.write(`${JSON.stringify(hello)}\n`)
    silent.add(socket)
    const operation = serve(socket, peer, () => silent.delete(socket))
      .catch(onFault)
      .finally(() => operations.delete(operation))
    operations.add(operation)
  })
  await listen(server, path)
  server.on('error', onFault)

  return {
    get connections() {
      return sockets.size
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, CLOSE_MS)
      // Those that have not asked for anything yet never will.
      for (const socket of silent) socket.destroy()
      await Promise.race([Promise.all(operations), late.promise])
      for (const socket of sockets) socket.end()
      await Promise.race([closed, late.promise])
      clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The socket is private from its first moment on: nobody else may enter its folder. */
async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  const before = process.umask(0o177)
  try {
    server.listen(path, resolve)
  } finally {
    process.umask(before)
  }
  try {
    await promise
  } catch (cause) {
    throw new Trouble('cannot-write', 'The control socket of this home cannot be opened.', { cause })
  } finally {
    server.off('error', reject)
  }
}

async function serve(socket: Socket, peer: Pick<Peer, 'do'>, asked: () => void): Promise<void> {
  const line = await readRequest(socket)
  asked()
  if (line === undefined) return void socket.destroy()
  const gone = new AbortController()
  const leave = () => gone.abort(new Trouble('cancelled', 'Stopped.'))
  let finishes = false
  socket.once('close', leave)
  socket.once('end', () => {
    leave()
    if (!finishes) socket.end()
  })
  // Nothing more is expected; reading on is what shows that the command has closed.
  socket.resume()
  try {
    const { op, args } = checkRequest(parse(line))
    finishes = FINISHES.has(op)
    const onProgress = (progress: Progress) => {
      if (!mayBeSkipped(progress) || socket.writableLength < SKIP_AFTER_BYTES) send(socket, { progress })
    }
    const result = await peer.do(op, args, { onProgress, signal: gone.signal })
    send(socket, { result })
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    const { code, message: detail, todo } = error
    send(socket, { error: { code, detail, ...(todo !== undefined && { todo }) } })
  } finally {
    socket.end()
  }
}

/** Figures that the next ones replace. */
function mayBeSkipped({ kind }: Progress): boolean {
  return kind === 'fetching' || kind === 'reading'
}

function send(socket: Socket, answer: ControlAnswer): void {
  if (socket.destroyed || socket.writableEnded) return
  if (socket.writableLength > DROP_AFTER_BYTES) return void socket.destroy()
  socket.write(`${JSON.stringify(answer)}\n`)
}

/** The first line; undefined when the command closes, takes too long, or sends more than a request has. */
function readRequest(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let bytes = 0
    const end = (line: string | undefined) => {
      clearTimeout(timer)
      socket.off('data', take)
      socket.off('close', leave)
      socket.off('end', leave)
      resolve(line)
    }
    const leave = () => end(undefined)
    const take = (chunk: Buffer) => {
      const at = chunk.indexOf(10)
      parts.push(at < 0 ? chunk : chunk.subarray(0, at))
      bytes += chunk.length
      if (bytes > REQUEST_LINE_BYTES_MAX) return leave()
      if (at >= 0) end(Buffer.concat(parts).toString('utf8'))
    }
    const timer = setTimeout(leave, REQUEST_MS)
    timer.unref()
    socket.on('data', take)
    socket.once('close', leave)
    socket.once('end', leave)
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new Trouble('malformed', 'The agent cannot read that.', { cause })
  }
}
