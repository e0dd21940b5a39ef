// A program of the lab's own (a proxy, a stranger) that runs at a place until it is disposed. Its first line says that it is ready.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Place } from '../stage.ts'

export interface Program extends AsyncDisposable {
  /** Its lines so far. */
  readonly lines: readonly string[]
}

/** Starts a TypeScript program with Node and waits for its first line. */
export async function startProgram(place: Place, file: string, args: readonly string[]): Promise<Program> {
  return await startCommand(place, [process.execPath, file, ...args])
}

/** Starts any command and waits for its first line on either output. */
export async function startCommand(place: Place, words: readonly string[]): Promise<Program> {
  const [program = '', ...rest] = [...place.command, ...words]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...place.env } })
  const lines: string[] = []
  const first = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      first.resolve()
    })
  }
  child.once('close', (code) => first.reject(new Error(`${words.join(' ')} ended with ${code}: ${lines.join('\n')}`)))
  await first.promise
  return {
    lines,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'close')
    },
  }
}
