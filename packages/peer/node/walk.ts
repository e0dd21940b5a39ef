// Finds what is to be sent: every file of the files and folders a user gave, in a stable order. Links are not followed,
// since what they point to may lie anywhere and change; whatever is no file is told of and left out.

import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { FoundFile } from '../device-files.ts'
import { Trouble } from '../operations.ts'

/** Folders within folders: what a handle holds (protocol/handle.ts). */
const DEPTH_MAX = 32

interface Options {
  readonly filesMax: number
  readonly signal: AbortSignal
  leftOut(name: string, reason: string): void
}

/** As DeviceFiles.find. */
export async function walk(given: readonly string[], options: Options): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  for (const one of given) {
    options.signal.throwIfAborted()
    const path = resolve(one)
    const stats = await look(path)
    if (stats.isSymbolicLink()) {
      throw new Trouble('no-such-file', `${path} is a link. Links are not followed.`, {
        todo: 'Give the file it points to.',
      })
    }
    if (stats.isDirectory()) await walkFolder(one, path, [basename(path) || 'folder'], found, options)
    else if (stats.isFile())
      add(found, { given: one, path, name: basename(path), folder: [], sizeBytes: Number(stats.size) }, options)
    else
      throw new Trouble('no-such-file', `${path} is neither a file nor a folder.`, { todo: 'Name a file or a folder.' })
  }
  return found
}

async function walkFolder(
  given: string,
  path: string,
  folder: readonly string[],
  found: FoundFile[],
  options: Options,
): Promise<void> {
  if (folder.length > DEPTH_MAX) {
    throw new Trouble('too-large', `${path} lies deeper than ${DEPTH_MAX} folders.`, {
      todo: 'Put it into an archive.',
    })
  }
  for (const entry of await list(path)) {
    options.signal.throwIfAborted()
    const inside = join(path, entry.name)
    if (entry.isDirectory()) await walkFolder(given, inside, [...folder, entry.name], found, options)
    else if (entry.isFile()) {
      const stats = await look(inside)
      // Looked at again: it may have become a link since the folder was read.
      if (stats.isFile())
        add(found, { given, path: inside, name: entry.name, folder, sizeBytes: Number(stats.size) }, options)
    } else options.leftOut(inside, entry.isSymbolicLink() ? 'Links are not followed.' : 'It is no ordinary file.')
  }
}

function add(found: FoundFile[], file: FoundFile, { filesMax }: Options): void {
  if (found.length >= filesMax) {
    throw new Trouble('too-large', `These are more than ${filesMax} files, which is the most one message holds.`, {
      todo: 'Send them in several messages, or put them into an archive.',
    })
  }
  found.push(file)
}

async function look(path: string): Promise<BigIntStats> {
  try {
    return await lstat(path, { bigint: true })
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** In order of name, by code point: the same on every run and system. */
async function list(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): Trouble {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Trouble('no-such-file', `There is no ${path}.`, { cause })
  return new Trouble('no-such-file', `${path} cannot be read.`, {
    todo: 'Let this user read it, or leave it out.',
    cause,
  })
}
