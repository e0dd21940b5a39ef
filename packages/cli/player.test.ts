// Players as small programs of the test: what is piped to them, and how it ends.

import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPlayer } from './player.ts'

/** A folder with a program of that name. */
async function withProgram(name: string, script: string): Promise<{ folder: string; env: { PATH: string } }> {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-player-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\ncd ${folder}\n${script}\n`)
  await chmod(path, 0o755)
  return { folder, env: { PATH: folder } }
}

async function fed(socket: string) {
  const connection = connect(socket)
  connection.on('error', () => {})
  connection.resume()
  await once(connection, 'connect')
  return connection
}

/** However it ends. */
const closed = (connection: Socket) => new Promise<void>((resolve) => connection.once('close', () => resolve()))

test('[LVP83] the player that is here is started with the first pictures, takes them all, and closes with them', async () => {
  const { folder, env } = await withProgram('ffplay', 'echo "$@" > told; /bin/cat > taken')
  const player = await openPlayer(undefined, env)
  expect(player.name).toBe('ffplay')
  const connection = await fed(player.socket)
  expect(existsSync(join(folder, 'told'))).toBe(false)
  connection.end(Buffer.alloc(500_000, 7))
  await closed(connection)
  await player[Symbol.asyncDispose]()
  expect((await readFile(join(folder, 'taken'))).equals(Buffer.alloc(500_000, 7))).toBe(true)
  expect(await readFile(join(folder, 'told'), 'utf8')).toMatch(/-autoexit .* -\n$/)
  expect(existsSync(player.socket)).toBe(false)
})

test('[LVP83] a player that is closed ends it; one that fails says why; one that takes nothing is given no more than fits', async () => {
  const closing = await withProgram('mpv', 'read -r line; exit 0')
  const one = await openPlayer(undefined, closing.env)
  const first = await fed(one.socket)
  first.write('pictures\n')
  await closed(first)
  expect(one.end).toBe('closed')
  await one[Symbol.asyncDispose]()

  const failing = await withProgram('mpv', 'echo "no display" >&2; exit 2')
  const other = await openPlayer('mpv', failing.env)
  const second = await fed(other.socket)
  second.write('pictures\n')
  await closed(second)
  expect(other.end).toMatchObject({ code: 'not-available', cause: 'no display' })
  await other[Symbol.asyncDispose]()

  const standing = await withProgram('mpv', 'while [ ! -e stop ]; do /bin/sleep 0.05; done')
  const slow = await openPlayer(join(standing.folder, 'mpv'), {})
  const third = await fed(slow.socket)
  let taken = 0
  for (let chunk = 0; chunk < 200; chunk++) third.write(Buffer.alloc(64 * 1024), (error) => void (error ?? taken++))
  await expect.poll(() => taken).toBeGreaterThan(0)
  await writeFile(join(standing.folder, 'stop'), '')
  await closed(third)
  // What the system's pipes hold, and a chunk or two: the rest stayed with whoever sends it.
  expect(taken).toBeLessThan(100)
  expect(slow.end).toBe('closed')
  await slow[Symbol.asyncDispose]()
})

test('[LVP83] where no player is here, or not the one that was named, it is said before anybody is asked', async () => {
  const env = { PATH: '/nowhere' }
  await expect(openPlayer(undefined, env)).rejects.toMatchObject({ code: 'not-available', todo: /Install mpv/ })
  await expect(openPlayer('vlc', env)).rejects.toMatchObject({ message: /no program vlc/ })
})
