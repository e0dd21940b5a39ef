// The web app as `doorpost serve` gives it out, built where it is not yet. In a process of its own: under vitest a build would be
// one for tests.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const WEB = join(import.meta.dirname, '..', '..', 'packages', 'web')

export async function buildApp(): Promise<void> {
  if (existsSync(join(WEB, 'dist', 'index.html'))) return
  const env = { ...process.env }
  delete env['NODE_ENV']
  await promisify(execFile)(process.execPath, [join(WEB, 'build.ts')], { env })
}
