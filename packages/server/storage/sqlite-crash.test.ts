// A process that takes mail in is killed at some moment of its work, again and again on the same data.
// This shows what survives a crash of the process; that a commit reaches the disk itself is synchronous=FULL's promise.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { device, keyOf, NOON_MS, sampleMail } from './sample-mail.ts'
import { openSqliteStorage } from './sqlite.ts'

const ROUNDS = 12
const writer = fileURLToPath(import.meta.resolve('./sqlite-crash-writer.ts'))

/** Runs the writer and kills it as soon as it has reported so many answers; what it reported until it was dead. */
async function killedAfter(reports: number, folder: string, first: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === reports) child.kill('SIGKILL')
  }
  return lines
}

test('[T18] whatever was reported as accepted or removed before a kill -9 is so afterwards, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doorpost-crash-'))
  const accepted = new Set<number>()
  const removed = new Set<number>()
  // FC_SEED repeats a run.
  const [moments = []] = fc.sample(
    fc.array(fc.integer({ min: 1, max: 400 }), { minLength: ROUNDS, maxLength: ROUNDS }),
    1,
  )
  try {
    for (const [round, moment] of moments.entries()) {
      for (const line of await killedAfter(moment, folder, round * 100_000)) {
        const [what, number] = line.split(' ')
        expect(['accepted', 'removed']).toContain(what)
        const set = what === 'accepted' ? accepted : removed
        set.add(Number(number))
      }
      await using storage = await openSqliteStorage({ folder })
      const phone = await ids(storage, 'bob/phone')
      const desk = await ids(storage, 'bob/desk')
      expect(new Set(phone).size).toBe(phone.length)
      expect(new Set(desk).size).toBe(desk.length)
      const at = new Set(desk)
      const missing = [...accepted].filter((number) => !at.has(idOf(number)))
      expect(missing, `moments ${moments.join()}`).toEqual([])
      const there = new Set(phone)
      expect([...removed].filter((number) => there.has(idOf(number)))).toEqual([])
      const kept = [...accepted].filter((number) => number % 3 !== 0)
      expect(kept.filter((number) => !there.has(idOf(number)))).toEqual([])
    }
    expect(accepted.size).toBeGreaterThan(ROUNDS)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const idOf = (number: number) => keyOf(sampleMail({ number })).id

async function ids(storage: Awaited<ReturnType<typeof openSqliteStorage>>, whose: string): Promise<string[]> {
  const listed = await storage.mail.list(device(whose), { limit: 1_000_000 }, NOON_MS)
  return listed.map(({ id }) => id)
}
