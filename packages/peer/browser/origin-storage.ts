// Where this origin's files lie: in a file system of its own where the browser gives one, else in its database. Found out by asking:
// WebKitGTK has no `navigator.storage`, and in Safari's private windows it refuses.

import { openIndexedDbFolders } from './indexeddb-folders.ts'

/** Nothing is known of the room there is where `estimate` answers nothing. */
export type OriginStorage = Pick<StorageManager, 'getDirectory' | 'estimate' | 'persisted'>

export function originStorage(given?: Partial<StorageManager>, openFolders = openIndexedDbFolders): OriginStorage {
  const { storage = given }: { storage?: Partial<StorageManager> } = given ? {} : navigator
  return {
    async getDirectory() {
      try {
        const folder = await storage?.getDirectory?.()
        if (folder) return folder
      } catch {
        // The database is next; what it says is told.
      }
      return await openFolders()
    },
    estimate: async () => (await storage?.estimate?.()) ?? {},
    persisted: async () => (await storage?.persisted?.()) ?? false,
  }
}
