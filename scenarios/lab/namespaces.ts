// Network namespaces of one lab: made, entered and taken away. All of them are new ones; the machine's own network is never
// touched. A lab that was killed leaves its namespaces behind: their names hold who made them, and the next lab sweeps them.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { needs } from '../../scripts/needs.ts'
import type { Place } from '../stage.ts'

const run = promisify(execFile)

/** What every namespace of every lab is called first; then process, its start, the lab and the namespace's role. */
const PREFIX = 'doorpost-lab'

/**
 * A line has its IPv6 address with it, and not two seconds later, once nobody else was found to have the same (RFC 4862 section 5.4): a
 * browser that was started meanwhile breaks off all it loads when an address comes. A machine without IPv6 has nothing to set.
 */
const ADDRESSES_AT_ONCE = 'echo 0 2>/dev/null > /proc/sys/net/ipv6/conf/default/accept_dad || true'

/** Why no lab can be built here, fit for a test's name; undefined where one can, and always in CI (it fails then). */
export function labMissing(): string | undefined {
  if (process.env['CI'] === 'true') return undefined
  if (process.platform !== 'linux') return 'network namespaces are of Linux alone'
  if (process.getuid?.() !== 0) return 'only root may make network namespaces'
  return needs('ip').missing ?? needs('nft').missing ?? needs('openssl').missing
}

export interface Namespace extends Place {
  readonly name: string
  /** Runs a program inside to its end; its standard output. Throws with its standard error. */
  run(...command: string[]): Promise<string>
  /** `ip ...` inside. */
  ip(...args: string[]): Promise<void>
  /** Loads a ruleset in place of the one before. */
  nft(ruleset: string): Promise<void>
}

export interface Namespaces extends AsyncDisposable {
  /** A new namespace with its loopback up. */
  add(role: string): Promise<Namespace>
}

/** Sweeps what dead labs left, and stands ready to make namespaces. Disposing ends every process inside and removes them. */
export async function openNamespaces(): Promise<Namespaces> {
  await sweep()
  const lab = `${PREFIX}-${process.pid}-${startOf(process.pid)}-${randomBytes(3).toString('hex')}`
  const names: string[] = []
  return {
    async add(role) {
      const name = `${lab}-${role}`
      names.push(name)
      await run('ip', ['netns', 'add', name])
      const command = ['ip', 'netns', 'exec', name]
      const inside = async (...words: string[]) => (await run('ip', ['netns', 'exec', name, ...words])).stdout
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
      await inside('sh', '-c', ADDRESSES_AT_ONCE)
      return {
        name,
        command,
        env: {},
        run: inside,
        async ip(...args) {
          await run('ip', ['-n', name, ...args])
        },
        async nft(ruleset) {
          const child = run('ip', ['netns', 'exec', name, 'nft', '-f', '-'])
          child.child.stdin?.end(`flush ruleset\n${ruleset}`)
          await child
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const name of names.splice(0)) await remove(name)
    },
  }
}

async function sweep(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list'])
  for (const line of stdout.split('\n')) {
    const [, name, pid, start] = line.match(/^(doorpost-lab-(\d+)-(\d+)-\S+)/) ?? []
    if (name !== undefined && startOf(Number(pid)) !== start) await remove(name)
  }
}

async function remove(name: string): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'pids', name])
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await run('ip', ['netns', 'delete', name])
}

/** When a process started, in ticks since the machine did (proc(5), field 22), so that a number used again is another process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
