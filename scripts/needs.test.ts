import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { needs } from './needs.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorpost-needs-'))
  vi.stubEnv('PATH', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test('[REPO5] a missing program is a reason to skip, and the reason says what to install', () => {
  vi.stubEnv('CI', '')
  expect(needs('ffmpeg-of-nobody')).toEqual({
    missing: 'ffmpeg-of-nobody is missing: apt-get install ffmpeg-of-nobody',
    path: 'ffmpeg-of-nobody',
    reason: ' (skipped: ffmpeg-of-nobody is missing: apt-get install ffmpeg-of-nobody)',
  })
})

test('[REPO5] in CI a missing program is no reason to skip', () => {
  vi.stubEnv('CI', 'true')
  expect(needs('ffmpeg-of-nobody').missing).toBeUndefined()
})

test('[REPO5] a program on the path is found, a file that cannot be executed is not', () => {
  vi.stubEnv('CI', '')
  const file = join(folder, 'ffmpeg-of-nobody')
  writeFileSync(file, '')
  chmodSync(file, 0o600)
  expect(needs('ffmpeg-of-nobody').missing).toBeDefined()
  chmodSync(file, 0o700)
  expect(needs('ffmpeg-of-nobody')).toEqual({ missing: undefined, path: file, reason: '' })
})
