// The entry of the `doorpost` command on the Node it is written for: gives run.ts the real screens, environment and
// signals, and this process its exit code. doorpost.cjs finds that Node first, where an older one was started.

import { homedir } from 'node:os'
import { addAbortSignal } from 'node:stream'
import { createAskSecret } from './ask-secret.ts'
import { EXIT } from './exit-codes.ts'
import { goThroughProxy } from './proxy.ts'
import { run } from './run.ts'
import type { Screen, Surroundings } from './surroundings.ts'

/** Two signals nearer together than this are one wish to stop, ms: a terminal's and the one a parent passes on. */
const SAME_WISH_MS = 150

/** What a screen is wide when nothing says so, cells. */
const COLUMNS_DEFAULT = 80

/**
 * How long connections may hold a process that is done, ms. One to a server that vanished would hold it for a quarter of an hour,
 * which is how long the system sends the last bytes again.
 */
const LINGER_MS = 2_000

const hangUpListeners = new Set<() => void>()
const stopping = new AbortController()
let stopAskedAt = 0

function stop(signal: NodeJS.Signals): void {
  if (signal === 'SIGHUP' && hangUpListeners.size > 0) {
    for (const listener of hangUpListeners) listener()
    return
  }
  const now = performance.now()
  if (!stopping.signal.aborted) {
    stopAskedAt = now
    stopping.abort(new DOMException('Stopped.', 'AbortError'))
  } else if (now - stopAskedAt > SAME_WISH_MS) process.exit(EXIT.stopped)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)

// A reader that has seen enough (`doorpost inbox --watch | head`) is a wish to stop; one of remarks alone is not.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  stopping.abort(error)
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
})

function screenOf(stream: NodeJS.WriteStream): Screen {
  const terminal = stream.isTTY && process.env['TERM'] !== 'dumb'
  const noColour = process.env['NO_COLOR']
  return {
    write: (text) => stream.write(text),
    terminal,
    colours: terminal && (noColour === undefined || noColour === ''),
    columns: () => stream.columns ?? COLUMNS_DEFAULT,
  }
}

/** Ends the process once what it wrote has left. */
function leave(): void {
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit()
  setTimeout(leave, LINGER_MS).unref()
}

async function readInput(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of addAbortSignal(stopping.signal, process.stdin)) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** One line from the person who sits there. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await asking.question(question, { signal: stopping.signal })
  } finally {
    asking.close()
  }
}

const around: Surroundings = {
  out: screenOf(process.stdout),
  err: screenOf(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  userHome: homedir(),
  now: () => Date.now(),
  readInput,
  askSecret: createAskSecret(process.stdin, process.stderr, stopping.signal),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  openLines: async (options) =>
    (await import('./lines.ts')).openLines(process.stdin, process.stdout, options, () => stop('SIGINT')),
  stop: stopping.signal,
  onHangUp(listener) {
    hangUpListeners.add(listener)
    return { [Symbol.dispose]: () => hangUpListeners.delete(listener) }
  },
  openStreamOut: async () => (await import('./stream-out.ts')).openStreamOut(process.stdout),
  openStreamIn: async () =>
    process.stdin.isTTY ? undefined : (await import('./stream-in.ts')).openStreamIn(process.stdin),
  openPlayer: async (program) => (await import('./player.ts')).openPlayer(program, process.env),
  openPeer: async (home) => {
    const tell = () => around.err.write('Another command is at work in this home. This one waits for it.\n')
    return (await import('./open-peer.ts')).openPeer(home, stopping.signal, tell)
  },
}

const proxyFault = await goThroughProxy(process.env)
if (proxyFault !== undefined) around.err.write(`${proxyFault}\n`)
const code = proxyFault === undefined ? await run(process.argv.slice(2), around) : EXIT.usage
// Set, not forced: what was written may still be on its way through a pipe.
process.exitCode = code
setTimeout(leave, LINGER_MS).unref()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop)
