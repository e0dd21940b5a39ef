// Where things lie in the home folder of a device. Light: commands import it on their way to the agent.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Longest path of a Unix socket, bytes: sun_path has 104 with its zero byte on macOS, 108 on Linux. */
const SOCKET_PATH_BYTES_MAX = 103

/** The file a socket's path is recorded in, where it is not in the home itself. */
const RECORD = 'control-socket'

export interface HomePaths {
  readonly home: string
  readonly database: string
  readonly lock: string
  /** Who has the lock: `{"pid": 4711}`. Information for people; the lock itself decides. */
  readonly owner: string
  readonly controlSocketRecord: string
}

export function homePaths(path: string): HomePaths {
  const home = resolve(path)
  return {
    home,
    database: join(home, 'doorpost.db'),
    lock: join(home, 'lock.db'),
    owner: join(home, 'owner.json'),
    controlSocketRecord: join(home, RECORD),
  }
}

/**
 * Where the agent of a home listens: inside it, or in a short private folder of this user where that path would be too
 * long for a socket. The folder is named after the home, so that two homes never meet.
 */
export function chooseControlSocket(path: string, environment: Readonly<Record<string, string | undefined>>): string {
  const { home } = homePaths(path)
  const inside = join(home, 'control.sock')
  if (fits(inside)) return inside
  const name = `doorpost-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`
  const folders = [environment.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter(
    (folder) => folder !== undefined && folder !== '',
  )
  for (const folder of folders as string[]) {
    const socket = join(folder, name, 'control.sock')
    if (fits(socket)) return socket
  }
  throw new RangeError(`no folder is short enough for the control socket of ${home}`)
}

/** Where an agent that runs on this home listens; undefined when none ever did. */
export function recordedControlSocket(path: string): string | undefined {
  try {
    return readFileSync(homePaths(path).controlSocketRecord, 'utf8')
  } catch {
    // No record: nobody has opened this home yet.
    return undefined
  }
}

function fits(socket: string): boolean {
  return Buffer.byteLength(socket) <= SOCKET_PATH_BYTES_MAX
}
