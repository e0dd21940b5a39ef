// A stage for whole-system stories: a server and people's devices as separate processes, with homes of their own and
// real sockets, driven through the `doorpost` command as a user would. What a story proves is the story's business.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectControl } from '@doorpost/peer/node/control-client'
import { freePort } from '../scripts/free-port.ts'

const MAIN = fileURLToPath(new URL('../packages/cli/main.ts', import.meta.url))

/** Where a process runs: what stands before its command line, and what its environment has besides. */
export interface Place {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A server that others than this machine's processes may dial. */
export interface ServerPlace extends Place {
  readonly domain: string
  readonly origin: string
  /** For `serve`: at least where it listens, and its certificate. */
  readonly flags: readonly string[]
}

const HERE: Place = { command: [], env: {} }

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of the story. Disposing it kills it. */
export interface Running extends AsyncDisposable {
  readonly process: ChildProcess
  readonly stderr: () => string
  readonly stdout: () => string
  /** Resolves when a line of either output matches; rejects when the process ends first. */
  says(pattern: RegExp): Promise<string>
  /** Resolves with its exit code when it has ended and all that it said was read. */
  ended(): Promise<number | null>
  /** Ends it and waits: SIGKILL unless said otherwise. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export interface Person {
  readonly name: string
  readonly address: string
  readonly home: string
  /** Runs one command to its end. */
  run(...args: string[]): Promise<Ran>
  /** Runs one command that must succeed and answer JSON. */
  json<T>(...args: string[]): Promise<T>
  /** Starts a command that stays. */
  start(...args: string[]): Running
  /** Starts the agent and waits until it is on-line. */
  agent(...flags: string[]): Promise<Running>
}

export interface Stage extends AsyncDisposable {
  readonly folder: string
  readonly origin: string
  readonly domain: string
  readonly dataFolder: string
  /** Starts the server (again) on the same port and data. */
  server(...flags: string[]): Promise<Running>
  /** Makes an account and a home for it; the server must run. */
  join(name: string, device?: string, place?: Place): Promise<Person>
  /** A home nobody has joined from yet, as somebody. */
  newcomer(name: string, home: string, place?: Place): Person
  /** Both approve each other. */
  befriend(one: Person, other: Person): Promise<void>
}

/** A stage on loopback, or one whose server stands where it is told. */
export async function openStage(elsewhere?: (folder: string) => Promise<ServerPlace>): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-story-'))
  const place = (await elsewhere?.(folder)) ?? (await onLoopback())
  const { domain, origin } = place
  const dataFolder = join(folder, 'data')
  const running = new Set<Running>()

  function start(args: readonly string[], where: Place = HERE): Running {
    const child = startCommand(args, folder, where)
    running.add(child)
    child.process.once('exit', () => running.delete(child))
    return child
  }

  function person(name: string, where: Place, home = join(folder, name)): Person {
    const run = async (...args: string[]): Promise<Ran> => {
      const child = start([...args, '--home', home], where)
      const code = await child.ended()
      return { code, stdout: child.stdout(), stderr: child.stderr() }
    }
    return {
      name,
      address: `${name}@${domain}`,
      home,
      run,
      async json<T>(...args: string[]): Promise<T> {
        const ran = await run(...args, '--json')
        if (ran.code !== 0) throw new Error(`doorpost ${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`)
        return JSON.parse(ran.stdout) as T
      },
      start: (...args) => start([...args, '--home', home], where),
      async agent(...flags) {
        const agent = start(['agent', ...flags, '--home', home], where)
        await until(`${name}'s agent to be on-line`, async () => {
          if (agent.process.exitCode !== null) throw new Error(`the agent ended: ${agent.stderr()}`)
          await using device = await connectControl(home)
          return device !== undefined && (await device.do('whoami', {})).online
        })
        return agent
      },
    }
  }

  return {
    folder,
    origin,
    domain,
    dataFolder,
    async server(...flags) {
      const server = start(['serve', '--data', dataFolder, ...place.flags, ...flags], place)
      if (elsewhere !== undefined) {
        await server.says(/^Doorpost is running at/)
        return server
      }
      await until('the server to answer', async () => {
        if (server.process.exitCode !== null) throw new Error(`the server ended: ${server.stderr()}`)
        return (await fetch(`${origin}/healthz`).catch(() => undefined))?.ok === true
      })
      return server
    },
    async join(name, device = 'laptop', where = HERE) {
      const joined = person(name, where)
      await mkdir(folder, { recursive: true })
      const ran = await joined.run('join', origin, name, '--device', device)
      if (ran.code !== 0) throw new Error(`join ended with ${ran.code}: ${ran.stderr}`)
      return joined
    },
    newcomer: (name, home, where = HERE) => person(name, where, join(folder, home)),
    async befriend(one, other) {
      await one.json('contacts', 'add', other.address)
      await other.json('contacts', 'add', one.address)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((child) => child.end()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Longest a story waits for one thing, ms: a process start on a busy machine, many times over. */
const PATIENCE_MS = 60_000

/** Asks until the answer is yes; polling is how an outsider learns of another process. */
export async function until(what: string, ask: () => Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (!(await ask())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function onLoopback(): Promise<ServerPlace> {
  const port = await freePort()
  const domain = `localhost:${port}`
  return { ...HERE, domain, origin: `http://${domain}`, flags: ['--port', String(port)] }
}

export function startCommand(args: readonly string[], cwd: string, { command, env }: Place): Running {
  const [program = process.execPath, ...words] = [...command, process.execPath, MAIN, ...args]
  const child = spawn(program, words, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', DOORPOST_HOME: '', ...env },
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  let out = ''
  let err = ''
  const lines: string[] = []
  const waiting = new Set<(line: string) => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const tell of waiting) tell(line)
    })
  }
  child.stdout.on('data', (text: string) => {
    out += text
  })
  child.stderr.on('data', (text: string) => {
    err += text
  })
  const end = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return closed
  }
  return {
    process: child,
    stdout: () => out,
    stderr: () => err,
    says(pattern) {
      const said = lines.find((line) => pattern.test(line))
      if (said !== undefined) return Promise.resolve(said)
      return new Promise((resolve, reject) => {
        const tell = (line: string) => {
          if (!pattern.test(line)) return
          waiting.delete(tell)
          resolve(line)
        }
        waiting.add(tell)
        child.once('close', () => reject(new Error(`ended without saying ${pattern}: ${err}`)))
      })
    },
    ended: () => closed,
    end,
    async [Symbol.asyncDispose]() {
      await end()
    },
  }
}
