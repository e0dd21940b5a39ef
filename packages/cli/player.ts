// A program on this machine that shows what somebody shows: found among those that are here, started when the first pictures come, fed by
// its standard input as fast as it takes them, and ended with them.

import { spawn, type ChildProcess } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { basename, delimiter, extname, join } from 'node:path'
import { Writable } from 'node:stream'
import { Trouble } from '@doorpost/peer/operations'
import { openStreamOut, type StreamOut } from './stream-out.ts'

/** Programs that are looked for, in this order, and how each shows a film that comes by its standard input, as it comes. */
const PLAYERS: Readonly<Record<string, readonly string[]>> = {
  mpv: ['--no-terminal', '--profile=low-latency', '--force-window=immediate', '--title=Doorpost', '-'],
  ffplay: ['-hide_banner', '-loglevel', 'error', '-fflags', 'nobuffer', '-autoexit', '-window_title', 'Doorpost', '-'],
}
/** What any other program is told: the usual name of standard input. */
const OTHER_ARGS = ['-']
/** Longest that a player may take to show the last pictures and close, ms; then it is ended. */
const LAST_PICTURES_MS = 3_000
/** What it says is kept for the error, characters. */
const SAID_MAX = 2_000

export interface Player extends StreamOut {
  /** As it was found. */
  readonly name: string
  /** How it ended, while pictures still came: `closed` by whoever looked, or with a Trouble. Undefined while it runs. */
  readonly end: 'closed' | Trouble | undefined
}

/** `wish`: a program's name or path. Rejects with a Trouble `not-available` where there is none. */
export async function openPlayer(
  wish: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Player> {
  const path = await firstOf(wish === undefined ? Object.keys(PLAYERS) : [wish], env)
  if (path === undefined) {
    const none = wish === undefined ? 'neither mpv nor ffplay is installed here' : `there is no program ${wish} here`
    throw new Trouble('not-available', `Nothing can show the pictures: ${none}.`, {
      todo: 'Install mpv, or ffplay with ffmpeg; or name another program that shows films: --player PROGRAM.',
    })
  }
  const name = basename(path, extname(path) === '.exe' ? '.exe' : '')
  let child: ChildProcess | undefined
  let said = ''
  let end: Player['end']
  const ended = Promise.withResolvers<void>()
  const start = () => {
    const running = spawn(path, PLAYERS[name] ?? OTHER_ARGS, { stdio: ['pipe', 'ignore', 'pipe'] })
    child = running
    running.stderr.on('data', (chunk: Uint8Array) => (said = (said + String(chunk)).slice(-SAID_MAX)))
    // That it takes no more is told by its end.
    running.stdin.on('error', () => {})
    const over = (how: Player['end']) => {
      end ??= how
      ended.resolve()
      feed.destroy()
    }
    running.once('error', (cause) => over(new Trouble('not-available', `${name} cannot be started.`, { cause })))
    // Ended by a signal: somebody wanted that, too.
    running.once('close', (code) => over(code === 0 || code === null ? 'closed' : failed(name, said)))
    return running
  }
  // One chunk at a time: what the player does not take waits where it comes from, and is skipped there.
  const feed = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      const { stdin } = child ?? start()
      if (stdin?.writable) stdin.write(chunk, () => done())
      else done()
    },
  })
  const out = await openStreamOut(feed)
  return {
    name,
    socket: out.socket,
    get end() {
      return end
    },
    async [Symbol.asyncDispose]() {
      if (child && end === undefined) {
        // What becomes of it from here on nobody needs to be told.
        end = 'closed'
        child.stdin?.end()
        const late = setTimeout(() => child?.kill('SIGTERM'), LAST_PICTURES_MS)
        await ended.promise
        clearTimeout(late)
      }
      await out[Symbol.asyncDispose]()
    },
  }
}

function failed(name: string, said: string): Trouble {
  const last = said.trim().split('\n').at(-1) ?? ''
  return new Trouble('not-available', `${name} could not show the pictures.`, {
    cause: last.replace(/\p{C}/gu, '').slice(0, 300),
    todo: 'Another program may: --player PROGRAM.',
  })
}

/** The first of them that can be run: a path as it is, a name by PATH. */
async function firstOf(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const endings = process.platform === 'win32' ? ['.exe', ''] : ['']
  for (const name of names) {
    const isPath = /[/\\]/.test(name)
    for (const candidate of isPath ? [name] : folders.map((folder) => join(folder, name))) {
      for (const ending of endings) {
        const path = candidate + ending
        if (
          await access(path, constants.X_OK).then(
            () => true,
            () => false,
          )
        )
          return path
      }
    }
  }
  return undefined
}
