/// <reference types="vite/client" />
// The one Trusted Types policy of the page: script addresses for workers and the service worker, from this origin's own files
// alone. HTML and script text are never made from strings, so it has no rule for them.

/** What the page may start, by path. */
const SCRIPTS = [/^\/assets\/[\w.-]+\.js$/, /^\/sw\.js$/]
/** The development server gives sources out under their own names. */
const DEV_SCRIPTS = [/^\/(@fs\/)?[\w./@-]+\.(ts|js)$/]

/** The browser's TrustedScriptURL; text where a browser has no Trusted Types. */
type ScriptUrl = string
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): ScriptUrl }
}

/** A page may make a policy of one name only once. */
let policy: { createScriptURL(url: string): ScriptUrl } | undefined

/** An address that `new Worker` and `register` take. Throws TypeError for anything but this origin's own scripts. */
export function trustedScriptUrl(url: string | URL): ScriptUrl {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes
  policy ??= factory?.createPolicy('doorpost', { createScriptURL: ownScript }) ?? { createScriptURL: ownScript }
  return policy.createScriptURL(String(url))
}

function ownScript(written: string): string {
  const url = new URL(written, location.href)
  const allowed = import.meta.env.DEV ? [...SCRIPTS, ...DEV_SCRIPTS] : SCRIPTS
  if (url.origin === location.origin && allowed.some((one) => one.test(url.pathname))) return url.href
  throw new TypeError(`not a script of this page: ${url.pathname}`)
}
