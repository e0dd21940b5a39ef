// The command's end of the control socket: a Peer whose operations run in the agent. Imports nothing heavy (no zod, age
// or sqlite), because `get` must have its first verified byte soon after the process began.

import { createConnection, type Socket } from 'node:net'
import { type OperationName, type Operations, type Peer, type Progress, Trouble } from '../operations.ts'
import { ANSWER_LINE_BYTES_MAX, CONTROL_VERSION, type ControlAnswer, FINISHES } from './control-wire.ts'
import { recordedControlSocket } from './home-paths.ts'

/** Silence after which an agent that took the connection counts as stuck, ms: it greets at once unless its machine stands still. */
const HELLO_MS = 5_000

/** Longest that a command which was stopped waits for the agent to finish its file, ms: writing the index of a long film. */
const FINISH_MS = 10_000

/** The cause of a Trouble `not-available` where the program that had the device open went before it was asked: nothing was done. */
export const GONE_BEFORE = new Error('it ended before it was asked')

interface Options {
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

/**
 * The device of `home` through its running agent; undefined when none runs there (no socket, or one nobody listens on).
 * Each operation has a connection of its own; aborting its signal closes that and so cancels it in the agent. What writes a file answers
 * even so, when that is whole.
 * Throws Trouble `not-available` when an agent is there but does not greet, or speaks another version.
 */
export async function connectControl(home: string): Promise<Peer | undefined> {
  // The first connection serves the first operation.
  let spare = await greet(home)
  if (!spare) return undefined
  const running = new Set<Line>([spare])
  const take = async () => {
    const ready = spare
    spare = undefined
    if (ready && !ready.socket.destroyed) return ready
    const line = await greet(home)
    if (line) running.add(line)
    return line
  }
  return {
    async do<Name extends OperationName>(name: Name, args: Operations[Name]['args'], options: Options = {}) {
      if (options.signal?.aborted) throw cancelled()
      const line = await take()
      if (!line) throw new Trouble('not-available', 'The agent of this home has ended.', { cause: GONE_BEFORE })
      try {
        return (await ask(line, name, args, options)) as Operations[Name]['result']
      } finally {
        running.delete(line)
        line.socket.destroy()
      }
    },
    async [Symbol.asyncDispose]() {
      for (const line of running) line.socket.destroy()
    },
  }
}

interface Line {
  readonly socket: Socket
  /** The next line; undefined when the agent has closed. */
  next(): Promise<string | undefined>
}

async function greet(home: string): Promise<Line | undefined> {
  const socket = await connect(home)
  if (!socket) return undefined
  const line = readLines(socket)
  const timer = setTimeout(() => socket.destroy(), HELLO_MS)
  const first = await line.next()
  clearTimeout(timer)
  const hello =
    first === undefined ? undefined : (parse(first) as { doorpost?: unknown; version?: unknown } | undefined)
  if (hello?.doorpost === 'control' && hello.version === CONTROL_VERSION) return line
  socket.destroy()
  throw hello?.doorpost === 'control'
    ? new Trouble('not-available', 'The agent of this home is of another version than this command.', {
        todo: 'End the agent and start it again.',
      })
    : new Trouble('not-available', 'The agent of this home does not answer.', {
        todo: 'End it and start it again.',
        cause: GONE_BEFORE,
      })
}

/** Undefined where nobody listens. */
function connect(home: string): Promise<Socket | undefined> {
  const path = recordedControlSocket(home)
  // Empty while an agent that starts is just writing it.
  if (path === undefined || path === '') return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') resolve(undefined)
      else reject(new Trouble('not-available', 'The agent of this home cannot be asked.', { cause: error }))
    })
  })
}

async function ask(line: Line, op: string, args: unknown, { onProgress, signal }: Options): Promise<unknown> {
  const finishes = FINISHES.has(op)
  let late: ReturnType<typeof setTimeout> | undefined
  const abort = () => {
    if (!finishes) return void line.socket.destroy()
    line.socket.end()
    late = setTimeout(() => line.socket.destroy(), FINISH_MS)
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (signal?.aborted) throw cancelled()
    line.socket.write(`${JSON.stringify({ op, args })}\n`)
    for (;;) {
      const text = await line.next()
      if (signal?.aborted && (!finishes || text === undefined)) throw cancelled()
      const answer = text === undefined ? undefined : (parse(text) as ControlAnswer | undefined)
      if (answer === undefined) throw new Trouble('not-available', 'The agent ended while it was at this.')
      if ('progress' in answer) onProgress?.(answer.progress)
      else if ('result' in answer) return answer.result
      else throw toTrouble(answer.error)
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    clearTimeout(late)
  }
}

function toTrouble({ code, detail, todo }: Extract<ControlAnswer, { error: unknown }>['error']): Trouble {
  return new Trouble(code, detail, todo === undefined ? {} : { todo })
}

function cancelled(): Trouble {
  return new Trouble('cancelled', 'Stopped.')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Cuts what arrives into lines; the socket is paused while nobody waits for one. */
function readLines(socket: Socket): Line {
  let waiting: ((line: string | undefined) => void) | undefined
  const ready: string[] = []
  let parts: Buffer[] = []
  let bytes = 0
  let ended = false
  const give = (line: string) => {
    if (waiting) {
      waiting(line)
      waiting = undefined
    } else ready.push(line)
  }
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      parts.push(rest.subarray(0, at))
      give(Buffer.concat(parts).toString())
      parts = []
      bytes = 0
      rest = rest.subarray(at + 1)
    }
    if (rest.length > 0) parts.push(rest)
    bytes += rest.length
    if (bytes > ANSWER_LINE_BYTES_MAX) socket.destroy()
    if (ready.length > 0) socket.pause()
  })
  const end = () => {
    ended = true
    waiting?.(undefined)
    waiting = undefined
  }
  // The reason does not matter to whoever waits: the agent is gone.
  socket.on('error', end)
  socket.on('close', end)
  socket.on('end', end)
  return {
    socket,
    next() {
      const line = ready.shift()
      if (line !== undefined || ended) return Promise.resolve(line)
      return new Promise((resolve) => {
        waiting = resolve
        socket.resume()
      })
    },
  }
}
