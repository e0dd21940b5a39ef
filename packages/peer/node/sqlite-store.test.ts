import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openMemoryStore } from '../store/memory-store.ts'
import { contentOf, histories, storeContract } from '../store/store.contract.ts'
import { openSqliteStore } from './sqlite-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'doorpost-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const newFile = () => join(folder, `${count++}.db`)

storeContract('SQLite', { open: () => openSqliteStore(newFile()) })

test('[K20] memory and SQLite hold the same after any history, also when opened again', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const file = newFile()
      await using memory = openMemoryStore()
      {
        await using sqlite = await openSqliteStore(file)
        for (const changes of history) {
          await memory.write(changes)
          await sqlite.write(changes)
        }
        expect(await contentOf(sqlite)).toEqual(await contentOf(memory))
      }
      await using again = await openSqliteStore(file)
      expect(await contentOf(again)).toEqual(await contentOf(memory))
    }),
    { numRuns: 40 },
  )
})

test('[K22] the file and its side files are readable by their owner only', async () => {
  const file = newFile()
  writeFileSync(file, '', { mode: 0o644 })
  await using store = await openSqliteStore(file)
  await store.write([{ put: 'settings', key: 'a', value: 1 }])
  for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600)
})

test('[K20] a store of a newer program, or a file that is none, is left alone', async () => {
  const newer = newFile()
  const database = new Database(newer)
  database.pragma('user_version = 99')
  database.close()
  await expect(openSqliteStore(newer)).rejects.toMatchObject({ code: 'cannot-write' })
  const none = newFile()
  writeFileSync(none, 'certainly not a database, but long enough to be looked at as one'.repeat(100))
  await expect(openSqliteStore(none)).rejects.toMatchObject({ code: 'cannot-write' })
})

/** Writes pairs until it is killed, and says each number once its write resolved. */
const writer = `
  import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)}
  const store = await openSqliteStore(process.argv[1])
  for (let n = (await store.get('sent', 'left')) ?? 0; ; n++) {
    await store.write([{ put: 'sent', key: 'left', value: n }, { put: 'sent', key: 'right', value: n }])
    process.stdout.write(n + '\\n')
  }
`

test('[K21] what was said to be written survives kill -9, and no write is there by half', async () => {
  const file = newFile()
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let last = -1
    let seen = 0
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line)
      seen++
      if (seen === 20 + round * 7) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    await using store = await openSqliteStore(file)
    const left = await store.get<number>('sent', 'left')
    expect(left).toBeGreaterThanOrEqual(last)
    expect(await store.get<number>('sent', 'right')).toBe(left)
  }
})
