// The app itself, kept when a version is installed and given out from there: page and parts of one version always go together,
// with a network or without. Nothing else is ever kept, and nothing that a user has.

/** What the build put here: every file of this version's app, and a hash over all of them. */
declare const __SHELL__: { readonly version: string; readonly paths: readonly string[] }

const PREFIX = 'doorpost-shell-'
const NAME = `${PREFIX}${__SHELL__.version}`
const PATHS: ReadonlySet<string> = new Set(__SHELL__.paths)
/** Parts that are named by a hash over what they hold. */
const PARTS = '/assets/'
/** Where the page itself stands: every screen is behind its `#`. */
const PAGES: ReadonlySet<string> = new Set(['/', '/l'])

export async function keepShell(): Promise<void> {
  const cache = await caches.open(NAME)
  // Parts are named by their hash, so the browser's own cache may answer; the rest is asked of the server.
  await cache.addAll(
    ['/', ...__SHELL__.paths].map(
      (path) => new Request(path, { cache: path.startsWith(PARTS) ? 'default' : 'no-cache' }),
    ),
  )
}

/** The version before stays: its pages may be open in another tab, and ask for a part that the server has no more. */
export async function leaveOldShells(): Promise<void> {
  // In the order in which they were made (Service Workers section 6.5.5).
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME)
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)))
}

/** Undefined: it is none of the app's files; the network answers. */
export function answerShell(request: Request): Promise<Response> | undefined {
  if (request.method !== 'GET') return undefined
  const { pathname } = new URL(request.url)
  if (request.mode === 'navigate' ? PAGES.has(pathname) : PATHS.has(pathname)) {
    return fromCache(request.mode === 'navigate' ? '/' : pathname, request)
  }
  // Named by its hash, so that it is the same in whichever version it is found.
  if (request.mode !== 'navigate' && pathname.startsWith(PARTS)) return fromAnyCache(pathname, request)
  return undefined
}

async function fromCache(path: string, request: Request): Promise<Response> {
  const kept = await (await caches.open(NAME)).match(path)
  return kept ?? (await fetch(request))
}

async function fromAnyCache(path: string, request: Request): Promise<Response> {
  return (await caches.match(path)) ?? (await fetch(request))
}
