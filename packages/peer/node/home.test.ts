import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { chooseControlSocket, recordedControlSocket } from './home-paths.ts'
import { type Home, openHome } from './home.ts'

const folder = mkdtempSync(join(tmpdir(), 'doorpost-home-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function opened(path: string): Promise<Home> {
  const outcome = await openHome(path)
  if (outcome.kind !== 'open') throw new Error(outcome.kind)
  return outcome.home
}

test('[K22] the home folder is made, or made again, readable by its user only', async () => {
  const made = join(folder, 'a', 'new', 'home')
  await using home = await opened(made)
  expect(home.path).toBe(made)
  expect(statSync(made).mode & 0o777).toBe(0o700)

  const lax = join(folder, 'lax')
  mkdirSync(lax)
  chmodSync(lax, 0o755)
  await using _second = await opened(lax)
  expect(statSync(lax).mode & 0o777).toBe(0o700)
})

test('[K23] one process owns a home: the next is told its pid, and gets it when the first lets go', async () => {
  const path = join(folder, 'one')
  const first = await opened(path)
  expect(await openHome(path)).toEqual({ kind: 'home-in-use', pid: process.pid })
  expect(await openHome(`${path}/.`)).toMatchObject({ kind: 'home-in-use' })
  await first[Symbol.asyncDispose]()
  await using _again = await opened(path)
})

test('[K23] the lock of a process that was killed with kill -9 is free at once', async () => {
  const path = join(folder, 'killed')
  const holder = `
    import { openHome } from ${JSON.stringify(new URL('./home.ts', import.meta.url).href)}
    process.stdout.write((await openHome(process.argv[1])).kind)
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [word] = (await once(child.stdout, 'data')) as [Buffer]
  expect(word.toString()).toBe('open')
  expect(await openHome(path)).toEqual({ kind: 'home-in-use', pid: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await using _taken = await opened(path)
})

test('[K24] the control socket stands in the home, or where its path would be too long in a private folder recorded there', async () => {
  const short = join(folder, 's')
  {
    await using home = await opened(short)
    expect(home.controlSocket).toBe(join(short, 'control.sock'))
    expect(recordedControlSocket(short)).toBe(home.controlSocket)
  }
  const long = join(folder, 'x'.repeat(120))
  await using home = await opened(long)
  expect(Buffer.byteLength(home.controlSocket)).toBeLessThanOrEqual(103)
  expect(recordedControlSocket(long)).toBe(home.controlSocket)
  expect(statSync(dirname(home.controlSocket)).mode & 0o777).toBe(0o700)
  const server = createServer().listen(home.controlSocket)
  await once(server, 'listening')
  server.close()
  rmSync(dirname(home.controlSocket), { recursive: true })
})

test('[K24] a folder too long for a socket is passed over, and two homes never share one', () => {
  const long = join(folder, 'y'.repeat(120))
  const inRuntime = chooseControlSocket(long, { XDG_RUNTIME_DIR: '/run/user/1000' })
  expect(dirname(dirname(inRuntime))).toBe('/run/user/1000')
  expect(chooseControlSocket(long, { XDG_RUNTIME_DIR: `/${'z'.repeat(90)}` })).toBe(chooseControlSocket(long, {}))
  expect(chooseControlSocket(`${long}2`, {})).not.toBe(chooseControlSocket(long, {}))
  expect(recordedControlSocket(long)).toBeUndefined()
})

test('[K22] a home that is no folder is an error that says so', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(openHome(file)).rejects.toMatchObject({ code: 'cannot-write' })
})
