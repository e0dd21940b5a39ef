// Builds the service worker as one file under a name that stays; it knows every other file of the app that lies in the folder already.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'

/** `dist`: where the built app lies, and its `sw.js` afterwards. */
export async function buildServiceWorker(dist: string): Promise<void> {
  await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { __SHELL__: JSON.stringify(await shellOf(dist)) },
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      lib: {
        entry: join(import.meta.dirname, 'service-worker/main.ts'),
        formats: ['iife'],
        name: 'serviceWorker',
        fileName: () => 'sw.js',
      },
    },
  })
}

/** What the app is when there is no network: all of it, and a name that is another one when any of it is. */
async function shellOf(folder: string): Promise<{ version: string; paths: string[] }> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file.slice(folder.length)}\0`).update(await readFile(file))
  const paths = files.map((file) => file.slice(folder.length).replaceAll('\\', '/'))
  return {
    version: hash.digest('base64url').slice(0, 16),
    paths: paths.filter((path) => path !== '/index.html'),
  }
}
