// How the tools of `npm run check` are called, so that the check and the proofs of the check call them alike.
import { join } from 'node:path'

type Command = readonly [command: string, ...args: string[]]

export const root: string = join(import.meta.dirname, '..')

const tool = (name: string): string => join(root, 'node_modules/.bin', name)

export const TYPES: Command = [tool('tsc'), '-p', 'tsconfig.json']
/** Code which must also run in a browser, seen without Node's types. */
export const BROWSER_TYPES: Command = [tool('tsc'), '-p', 'tsconfig.browser.json']
/** The web app, with the types of a page. */
export const WEB_TYPES: Command = [tool('tsc'), '-p', 'packages/web/tsconfig.json']
/** Its service worker, with those of a worker. */
export const SERVICE_WORKER_TYPES: Command = [tool('tsc'), '-p', 'packages/web/service-worker/tsconfig.json']
export const LINT: Command = [tool('oxlint'), '--type-aware', '--deny-warnings']
export const FORMAT: Command = [tool('biome'), 'check', '--error-on-warnings']
export const DEAD_CODE: Command = [tool('knip'), '--no-config-hints']

/** One of our own scripts, run by the Node that runs this one. */
export const script = (name: string): Command => [process.execPath, join(root, 'scripts', name)]
