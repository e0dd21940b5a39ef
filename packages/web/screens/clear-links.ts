// What links left in this browser: each has a database and a folder of its own (peer/browser/link-worker.ts), which no device of an account
// knows of. For whoever clears the browser.

/** With what the names of both begin. */
const LINK_PREFIX = 'doorpost-link-'

/** What is needed of the browser's storage. */
interface LinkPlaces {
  readonly databases: Pick<IDBFactory, 'deleteDatabase'> & Partial<Pick<IDBFactory, 'databases'>>
  readonly folders: Pick<StorageManager, 'getDirectory'>
}

/** Best effort: a browser that does not list them, or holds one that is open, keeps what it has. Never rejects. */
export async function clearLinks({ databases, folders }: LinkPlaces): Promise<void> {
  await Promise.allSettled([clearDatabases(databases), clearFolders(folders)])
}

async function clearDatabases(databases: LinkPlaces['databases']): Promise<void> {
  for (const { name } of (await databases.databases?.()) ?? []) {
    // A tab that has it open closes it when it hears of this (indexeddb-store.ts).
    if (name?.startsWith(LINK_PREFIX)) databases.deleteDatabase(name)
  }
}

async function clearFolders(folders: LinkPlaces['folders']): Promise<void> {
  const root = await folders.getDirectory()
  const names: string[] = []
  for await (const name of root.keys()) if (name.startsWith(LINK_PREFIX)) names.push(name)
  await Promise.allSettled(names.map((name) => root.removeEntry(name, { recursive: true })))
}
