// Builds one page of these tests as the app's own pages are built, into a folder that a server gives out.

import { join } from 'node:path'
import { build } from 'vite'

/** `page`: a folder beside this file. Contracts name vitest; in a page its place is taken by contract-page/expectations.ts. */
export async function buildPage(page: string, outDir: string): Promise<void> {
  const vitest = join(import.meta.dirname, 'contract-page', 'expectations.ts')
  // A test runner says in its environment what it is; these pages are those that people get.
  const { NODE_ENV: runner } = process.env
  process.env['NODE_ENV'] = 'production'
  try {
    await build({
      root: join(import.meta.dirname, page),
      configFile: false,
      logLevel: 'warn',
      resolve: { alias: { vitest } },
      build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
      worker: { format: 'es' },
    })
  } finally {
    if (runner === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = runner
  }
}
