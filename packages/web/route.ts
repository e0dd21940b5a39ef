// Where the reader is: what stands behind the `#` of the address, and how to go elsewhere. The server never sees it. Paths are
// slash-separated, each part percent-encoded: `#/with/bob%40example.org`.

import { useSyncExternalStore } from 'react'

/** Parts of the path, decoded; the start has none. */
export type Route = readonly string[]

/** An invitation's and a device link's fragment (`/i#v1.…`) is no path. Bad encoding is the start. */
export function parseRoute(hash: string): Route {
  if (!hash.startsWith('#/')) return []
  try {
    return hash
      .slice(2)
      .split('?')[0]!
      .split('/')
      .filter((part) => part !== '')
      .map((part) => decodeURIComponent(part))
  } catch {
    return []
  }
}

/** `href('settings', 'devices')` is `#/settings/devices`. */
export function href(...parts: readonly string[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`
}

export function go(...parts: readonly string[]): void {
  location.hash = href(...parts)
}

/** Without a way back to here: after something was done that is not done twice. */
export function replaceWith(...parts: readonly string[]): void {
  history.replaceState(null, '', href(...parts))
  dispatchEvent(new HashChangeEvent('hashchange'))
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

/** The same array as long as the address stays. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return routeOf(hash)
}

let last: { readonly hash: string; readonly route: Route } | undefined

function routeOf(hash: string): Route {
  if (last?.hash !== hash) last = { hash, route: parseRoute(hash) }
  return last.route
}
