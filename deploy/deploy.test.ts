// Starts exactly the commands of both units side by side, with the folders and the port of the box replaced by the test's own,
// and asks each whether it is well. What the units forbid their processes is systemd's business; it is asked to read them.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findCommand } from '../scripts/system-packages.cjs'

const root = join(import.meta.dirname, '..')
const unitText = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')
const run = promisify(execFile)

let folder = ''
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-deploy-'))
})

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

/** The words of a text's ExecStart= or of a container's JSON arrays, at home in the test's folder and on a free port. */
function commandOf(words: readonly string[]): [string, ...string[]] {
  const [command, ...args] = words.map((word) =>
    word
      .replace('/opt/doorpost', root)
      .replace(/^\/var\/lib\/doorpost-agent$/, join(folder, 'home'))
      .replace(/^(\/var\/lib\/doorpost|\/data)$/, join(folder, 'data'))
      .replace(/^8025$/, '0'),
  )
  if (command === undefined) throw new Error('no command')
  return [command, ...args]
}

function execStart(unit: string): [string, ...string[]] {
  const line = /^ExecStart=(.*)$/m.exec(unitText(unit))?.[1] ?? ''
  return commandOf(line.split(/\s+/))
}

interface Started {
  readonly child: ChildProcess
  /** What the pattern found in the first line that has it, on either stream. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

function start([command, ...args]: [string, ...string[]]): Started {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } })
  started.push(child)
  const lines: string[] = []
  let tell = (): void => {}
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      tell()
    })
  }
  return {
    child,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        tell = () => {
          const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null)
          if (found) resolve(found)
        }
        child.once('close', () =>
          reject(new Error(`${args.join(' ')} ended without saying ${pattern}:\n${lines.join('\n')}`)),
        )
        tell()
      }),
  }
}

async function doorpost(...args: string[]): Promise<string> {
  const [node, main] = execStart('doorpost-serve.service')
  const { stdout } = await run(node, [main ?? '', ...args], { cwd: folder })
  return stdout
}

async function endedBy({ child }: Started, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal)
  await once(child, 'exit')
  return child.exitCode
}

test('[REPO8] the commands of both units run side by side, answer, and end cleanly on SIGTERM', async () => {
  const server = start(execStart('doorpost-serve.service'))
  const [origin] = await server.says(/http:\/\/localhost:\d+/)
  expect((await fetch(`${origin}/healthz`)).status).toBe(200)

  const home = join(folder, 'home')
  await doorpost('join', origin, 'alice', '--device', 'box', '--home', home)
  const agent = start(execStart('doorpost-agent.service'))
  await agent.says(/./)
  const self = JSON.parse(await doorpost('whoami', '--home', home, '--json')) as { address: string; agent: boolean }
  expect(self).toMatchObject({ address: `alice@${new URL(origin).host}`, agent: true })

  expect(await endedBy(agent, 'SIGTERM')).toBe(0)
  expect(await endedBy(server, 'SIGTERM')).toBe(0)
})

test('[REPO8] systemd finds nothing wrong with the units', async () => {
  const analyze = findCommand('systemd-analyze')
  for (const unit of ['doorpost-serve.service', 'doorpost-agent.service']) {
    expect(unitText(unit)).toMatch(/^NoNewPrivileges=yes$/m)
    expect(unitText(unit)).toMatch(/^ProtectSystem=strict$/m)
    expect(unitText(unit)).toMatch(/^Restart=on-failure$/m)
    if (analyze === undefined) continue
    const copy = join(folder, unit)
    writeFileSync(copy, unitText(unit).replaceAll('/opt/doorpost', root))
    const { stdout, stderr } = await run(analyze, ['verify', copy])
    expect(stdout + stderr).toBe('')
  }
})

test('[REPO8] the container starts the same server as the unit', () => {
  const text = unitText('Containerfile')
  const words = ['ENTRYPOINT', 'CMD'].flatMap((name) => {
    const array = new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(text)?.[1] ?? '[]'
    return JSON.parse(array) as string[]
  })
  expect(commandOf(words).slice(1)).toEqual(execStart('doorpost-serve.service').slice(1))
  expect(text).toMatch(/^USER node$/m)
})
