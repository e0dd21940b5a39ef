// Runs the on-ready command in a shell. Nothing that a sender wrote ever stands in the command line: the message is told by
// environment variables, and a file list as JSON.

import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import type { InboxEntry } from '../operations.ts'
import type { RunHook } from '../receive/on-ready.ts'

/** Longest value of one variable, bytes: Linux takes 128 KiB each (MAX_ARG_STRLEN). */
const VALUE_BYTES_MAX = 100_000
/** Time a command has to end after it was asked to, when the device closes, ms. */
const GRACE_MS = 5_000

/** `command`: as the user of this device wrote it, given to /bin/sh -c (cmd.exe on Windows). */
export function createHook(command: string): RunHook {
  return (entry, signal) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, {
        shell: true,
        // Its own group, so that ending it ends what it started.
        detached: process.platform !== 'win32',
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, ...variablesOf(entry) },
      })
      const kill = (name: NodeJS.Signals) => {
        try {
          if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid, name)
        } catch {
          // It has ended by itself.
        }
      }
      let timer: NodeJS.Timeout | undefined
      const stop = () => {
        kill('SIGTERM')
        timer = setTimeout(() => kill('SIGKILL'), GRACE_MS)
      }
      const done = () => {
        signal.removeEventListener('abort', stop)
        clearTimeout(timer)
      }
      child.once('error', (error) => {
        done()
        reject(error)
      })
      child.once('exit', (code) => {
        done()
        resolve(code)
      })
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
    })
}

/** What the command is told. Values from outside lose NUL, which ends a variable, and are cut where they are too long. */
export function variablesOf(entry: InboxEntry): Record<string, string> {
  const files = entry.media.flatMap(({ name, path, sizeBytes, root, type }) =>
    path === undefined ? [] : [{ name, file: path, sizeBytes, root, type }],
  )
  const [first] = files
  // A list that does not fit is left out whole: half a JSON text is none.
  const list = JSON.stringify(files)
  return {
    DOORPOST_ID: entry.id,
    DOORPOST_FROM: entry.from,
    DOORPOST_TITLE: safe(entry.title ?? ''),
    DOORPOST_FOLDER: first === undefined ? '' : dirname(first.file),
    DOORPOST_FILES: Buffer.byteLength(list) <= VALUE_BYTES_MAX ? list : '',
    DOORPOST_FILE_COUNT: String(files.length),
  }
}

function safe(text: string): string {
  const plain = text.replaceAll('\0', '')
  return Buffer.byteLength(plain) <= VALUE_BYTES_MAX ? plain : plain.slice(0, VALUE_BYTES_MAX / 4)
}
