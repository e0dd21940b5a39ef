// What the page itself remembers: small wishes, in localStorage and sessionStorage. Where a browser gives none (site data blocked) or has no
// room left, they hold until the page is loaded again, and nothing breaks.

export type PageMemory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear'>

/** `open`: to reach it may throw (HTML section 12.2.3: SecurityError). */
export function createPageMemory(open: () => Storage): PageMemory {
  /** null: taken away here. */
  const held = new Map<string, string | null>()
  const ask = <T>(of: (storage: Storage) => T): T | undefined => {
    try {
      return of(open())
    } catch {
      // Blocked or full: what is held stands in for it.
      return undefined
    }
  }
  return {
    getItem: (key) => held.get(key) ?? (held.has(key) ? null : (ask((storage) => storage.getItem(key)) ?? null)),
    setItem(key, value) {
      const isKept = ask((storage) => storage.setItem(key, value) ?? true)
      if (isKept) held.delete(key)
      else held.set(key, value)
    },
    removeItem(key) {
      const isGone = ask((storage) => storage.removeItem(key) ?? true)
      if (isGone) held.delete(key)
      else held.set(key, null)
    },
    clear() {
      held.clear()
      ask((storage) => storage.clear())
    },
  }
}

/** Of this browser. */
export const browserMemory = createPageMemory(() => localStorage)
/** Of this tab. */
export const tabMemory = createPageMemory(() => sessionStorage)
