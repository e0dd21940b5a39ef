// Files on another device of the same user, as they are written: `laptop:/films/a.mov`. Asking that device is lend.ts's.
// Light: the command line asks here before anything is loaded.

/** A device's name, a colon, an absolute path there; a drive letter alone is no device. */
const SIBLING_FILE = /^([a-z0-9][a-z0-9_-]{1,63}):(\/(?!\/)[^\0]*|[A-Za-z]:\\[^\0]*)$/

export function isSiblingFile(text: string): boolean {
  return SIBLING_FILE.test(text)
}

/** Undefined for anything else. */
export function readSiblingFile(text: string): { readonly device: string; readonly path: string } | undefined {
  const [, device, path] = SIBLING_FILE.exec(text) ?? []
  return device === undefined || path === undefined ? undefined : { device, path }
}
