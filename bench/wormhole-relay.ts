// magic-wormhole with a mailbox server and a transit relay of its own, on this machine: sends one file through the relay.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../scripts/free-port.ts'
import { needs } from '../scripts/needs.ts'

/** Longest wait for its servers to listen, ms. */
const START_MS = 15_000

export interface WormholeRelay {
  /** Seconds from the start of both commands to their end, less what they take for an empty file. */
  transfer(from: string, to: string): Promise<number>
  stop(): Promise<void>
}

/** Undefined, with a line on standard error, where it is not installed whole. */
export async function startWormholeRelay(parent: string): Promise<WormholeRelay | undefined> {
  const [wormhole, twist] = [needs('wormhole'), needs('twist3')]
  const folder = join(parent, 'wormhole')
  await mkdir(folder)
  const lacking = wormhole.missing ?? twist.missing
  if (lacking !== undefined) {
    console.error(lacking)
    return undefined
  }
  const [mailboxPort, relayPort] = [await freePort(), await freePort()]
  const endpoint = (port: number) => ['--port', `tcp:${port}:interface=127.0.0.1`]
  const servers = [
    start(twist.path, ['wormhole-mailbox', ...endpoint(mailboxPort), '--channel-db', join(folder, 'mailbox.sqlite')]),
    start(twist.path, ['transitrelay', ...endpoint(relayPort)]),
  ]
  const stop = async () => {
    for (const server of servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
  }
  if (!(await listens(mailboxPort)) || !(await listens(relayPort))) {
    console.error('magic-wormhole’s mailbox server or its transit relay does not start here.')
    await stop()
    return undefined
  }

  const command = (...args: string[]) =>
    start(wormhole.path, [
      ...['--relay-url', `ws://127.0.0.1:${mailboxPort}/v1`, '--transit-helper', `tcp:127.0.0.1:${relayPort}`],
      ...args,
    ])

  /** Without listeners of their own the two can meet at the relay alone. */
  async function sent(from: string, to: string): Promise<number> {
    const code = `${randomInt(1, 1_000_000)}-bench-film`
    const startedMs = performance.now()
    const both = [
      command('send', '--no-listen', '--hide-progress', '--code', code, from),
      command('receive', '--no-listen', '--hide-progress', '--accept-file', '-o', to, code),
    ]
    for (const one of both) {
      if (one.exitCode === null) await once(one, 'exit')
      if (one.exitCode !== 0) throw new Error('a wormhole command failed')
    }
    return (performance.now() - startedMs) / 1000
  }

  return {
    async transfer(from, to) {
      const [nothing, received] = [join(folder, 'empty'), join(folder, 'received')]
      await writeFile(nothing, '-')
      const startS = await sent(nothing, received)
      await rm(received)
      return (await sent(from, to)) - startS
    },
    stop,
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] })
}

async function listens(port: number): Promise<boolean> {
  for (const endMs = performance.now() + START_MS; performance.now() < endMs; ) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
