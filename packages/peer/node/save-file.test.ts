import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { saveFile } from './save-file.ts'

test('[DEV40] a file is whole and its owner’s alone, replaces nothing, and leaves nothing behind where it cannot be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doorpost-save-'))
  try {
    const path = join(folder, 'a.doorpost')
    await saveFile(path, new TextEncoder().encode('whole'))
    expect(await readFile(path, 'utf8')).toBe('whole')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await writeFile(join(folder, 'mine'), 'mine')
    for (const taken of [path, join(folder, 'mine'), join(folder, 'nowhere', 'b')]) {
      await expect(saveFile(taken, new Uint8Array(1))).rejects.toMatchObject({ code: 'cannot-write' })
    }
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine')
    expect((await readdir(folder)).toSorted()).toEqual(['a.doorpost', 'mine'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
