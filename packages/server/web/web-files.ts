// The built web app as the server gives it out: read once into memory at start, each file with its compressed forms. Nothing
// is looked up on the disk afterwards, so no path from outside ever reaches it.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** All files together, bytes: the app is some two megabytes; a folder far beyond that is another one. */
const FOLDER_BYTES_MAX = 64 * 1024 * 1024

export interface WebFile {
  readonly type: string
  /** RFC 9110 section 8.8.3, quotes included. */
  readonly etag: string
  /** Its name holds its hash: it never changes. */
  readonly isImmutable: boolean
  readonly bytes: Uint8Array
  readonly brotli?: Uint8Array
  readonly gzip?: Uint8Array
}

/** By path, beginning with a slash. */
export type WebFiles = ReadonlyMap<string, WebFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** What the folder holds; undefined where it, or its index.html, is missing. Throws on a folder that is too large. */
export async function readWebFiles(folder: string): Promise<WebFiles | undefined> {
  const found = new Map<string, Uint8Array>()
  let total = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    total += bytes.length
    if (total > FOLDER_BYTES_MAX) throw new Error(`${folder} is larger than the web app can be.`)
    found.set(path.slice(folder.length).replaceAll('\\', '/'), bytes)
  }
  if (!found.has('/index.html')) return undefined
  const files = new Map<string, WebFile>()
  for (const [path, bytes] of found) {
    if (/\.(br|gz)$/.test(path)) continue
    const brotli = found.get(`${path}.br`)
    const gzip = found.get(`${path}.gz`)
    files.set(path, {
      type: TYPES[extname(path)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      isImmutable: path.startsWith('/assets/'),
      bytes,
      ...(brotli && { brotli }),
      ...(gzip && { gzip }),
    })
  }
  return files
}
