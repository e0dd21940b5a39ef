// For tests: a caller that says exactly the bytes it is told to, and a port to say them to.

import net, { type Socket } from 'node:net'
import type { Fault } from './door.ts'
import type { Handler } from './exchange.ts'
import { type ListenOptions, type Listening, listen } from './port.ts'
import { type TurnedClock, turnedClock } from './turned-clock.ts'

export interface RawCaller extends AsyncDisposable {
  readonly socket: Socket
  send(bytes: string | Uint8Array): void
  /** All that came so far, as Latin-1. */
  readonly text: string
  /** Resolves when `text` holds `part` `times` times; rejects when the connection ends before. */
  until(part: string, times?: number): Promise<string>
  /** Resolves with `text` when the server has ended the connection. */
  readonly ended: Promise<string>
  readonly isEnded: boolean
}

export async function rawCaller(port: number, host = '127.0.0.1'): Promise<RawCaller> {
  const socket = net.connect({ port, host, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  let text = ''
  let isEnded = false
  const checks = new Set<() => void>()
  const runChecks = (): void => {
    for (const check of checks) check()
  }
  const ended = new Promise<string>((resolve) => {
    const end = (): void => {
      isEnded = true
      socket.end()
      resolve(text)
      runChecks()
    }
    socket.on('end', end)
    socket.on('close', end)
  })
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    runChecks()
  })
  return {
    socket,
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    get text() {
      return text
    },
    get isEnded() {
      return isEnded
    },
    until(part, times = 1) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          if (text.split(part).length > times) resolve(text)
          else if (isEnded) reject(new Error(`Ended without ${times} of ${JSON.stringify(part)}: ${text}`))
          else return
          checks.delete(check)
        }
        checks.add(check)
        check()
      })
    },
    ended,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
    },
  }
}

export interface TestPort extends Listening, AsyncDisposable {
  readonly clock: TurnedClock
  readonly faults: Fault[]
  /** One exchange on a connection of its own: when it is back, the server has seen all that was sent before. */
  settle(): Promise<void>
  /** Turns the clock second by second, each time settled, until `done` says so; at most `limitMs`. */
  turnUntil(done: () => boolean, limitMs?: number): Promise<number>
}

/** The handler answers `/settle` by itself with 204. */
export async function testPort(handler: Handler, options: Partial<ListenOptions> = {}): Promise<TestPort> {
  const clock = turnedClock()
  const faults: Fault[] = []
  const listening = await listen({
    port: 0,
    host: '127.0.0.1',
    origins: (port) => [`http://localhost:${port}`],
    handler: async (exchange) => (exchange.path === '/settle' ? { status: 204 } : handler(exchange)),
    onFault: (fault) => faults.push(fault),
    clock,
    ...options,
  })
  async function settle(): Promise<void> {
    await using caller = await rawCaller(listening.port)
    caller.send('GET /settle HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await caller.ended
  }
  return {
    ...listening,
    clock,
    faults,
    settle,
    async turnUntil(done, limitMs = 400_000) {
      let turnedMs = 0
      while (!done()) {
        if (turnedMs >= limitMs) throw new Error(`Nothing happened within ${turnedMs} ms of the turned clock.`)
        clock.turn(1000)
        turnedMs += 1000
        await settle()
      }
      return turnedMs
    },
    async [Symbol.asyncDispose]() {
      await listening.close(0)
    },
  }
}

/** Splits answers as they stand on an HTTP/1.1 connection: `HTTP/1.1 200 OK`, fields, body by Content-Length. */
export function statusLines(text: string): string[] {
  return text.match(/HTTP\/1\.1 [0-9]{3} [^\r]*/g) ?? []
}
