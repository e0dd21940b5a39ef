// Builds the web app into dist: the page with its parts under names that hold their hashes, the service worker as one file
// under a name that stays, which knows all the others by name, and each of them compressed, so that the server compresses nothing.

import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { build } from 'vite'
import { buildServiceWorker } from './build-service-worker.ts'
import { chunkOf } from './chunks.ts'

const root = import.meta.dirname
/** `node packages/web/build.ts [FOLDER]`: another place for measuring or trying out. */
const place = process.argv[2] === undefined ? join(root, 'dist') : resolve(process.argv[2])
/** Whole before it is seen: a server that starts meanwhile, or another build, meets the old one or the new. */
const dist = `${place}.${process.pid}`
/** Below this, a header costs more than compression saves, bytes. */
const COMPRESS_FROM_BYTES = 512

const common = { root, configFile: false, logLevel: 'warn' } as const

await rm(dist, { recursive: true, force: true })
await build({
  ...common,
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      // How long the build took is nothing to whoever starts a server, and a busy machine is no fault of a plugin.
      checks: { bundlerTimings: false },
      output: {
        codeSplitting: {
          groups: [
            {
              debugName: 'screens',
              name: (path, context) => chunkOf(root, path, (one) => context.getModuleInfo(one)?.importedIds ?? []),
            },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
})
await buildServiceWorker(dist)
await compress(dist)
await rm(place, { recursive: true, force: true })
await rename(dist, place)

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
