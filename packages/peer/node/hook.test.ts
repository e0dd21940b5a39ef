import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { InboxEntry } from '../operations.ts'
import { createHook, variablesOf } from './hook.ts'

const entry: InboxEntry = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  from: 'mallory@example.org',
  fromDevice: 'laptop',
  to: ['bob@example.org'],
  date: '2026-11-21',
  sentAt: '2026-11-21T12:00:00.000Z',
  receivedAt: '2026-11-21T12:00:00.000Z',
  expires: '2026-12-21T12:00:00.000Z',
  title: '"; touch owned; echo $(touch owned) `touch owned` \n\0 x',
  media: [
    {
      name: '$(touch owned).mp4',
      path: '/out/trip/film.mp4',
      sizeBytes: 4,
      type: 'video/mp4',
      root: 'root',
      url: 'doorpost:secret',
      verifiedBytes: 4,
    },
  ],
  state: 'ready',
}
const never = new AbortController().signal

describe('the on-ready command', () => {
  test('[I11] is told by variables; nothing of the sender stands in the command line, and no key is given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorpost-hook-'))
    try {
      const hook = createHook(`cd '${folder}' && env | grep ^DOORPOST_ > told; exit 3`)
      expect(await hook(entry, never)).toBe(3)
      const told = await readFile(join(folder, 'told'), 'utf8')
      expect(told).toContain('DOORPOST_ID=AAAAAAAAAAAAAAAAAAAAAA')
      expect(told).toContain('DOORPOST_FROM=mallory@example.org')
      expect(told).toContain('DOORPOST_FOLDER=/out/trip')
      expect(told).not.toContain('secret')
      await expect(readFile(join(folder, 'owned'))).rejects.toMatchObject({ code: 'ENOENT' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('[I11] files are JSON; what is too long for a variable is cut, a list is left out whole', () => {
    const [media] = entry.media
    if (!media) throw new Error('no media')
    expect(JSON.parse(variablesOf(entry).DOORPOST_FILES ?? '')).toEqual([
      { name: media.name, file: '/out/trip/film.mp4', sizeBytes: 4, root: 'root', type: 'video/mp4' },
    ])
    const many = { ...entry, title: 'é'.repeat(200_000), media: Array.from({ length: 2000 }, () => media) }
    const told = variablesOf(many)
    expect([told.DOORPOST_FILES, told.DOORPOST_FILE_COUNT]).toEqual(['', '2000'])
    expect(Buffer.byteLength(told.DOORPOST_TITLE ?? '')).toBeLessThanOrEqual(100_000)
  })

  test('[I11] a command that is running when the device closes is asked to end, with all it started', async () => {
    const stop = new AbortController()
    const ended = createHook('sleep 60 & wait')(entry, stop.signal)
    stop.abort()
    expect(await ended).toBeNull()
  })
})
