// Surroundings for tests: screens that remember, a clock that stands still, a device that answers as it is told.

import type { OperationName, Operations, Peer, Progress } from '@doorpost/peer/operations'
import type { Player } from './player.ts'
import { run } from './run.ts'
import type { Surroundings } from './surroundings.ts'

/** What a test says a device does: asked with the arguments, free to report progress. */
type Answers = {
  readonly [Name in OperationName]?: (
    args: Operations[Name]['args'],
    told: { progress: (progress: Progress) => void; signal: AbortSignal | undefined },
  ) => Operations[Name]['result'] | Promise<Operations[Name]['result']>
}

interface FakeOptions {
  readonly answers?: Answers
  readonly agent?: boolean
  readonly terminal?: boolean
  readonly columns?: number
  readonly input?: string
  /** Lines that the person types, each when the test lets it. */
  readonly lines?: AsyncIterable<string>
  /** Secrets that the person types, one after the other. */
  readonly secrets?: readonly string[]
  /** What the person answers when asked; without it nobody sits there. */
  readonly reply?: string
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** Instant, ms, where the clock shall not stand still at NOW. */
  readonly now?: () => number
  /** How the player has ended by now. */
  readonly playerEnd?: () => Player['end']
  /** In place of the device that answers as told. */
  readonly openPeer?: Surroundings['openPeer']
}

export interface Fake {
  readonly around: Surroundings
  /** What was written so far. */
  readonly out: () => string
  readonly err: () => string
  /** Operations in the order they were asked for. */
  readonly asked: { name: OperationName; args: unknown }[]
  readonly homes: string[]
  /** Ctrl-C. */
  readonly stop: () => void
  /** `doorpost WORDS`, answering the exit code. */
  readonly run: (...words: string[]) => Promise<number>
}

export const NOW = Date.parse('2026-05-03T14:02:00.000Z')

export function fake(options: FakeOptions = {}): Fake {
  const { answers = {}, agent = true, terminal = false, columns = 80, input = '', env = {} } = options
  const written = { out: '', err: '' }
  const asked: Fake['asked'] = []
  const homes: string[] = []
  const stopping = new AbortController()
  const waiting = [...(options.secrets ?? input.split('\n'))]
  const screen = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text
    },
    terminal,
    colours: terminal && !env['NO_COLOR'],
    columns: () => columns,
  })
  const peer: Peer = {
    async do(name, args, { onProgress = () => {}, signal } = {}) {
      asked.push({ name, args })
      const answer = answers[name]
      if (answer === undefined) throw new Error(`the test has no answer for ${name}`)
      return answer(args, { progress: onProgress, signal })
    },
    async [Symbol.asyncDispose]() {},
  }
  const around: Surroundings = {
    out: screen('out'),
    err: screen('err'),
    env,
    cwd: options.cwd ?? '/work/films',
    userHome: '/home/ann',
    now: options.now ?? (() => NOW),
    readInput: async () => input,
    askSecret: async (question) => {
      written.err += question
      return waiting.shift() ?? ''
    },
    ask:
      options.reply === undefined
        ? undefined
        : async (question) => {
            written.err += question
            return options.reply ?? ''
          },
    openLines: async () => ({
      terminal,
      say: (text) => screen('out').write(`${text}\n`),
      sayInPlace: (text) => screen('out').write(`${text}\n`),
      again(text) {
        if (terminal) written.out += `again: ${text}\n`
        return terminal
      },
      setPrompt: (text) => void (written.err += text),
      async *[Symbol.asyncIterator]() {
        yield* options.lines ?? input.split('\n').slice(0, -1)
      },
      [Symbol.dispose]: () => {},
    }),
    stop: stopping.signal,
    onHangUp: () => ({ [Symbol.dispose]: () => {} }),
    openStreamOut: async () => ({ socket: '/tmp/out', [Symbol.asyncDispose]: async () => {} }),
    openStreamIn: async () => (terminal ? undefined : { socket: '/tmp/in', [Symbol.asyncDispose]: async () => {} }),
    openPlayer: async (program = 'mpv') => ({
      name: program,
      socket: '/tmp/player',
      get end() {
        return options.playerEnd?.()
      },
      [Symbol.asyncDispose]: async () => {},
    }),
    openPeer: async (home) => {
      homes.push(home)
      if (options.openPeer !== undefined) return options.openPeer(home)
      return { peer, isAgent: async () => agent, [Symbol.asyncDispose]: async () => {} }
    },
  }
  return {
    around,
    out: () => written.out,
    err: () => written.err,
    asked,
    homes,
    stop: () => stopping.abort(),
    run: (...words) => run(words, around),
  }
}
