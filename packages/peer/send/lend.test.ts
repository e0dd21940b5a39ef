// Two devices of one user and the notes between them: one asks, the other sends what lies in a folder that it lends.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { type LendNote, type LentNote, noteSchema } from '@doorpost/protocol/note'
import { type FakeClock, fakeClock, settle } from '../fake-clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import { createLentFolders } from '../node/lent-folders.ts'
import { type Draft, Trouble } from '../operations.ts'
import { systemRandom } from '../random.ts'
import { createLending, type Lending } from './lend.ts'
import { isSiblingFile, readSiblingFile } from './sibling-file.ts'

const ID = 'A'.repeat(22)
const signal = new AbortController().signal
const quiet = { signal, onProgress() {} }

interface Pair {
  readonly clock: FakeClock
  readonly laptop: Lending
  readonly tower: Lending
  readonly sent: Draft[]
  /** Notes on their way, each given to its device unless the test keeps them. */
  readonly notes: [string, LendNote | LentNote][]
  silent: boolean
}

function pair(send: (draft: Draft) => Promise<{ id: string; to: string[]; media: []; accepted: boolean }>): Pair {
  const clock = fakeClock()
  const sent: Draft[] = []
  const notes: Pair['notes'] = []
  const lending = (name: string): Lending =>
    createLending({
      me: {
        user: 'ann@example.org',
        device: name,
        address: `ann@example.org/${name}`,
        opened: { list: { devices: [{ name: 'laptop' }, { name: 'tower' }] } },
      } as unknown as Identity,
      clock,
      random: systemRandom,
      ...(name === 'tower' && { lent: async (path: string) => (path.startsWith('/films/') ? path : undefined) }),
      async tell(to, note) {
        const checked = noteSchema.parse(note) as LendNote | LentNote
        notes.push([to, checked])
        const from = `ann@example.org/${name}` as DeviceAddress
        if (!both.silent) (to.endsWith('tower') ? both.tower : both.laptop).take(from, checked)
      },
      async send(draft) {
        sent.push(draft)
        return await send(draft)
      },
      onFault(error) {
        throw error
      },
    })
  const both: Pair = { clock, laptop: lending('laptop'), tower: lending('tower'), sent, notes, silent: false }
  return both
}
const ok = async () => ({ id: ID, to: [], media: [] as [], accepted: true })
const draft = (more: Partial<Draft> = {}): Draft => ({
  to: ['bob'],
  files: ['tower:/films/a.mov'],
  title: 'Rushes',
  ...more,
})
const troubleOf = async (work: Promise<unknown>) => {
  const error = await work.catch((one: unknown) => one)
  if (error instanceof Trouble) return error
  throw new Error(`no trouble: ${String(error)}`)
}

