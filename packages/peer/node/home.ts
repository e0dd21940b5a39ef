// The home folder of a device: private to its user, and one process at a time. The lock is SQLite's on an empty database:
// the system gives it back however the process ends, so that a lock after kill -9 is never stale.

import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { Trouble } from '../operations.ts'
import { chooseControlSocket, homePaths } from './home-paths.ts'

/** Of the folder and of the socket's: nobody else may even look inside. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

export interface Home extends AsyncDisposable {
  readonly path: string
  /** For openSqliteStore. */
  readonly database: string
  /** Path to listen on; its folder exists and is private, and no file of an earlier process is in the way of the owner of the lock. */
  readonly controlSocket: string
}

export type HomeOpened =
  | { readonly kind: 'open'; readonly home: Home }
  /** Another process has it; its pid where it can be told. */
  | { readonly kind: 'home-in-use'; readonly pid: number | undefined }

/**
 * Makes the folder (0700) where there is none, and takes its lock until disposed or until this process ends, however it
 * ends. Throws Trouble `cannot-write`, `disk-full`.
 */
export async function openHome(path: string): Promise<HomeOpened> {
  const paths = homePaths(path)
  try {
    makePrivate(paths.home, statSync)
    const lock = takeLock(paths.lock)
    if (!lock) return { kind: 'home-in-use', pid: readPid(paths.owner) }
    try {
      const controlSocket = chooseControlSocket(path, process.env)
      if (dirname(controlSocket) !== paths.home) makePrivate(dirname(controlSocket), lstatSync)
      writeFileSync(paths.owner, JSON.stringify({ pid: process.pid }), { mode: FILE_MODE })
      writeFileSync(paths.controlSocketRecord, controlSocket, { mode: FILE_MODE })
      const release = () => lock.close()
      return {
        kind: 'open',
        home: {
          path: paths.home,
          database: paths.database,
          controlSocket,
          async [Symbol.asyncDispose]() {
            release()
          },
        },
      }
    } catch (error) {
      lock.close()
      throw error
    }
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    const { code } = cause as { code?: unknown }
    if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
      throw new Trouble('disk-full', `There is no room left on the disk of ${paths.home}. Nothing in it is lost.`, {
        todo: 'Make room, then try again.',
        cause,
      })
    }
    throw new Trouble('cannot-write', `The home ${paths.home} cannot be opened.`, { cause })
  }
}

/**
 * An existing folder is made private too, unless it is not ours: then somebody else could read the keys. A home may be a
 * link of its user's making; a folder in a place that all users share may not.
 */
function makePrivate(folder: string, look: typeof statSync): void {
  // Node's recursive mkdir never returns in a file system that refuses new folders as /proc does.
  if (!existsSync(folder)) mkdirSync(folder, { recursive: !existsSync(dirname(folder)), mode: FOLDER_MODE })
  const found = look(folder)
  const isOurs = process.getuid === undefined || found.uid === process.getuid()
  if (!found.isDirectory() || !isOurs) {
    throw new Trouble('cannot-write', `${folder} is not a folder of this user.`, { todo: 'Choose another --home.' })
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, FOLDER_MODE)
}

function takeLock(file: string): Database.Database | undefined {
  const lock = new Database(file, { timeout: 0 })
  try {
    chmodSync(file, FILE_MODE)
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return undefined
    throw error
  }
}

function readPid(file: string): number | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const pid = typeof owner === 'object' && owner !== null && 'pid' in owner ? owner.pid : undefined
    return typeof pid === 'number' ? pid : undefined
  } catch {
    // The owner took the lock a moment ago and has not written its pid yet.
    return undefined
  }
}
