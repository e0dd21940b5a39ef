// Builds the web app into dist: the page with its parts under names that hold their hashes, the service worker as one file
// under a name that stays, which knows all the others by name, and each of them compressed, so that the server compresses nothing.

import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { build } from 'vite'

const root = import.meta.dirname
const dist = join(root, 'dist')
/** Below this, a header costs more than compression saves, bytes. */
const COMPRESS_FROM_BYTES = 512

const common = { root, configFile: false, logLevel: 'warn' } as const

await rm(dist, { recursive: true, force: true })
await build({
  ...common,
  build: {
    outDir: dist,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
})
await build({
  ...common,
  publicDir: false,
  define: { __SHELL__: JSON.stringify(await shellOf(dist)) },
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: 'es2022',
    reportCompressedSize: false,
    lib: {
      entry: join(root, 'service-worker/main.ts'),
      formats: ['iife'],
      name: 'serviceWorker',
      fileName: () => 'sw.js',
    },
  },
})
await compress(dist)

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

async function compress(folder: string): Promise<void> {
  const brotli = promisify(brotliCompress)
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if ((await stat(path)).isDirectory()) {
      await compress(path)
      continue
    }
    const bytes = await readFile(path)
    if (bytes.length < COMPRESS_FROM_BYTES || /\.(png|jpe?g|webp|woff2|br|gz)$/.test(name)) continue
    await writeFile(`${path}.br`, await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
  }
}
