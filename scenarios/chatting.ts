// `doorpost chat` with somebody at its input.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Person } from './stage.ts'

const MAIN = fileURLToPath(new URL('../packages/cli/main.ts', import.meta.url))

export interface Chatting {
  out(): string
  types(text: string): void
  /** Ctrl-D. */
  leaves(): Promise<number | null>
  kill(): void
}

export function chatting(who: Person, ...args: string[]): Chatting {
  const child = spawn(process.execPath, [MAIN, 'chat', ...args, '--home', who.home], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', DOORPOST_HOME: '' },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    out: () => out,
    types: (text) => void child.stdin.write(text),
    async leaves() {
      child.stdin.end()
      return await ended
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