describe('a file on another device of one’s own', () => {
  test('[ELS10] that device sends it in the user’s name, and says which message it became; only words and paths go there', async () => {
    const { laptop, sent, notes } = pair(ok)
    const result = await laptop.ask(draft({ lifetimeMs: 3600_000 }), quiet)
    expect(result).toEqual({ id: ID, to: ['bob'], media: [], accepted: true })
    expect(sent).toEqual([{ to: ['bob'], files: ['/films/a.mov'], title: 'Rushes', lifetimeMs: 3600_000 }])
    expect(notes.map(([to, { note }]) => [to, note])).toEqual([
      ['ann@example.org/tower', 'lend'],
      ['ann@example.org/laptop', 'lent'],
      ['ann@example.org/laptop', 'lent'],
    ])
    expect(await laptop.ask(draft({ files: ['/films/a.mov'] }), quiet)).toBeUndefined()
  })

  test('[ELS11] a device sends what it lends and nothing else; a file that is missing is the same answer', async () => {
    const { laptop, tower, sent } = pair(ok)
    const one = await troubleOf(laptop.ask(draft({ files: ['tower:/home/ann/.ssh/id'] }), quiet))
    expect(one).toMatchObject({ code: 'not-allowed', message: expect.stringContaining('does not lend that') as string })
    const two = await troubleOf(laptop.ask(draft({ files: ['tower:/films/a.mov', 'tower:/etc/passwd'] }), quiet))
    expect(two.message).toBe(one.message)
    // One that lends nothing at all.
    const three = await troubleOf(tower.ask(draft({ files: ['laptop:/films/a.mov'] }), quiet))
    expect(three.code).toBe('not-allowed')
    expect(sent).toEqual([])
  })

  test('[ELS11] nobody but another device of this user can ask, once, and not later than it said', async () => {
    const them = pair(ok)
    const { laptop, tower, sent, notes, clock } = them
    await laptop.ask(draft(), quiet)
    const lend = notes[0]?.[1] as LendNote
    const fresh = { ...lend, request: 'B'.repeat(22) }
    for (const from of ['eve@example.org/laptop', 'ann@example.org/tower']) {
      expect(tower.take(from as DeviceAddress, fresh)).toBe(false)
    }
    expect(tower.take('ann@example.org/laptop' as DeviceAddress, lend)).toBe(false)
    await clock.pass(61_000)
    expect(tower.take('ann@example.org/laptop' as DeviceAddress, fresh)).toBe(false)
    expect(sent.length).toBe(1)
    // An answer counts only from the device that was asked.
    const lent: LentNote = { note: 'lent', request: 'B'.repeat(22), state: 'sent', messageId: ID, accepted: true }
    expect(laptop.take('ann@example.org/tower' as DeviceAddress, lent)).toBe(false)
  })

  test('[ELS10] one that does not answer is said not to; one that reads may take its time; why it did not is told', async () => {
    const { promise, reject } = Promise.withResolvers<Awaited<ReturnType<typeof ok>>>()
    const them = pair(() => promise)
    const long = troubleOf(them.laptop.ask(draft(), quiet))
    await them.clock.pass(24 * 3600_000)
    reject(new Trouble('no-such-user', 'Nobody is called bob.'))
    expect((await long).message).toBe('Nobody is called bob.')
    them.silent = true
    const silent = troubleOf(them.laptop.ask(draft(), quiet))
    await settle()
    await them.clock.pass(30_000)
    expect(await silent).toMatchObject({
      code: 'no-source',
      message: expect.stringContaining('does not answer') as string,
    })
  })

  test('[ELS10] files of two places are not mixed, a device that is not there is said not to be', async () => {
    const { laptop } = pair(ok)
    for (const [files, code] of [
      [['tower:/films/a.mov', '/films/b.mov'], 'malformed'],
      [['/films/b.mov', 'tower:/films/a.mov'], 'malformed'],
      [['tower:/films/a.mov', 'studio:/films/b.mov'], 'malformed'],
      [['studio:/films/b.mov'], 'no-such-file'],
      [['laptop:/films/b.mov'], 'no-such-file'],
    ] as const) {
      expect((await troubleOf(laptop.ask(draft({ files: [...files] }), quiet))).code).toBe(code)
    }
    expect((await troubleOf(laptop.ask(draft({ copy: true }), quiet))).code).toBe('not-available')
    expect(readSiblingFile('tower:/a b/c:d.mov')).toEqual({ device: 'tower', path: '/a b/c:d.mov' })
    for (const text of ['c:\\films\\a.mov', 'https://example.org/a', 'tower:a.mov', 'tower://a', ':/a', 'a.mov']) {
      expect(isSiblingFile(text)).toBe(false)
    }
  })
})

describe('folders that are lent', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doorpost-lend-'))
    for (const name of ['films/june', 'films-secret', 'private']) await mkdir(join(folder, name), { recursive: true })
    for (const name of ['films/a.mov', 'films/june/b.mov', 'films-secret/c.mov', 'private/d.mov']) {
      await writeFile(join(folder, name), 'x')
    }
    await symlink(join(folder, 'private/d.mov'), join(folder, 'films/link.mov'))
    await symlink(join(folder, 'private'), join(folder, 'films/door'))
    return async () => await rm(folder, { recursive: true, force: true })
  })

  test('[ELS11] what lies below them, and nothing that a link, a name or a path of dots leads to', async () => {
    const lent = createLentFolders([join(folder, 'films')])
    const answers = async (path: string) => (await lent(join(folder, path))) !== undefined
    expect(await Promise.all(['films/a.mov', 'films/june/b.mov', 'films/june', 'films'].map(answers))).toEqual([
      true,
      true,
      true,
      true,
    ])
    for (const path of [
      'films/link.mov',
      'films/door/d.mov',
      'films-secret/c.mov',
      'private/d.mov',
      'films/none.mov',
    ]) {
      expect([path, await answers(path)]).toEqual([path, false])
    }
    expect(await lent(`${folder}/films/../private/d.mov`)).toBeUndefined()
    expect(await lent('films/a.mov')).toBeUndefined()
    expect(await createLentFolders([])(join(folder, 'films/a.mov'))).toBeUndefined()
  })
})
