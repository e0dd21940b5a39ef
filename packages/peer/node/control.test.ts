// An agent's socket and a command that asks by it, with operations that each test makes up.

import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type OperationName, type Peer, type Progress, Trouble } from '../operations.ts'
import { connectControl } from './control-client.ts'
import { type ControlServer, listenControl } from './control-server.ts'
import { CONTROL_VERSION, REQUEST_LINE_BYTES_MAX } from './control-wire.ts'
import { type Home, openHome } from './home.ts'
import { homePaths } from './home-paths.ts'

type Handler = (
  args: unknown,
  options: { onProgress: (progress: Progress) => void; signal: AbortSignal },
) => Promise<unknown>

let folder: string
let home: Home
let server: ControlServer | undefined
const faults: unknown[] = []
const operations = new Map<OperationName, Handler>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorpost-control-'))
  const opened = await openHome(join(folder, 'home'))
  if (opened.kind !== 'open') throw new Error('in use')
  home = opened.home
  operations.clear()
  faults.length = 0
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await home[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function listen(): Promise<ControlServer> {
  const peer = {
    do: (name: OperationName, args: unknown, options: Parameters<Handler>[1]) => {
      const handler = operations.get(name)
      return handler ? handler(args, options) : Promise.reject(new Trouble('not-available', 'Not here.'))
    },
  } as unknown as Peer
  server = await listenControl({ path: home.controlSocket, peer, onFault: (error) => faults.push(error) })
  return server
}
async function connect(): Promise<Peer> {
  const peer = await connectControl(home.path)
  if (!peer) throw new Error('nobody listens')
  return peer
}

/** A connection without manners: what the agent said, and when it closed. */
function raw(): { socket: Socket; said: () => string; closed: Promise<void> } {
  const socket = createConnection(home.controlSocket)
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return { socket, said: () => text, closed }
}
const hello = `${JSON.stringify({ doorpost: 'control', version: CONTROL_VERSION })}\n`

describe('the control socket', () => {
  test('[C1] socket and folder are private to the user', async () => {
    await listen()
    expect((await stat(home.controlSocket)).mode & 0o777).toBe(0o600)
    expect((await stat(home.path)).mode & 0o777).toBe(0o700)
  })

  test('[C2] an operation is a connection: progress, then the result; several run side by side', async () => {
    await listen()
    operations.set('status', async (args, { onProgress }) => {
      onProgress({ kind: 'waiting', name: 'film', reason: 'Nobody is there.' })
      return { got: args }
    })
    const peer = await connect()
    const progress: Progress[] = []
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((id) => peer.do('status', { id }, { onProgress: (one) => progress.push(one) })),
    )
    expect(answers).toEqual(['one', 'two', 'three'].map((id) => ({ got: { id } })))
    expect(progress.length).toBe(3)
  })

  test('[C2] a Trouble comes back as it was thrown; a fault is no word for the command, and no end of the agent', async () => {
    await listen()
    operations.set('status', async () => {
      throw new Trouble('no-source', 'Nobody has it.', { todo: 'Wait.' })
    })
    operations.set('sent', async () => {
      throw new TypeError('a mistake')
    })
    const peer = await connect()
    await expect(peer.do('status', { id: 'x' })).rejects.toMatchObject({
      code: 'no-source',
      message: 'Nobody has it.',
      todo: 'Wait.',
    })
    await expect(peer.do('sent', {})).rejects.toMatchObject({ code: 'not-available' })
    expect(faults).toMatchObject([{ message: 'a mistake' }])
    operations.set('sent', async () => [])
    expect(await peer.do('sent', {})).toEqual([])
  })

  test('[C3] a command that goes away cancels its operation', async () => {
    await listen()
    const cancelled = Promise.withResolvers<unknown>()
    const began = Promise.withResolvers<void>()
    operations.set('get', (_args, { signal }) => {
      signal.addEventListener('abort', () => cancelled.resolve(signal.reason))
      began.resolve()
      return new Promise(() => {})
    })
    const leave = new AbortController()
    const got = (await connect()).do('get', { what: 'x', folder: '/out' }, { signal: leave.signal })
    const failed = got.catch((error: unknown) => error)
    await began.promise
    leave.abort()
    expect(await failed).toMatchObject({ code: 'cancelled' })
    expect(await cancelled.promise).toMatchObject({ code: 'cancelled' })
  })

  test('[LVE7] a command that is stopped while it keeps what is live ends when the agent has finished the file', async () => {
    await listen()
    const whole = Promise.withResolvers<void>()
    const [began, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    operations.set('live.watch', async (_args, { signal }) => {
      began.resolve()
      signal.addEventListener('abort', () => stopped.resolve())
      await whole.promise
      return { state: 'over', reason: 'left' }
    })
    const leave = new AbortController()
    const watched = (await connect()).do('live.watch', { user: 'alice', into: '/film.mp4' }, { signal: leave.signal })
    let isOver = false
    const over = watched.finally(() => (isOver = true))
    await began.promise
    leave.abort()
    await stopped.promise
    expect(isOver).toBe(false)
    whole.resolve()
    expect(await over).toEqual({ state: 'over', reason: 'left' })
  })

  test('[C3] an agent that goes away ends what a command waits for, with a sentence', async () => {
    const one = await listen()
    operations.set('get', (_args, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)))
    const got = (await connect()).do('get', { what: 'x', folder: '/out' })
    const failed = got.catch((error: unknown) => error)
    await vi.waitFor(() => expect(one.connections).toBe(1))
    server = undefined
    const closed = one.close()
    expect(await failed).toMatchObject({ code: 'not-available' })
    await closed
  })

  test.each<[string, string]>([
    ['nonsense', 'nonsense\n'],
    ['an operation nobody knows', '{"op":"rm","args":{}}\n'],
    ['the name of a prototype', '{"op":"constructor","args":{}}\n'],
    ['an argument too many', '{"op":"sent","args":{"x":1}}\n'],
    ['a relative folder', '{"op":"get","args":{"what":"x","folder":"out"}}\n'],
    ['no arguments', '{"op":"get"}\n'],
    ['a list', '[1,2]\n'],
    ['bytes that are no text', '\xff\xfe\n'],
  ])('[C4] %s is refused as malformed and changes nothing', async (_what, line) => {
    await listen()
    const one = raw()
    one.socket.write(Buffer.from(line, 'latin1'))
    await one.closed
    expect(one.said().startsWith(hello)).toBe(true)
    expect(JSON.parse(one.said().slice(hello.length))).toMatchObject({ error: { code: 'malformed' } })
    expect(faults).toEqual([])
  })

  test('[C4] a line without end is cut off, and connections are bounded', async () => {
    const listening = await listen()
    const endless = raw()
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    for (let sent = 0; sent <= REQUEST_LINE_BYTES_MAX; sent += chunk.length) endless.socket.write(chunk)
    await endless.closed
    const many = Array.from({ length: 80 }, raw)
    await vi.waitFor(() => expect(many.filter(({ socket }) => socket.destroyed).length).toBe(80 - 64))
    expect(listening.connections).toBe(64)
    for (const { socket } of many) socket.destroy()
    operations.set('sent', async () => [])
    await vi.waitFor(async () => expect(await (await connect()).do('sent', {})).toEqual([]))
  })

  test('[C4] progress that nobody reads is left out, not piled up', async () => {
    await listen()
    const told = Promise.withResolvers<void>()
    operations.set('get', async (_args, { onProgress }) => {
      for (let count = 0; count < 100_000; count++) {
        onProgress({ kind: 'reading', name: 'x'.repeat(100), doneBytes: count, sizeBytes: 1 })
      }
      told.resolve()
      return { done: true }
    })
    const one = raw()
    one.socket.pause()
    one.socket.write('{"op":"get","args":{"what":"x","folder":"/out"}}\n')
    await told.promise
    one.socket.resume()
    await one.closed
    expect(one.said().length).toBeLessThan(2_000_000)
    expect(one.said().trimEnd().endsWith('{"result":{"done":true}}')).toBe(true)
  })

  test('[C6] nobody listens: no peer; what a killed agent left in the way is replaced', async () => {
    expect(await connectControl(home.path)).toBeUndefined()
    expect(await connectControl(join(folder, 'nowhere'))).toBeUndefined()
    await writeFile(homePaths(home.path).controlSocketRecord, '')
    expect(await connectControl(home.path)).toBeUndefined()
    await writeFile(homePaths(home.path).controlSocketRecord, home.controlSocket)
    await writeFile(home.controlSocket, 'left over')
    await listen()
    operations.set('sent', async () => [])
    expect(await (await connect()).do('sent', {})).toEqual([])
  })

  test('[C2] an agent of another version is told from one that is not there', async () => {
    const { createServer } = await import('node:net')
    const other = createServer((socket) => socket.write('{"doorpost":"control","version":999}\n'))
    await new Promise<void>((resolve) => other.listen(home.controlSocket, resolve))
    await expect(connectControl(home.path)).rejects.toThrow(/another version/)
    await new Promise((resolve) => other.close(resolve))
  })

  test('[C7] the command loads nothing heavy to ask an agent', async () => {
    const seen = new Set<string>()
    const { readFile } = await import('node:fs/promises')
    const look = async (file: string): Promise<void> => {
      if (seen.has(file)) return
      seen.add(file)
      const source = await readFile(file, 'utf8')
      for (const [, what = ''] of source.matchAll(/^(?:import|export) (?!type\b)[^'"]*?from '([^']+)'/gm)) {
        if (what.startsWith('.')) await look(join(file, '..', what))
        else expect([file, what]).toEqual([file, expect.stringMatching(/^node:/)])
      }
    }
    await look(join(import.meta.dirname, 'control-client.ts'))
    expect(
      createHash('sha256')
        .update([...seen].toSorted().join())
        .digest('hex'),
    ).toHaveLength(64)
    expect([...seen].map((file) => file.slice(import.meta.dirname.length + 1)).length).toBeGreaterThan(2)
  })
})
